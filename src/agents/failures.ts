/** Why an agent ends without an answer, in words for whoever runs it. */
import { errorData, SkeinError } from '../std/index.ts'
import type { ErrorCode, ErrorData } from '../std/index.ts'
import { textOf } from '../kernel/index.ts'
import type { ModelAnswer } from '../kernel/index.ts'
import { REPAIRS_MAX } from './limits.ts'
import type { AgentPlan } from './plan.ts'
import type { Circle } from './repeats.ts'
import { quoted } from './shown.ts'

const failure = (code: ErrorCode, message: string, data?: unknown): ErrorData =>
  errorData(new SkeinError(code, message, { data }))

/** A content filter stopped the model. */
export function refused({ name }: AgentPlan, answer: ModelAnswer): ErrorData {
  const message = `the model of agent "${name}" gave no answer: a content filter of its provider stopped it`
  return failure('MODEL_REFUSED', message, { text: quoted(textOf(answer)) })
}

/** The model broke off its answers. */
export function brokenOff({ name }: AgentPlan): ErrorData {
  const message = `the model of agent "${name}" broke off ${REPAIRS_MAX + 1} of its answers; look at its server, or try another model`
  return failure('MODEL_BAD_ANSWER', message)
}

/** The answer does not fit the output; `when` says after what. */
export function unusable(
  { name }: AgentPlan,
  answer: ModelAnswer,
  about: { complaint: string; when: string },
): ErrorData {
  const { complaint, when } = about
  const message = `agent "${name}" gave no answer that fits its output ${when}: ${complaint}`
  return failure('OUTPUT_INVALID', message, { complaint, text: quoted(textOf(answer)) })
}

/** No step is left. */
export function exhausted({ name, stepsMax }: AgentPlan, answer: ModelAnswer, steps: number): ErrorData {
  const message = `agent "${name}" still calls tools after ${stepsMax} steps; raise maxSteps, or let stopWhen end it with what it has`
  return failure('STEPS_EXCEEDED', message, { steps, text: quoted(textOf(answer)) })
}

/** It goes round in circles, and was told. */
export function circling({ name }: AgentPlan, { tool, input, result, times }: Circle): ErrorData {
  const message =
    `agent "${name}" goes round in circles: it called ${tool} with the same arguments ${times} times, was told so, ` +
    `and did it again; the result each time: ${result}; mend what the tool says, or, if it is asked for news, name it ` +
    'in loopDetection.except'
  return failure('LOOP_DETECTED', message, { tool, input, result, times })
}

/** Another request has taken its place. */
export function withdrawn({ name }: AgentPlan): ErrorData {
  return failure('MESSAGE_WITHDRAWN', `agent "${name}" was told to do something else instead of answering this`)
}
