/** What `stopWhen` is shown: the finished steps, in the shape of the AI SDK's step results. */
import { modelName, textOf } from '../kernel/index.ts'
import { STEPS_SHOWN_WHOLE } from './limits.ts'
import type { FinishReason, ModelAnswer, ModelRef, ToolCallPart } from '../kernel/index.ts'

type CallOf = { readonly toolCallId: string; readonly toolName: string; readonly input: unknown }

/** One model call with its tools. */
export type AgentStep = {
  /** 0 for the first. */
  readonly stepNumber: number
  readonly model: { readonly provider: string; readonly modelId: string }
  readonly text: string
  readonly toolCalls: readonly CallOf[]
  /** Of the calls that succeeded. */
  readonly toolResults: readonly (CallOf & { readonly output: unknown })[]
  readonly finishReason: FinishReason | 'interrupted'
  readonly usage: {
    readonly inputTokens: number | undefined
    readonly outputTokens: number | undefined
    readonly totalTokens: number | undefined
  }
}

/** Says, after a step with tool calls, whether the agent should end with what it has: `stepCountIs(n)` of `ai`, or your own. */
export type StopCondition = {
  bivarianceHack(options: { steps: AgentStep[] }): PromiseLike<boolean> | boolean
}['bivarianceHack']

/** A finished step. `values` holds what each call gave, by index; calls that failed are not in it. */
export function stepOf(
  n: number,
  ref: ModelRef,
  answer: ModelAnswer,
  calls: readonly ToolCallPart[],
  values: ReadonlyMap<number, unknown>,
): AgentStep {
  const toolCalls = calls.map(({ toolCallId, toolName, input }) => ({ toolCallId, toolName, input }))
  const name = modelName(ref)
  const slash = name.indexOf('/')
  return {
    stepNumber: n - 1,
    model: {
      provider: typeof ref === 'string' ? name.slice(0, Math.max(slash, 0)) : ref.provider,
      modelId: answer.modelId ?? (typeof ref === 'string' ? name.slice(slash + 1) : ref.modelId),
    },
    text: textOf(answer),
    toolCalls,
    toolResults: toolCalls.flatMap((call, i) => (values.has(i) ? [{ ...call, output: values.get(i) }] : [])),
    finishReason: answer.finishReason,
    usage: {
      inputTokens: answer.usage.inputTokens,
      outputTokens: answer.usage.outputTokens,
      totalTokens: answer.usage.inputTokens + answer.usage.outputTokens,
    },
  }
}

/** Remembers a step; of one that is long past, only what was called and used. */
export function remember(steps: AgentStep[], step: AgentStep): void {
  steps.push(step)
  const at = steps.length - 1 - STEPS_SHOWN_WHOLE
  const old = steps[at]
  if (old === undefined) return
  const toolCalls = old.toolCalls.map((call) => ({ ...call, input: {} }))
  steps[at] = { ...old, text: '', toolCalls, toolResults: [] }
}

/** True when any condition says stop; asynchronous where one of them is. */
export function anyStops(
  conditions: readonly StopCondition[],
  steps: readonly AgentStep[],
): boolean | Promise<boolean> {
  const verdicts = conditions.map((condition) => condition({ steps: [...steps] }))
  const isLater = verdicts.some((verdict) => typeof verdict === 'object')
  return isLater
    ? Promise.all(verdicts.map((verdict) => Promise.resolve(verdict))).then((all) => all.some(Boolean))
    : verdicts.some(Boolean)
}
