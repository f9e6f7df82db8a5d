/**
 * The agent loop as a reducer (rules A1, A2): ask the model, run the tools it calls, show it what they gave,
 * until it answers.
 *
 * Invariants:
 * 1. The state is a fold over the outcomes in the order they came: equal outcomes, equal asks, slots, hashes and end.
 *    There is no clock, no randomness and no promise here; what of the author's must run, runs as a recorded hook.
 * 2. Slots are `r{n}/…` with n = the number of the step, from 1; `r0/…` are the hooks before the first.
 *    A repair of the final answer is a step like any other.
 * 3. The conversation grows only while nothing is open: the results of a step join it together, in call order.
 * 4. What a tool, a sub-agent or the model's own arguments do wrong is shown to the model; what the model call,
 *    a hook or a limit does wrong ends the agent.
 */
import { assert, errorData, SkeinError, toSkeinError } from '../std/index.ts'
import type { ErrorCode, ErrorData } from '../std/index.ts'
import { modelName, textOf } from '../kernel/index.ts'
import type {
  ModelAnswer,
  ModelRequest,
  ReducerAsk,
  ReducerInstance,
  ReducerOutcome,
  ReducerStep,
} from '../kernel/index.ts'
import { readAnswer } from '../model/index.ts'
import { Conversation } from './conversation.ts'
import { REPAIRS_MAX } from './limits.ts'
import { readByOutput, responseFormatOf } from './output.ts'
import type { ReadResult } from './output.ts'
import { requestOf } from './plan.ts'
import type { AgentPlan } from './plan.ts'
import { instructionsText, messagesOf } from './prompt.ts'
import { quoted } from './shown.ts'
import { anyStops, stepOf } from './steps.ts'
import type { AgentStep } from './steps.ts'
import { ToolCalls } from './tool-calls.ts'

type Then = (outcome: ReducerOutcome) => ReducerStep

/** One agent at work. */
export class AgentLoop implements ReducerInstance {
  readonly #plan: AgentPlan
  readonly #input: unknown
  readonly #conversation: Conversation
  /** What is asked and not answered, with what its answer leads to. */
  readonly #open = new Map<string, Then>()
  /** Kept for `stopWhen` only. */
  readonly #steps: AgentStep[] = []
  #request: Omit<ModelRequest, 'messages'>
  #n = 0
  #repairs = 0
  #isEnded = false

  constructor(plan: AgentPlan, input: unknown, hash: (text: string) => string) {
    this.#plan = plan
    this.#input = input
    this.#conversation = new Conversation(hash)
    this.#request = requestOf(plan)
  }

  begin(): ReducerStep {
    const { instructions, output } = this.#plan
    let system: unknown = instructions
    const start = (): ReducerStep => (this.#open.size > 0 ? { asks: [] } : this.#start(system))
    const asks: ReducerAsk[] = []
    if (typeof instructions === 'function') {
      const then = (text: unknown): ReducerStep => {
        system = text
        return start()
      }
      asks.push(this.#hook('r0/instructions', 'instructions', () => instructions(this.#input), then))
    }
    if (output.kind === 'hook') {
      const then = (format: unknown): ReducerStep => {
        if (format !== null) this.#request = { ...this.#request, output: format as NonNullable<ModelRequest['output']> }
        return start()
      }
      asks.push(this.#hook('r0/output', 'output', () => responseFormatOf(output.output), then))
    }
    return asks.length > 0 ? { asks } : this.#guarded(start)
  }

  on(slot: string, outcome: ReducerOutcome): ReducerStep {
    if (this.#isEnded) return { asks: [] }
    const then = this.#open.get(slot)
    assert(then !== undefined, `agent "${this.#plan.name}" has asked for ${slot}`)
    this.#open.delete(slot)
    return this.#guarded(() => then(outcome))
  }

  #start(system: unknown): ReducerStep {
    const { name } = this.#plan
    const content = system === undefined ? '' : instructionsText(system, name)
    if (content !== '') this.#conversation.add({ role: 'system', content })
    for (const message of messagesOf(this.#input, name)) this.#conversation.add(message)
    return this.#askModel()
  }

  #askModel(): ReducerStep {
    this.#n += 1
    const { messages, contentHash } = this.#conversation
    const slot = `r${this.#n}/model`
    const ask: ReducerAsk = {
      type: 'model',
      slot,
      ref: this.#plan.model,
      request: { ...this.#request, messages },
      contentHash,
    }
    const then: Then = (outcome) =>
      outcome.ok ? this.#answered(outcome.value as ModelAnswer) : this.#fail(outcome.error)
    return { asks: [this.#ask(ask, then)] }
  }

  #answered(given: ModelAnswer): ReducerStep {
    const { name, stepsMax, stopWhen } = this.#plan
    if (given.finishReason === 'content-filter') {
      const message = `the model of agent "${name}" gave no answer: a content filter of its provider stopped it`
      return this.#failed('MODEL_REFUSED', message, { text: quoted(textOf(given)) })
    }
    if (given.finishReason === 'error') {
      const message = `the model of agent "${name}" broke off ${REPAIRS_MAX + 1} of its answers; look at its server, or try another model`
      return this.#repair(undefined, () => this.#failed('MODEL_BAD_ANSWER', message))
    }
    const step = new ToolCalls(this.#plan, this.#n, given)
    const { content } = step.answer
    if (content.length > 0) this.#conversation.add({ role: 'assistant', content })
    if (step.calls.length === 0) return this.#final(step.answer)
    if (stopWhen.length === 0 && this.#isOverStepsMax(stepsMax)) return this.#exhausted(step.answer)
    return this.#advance(step, step.begin(this.#conversation.messages))
  }

  /** Asks on behalf of a step; with nothing left to ask, the step is done. */
  #advance(step: ToolCalls, asks: readonly ReducerAsk[]): ReducerStep {
    for (const ask of asks) this.#ask(ask, (outcome) => this.#advance(step, step.on(ask.slot, outcome)))
    return step.isDone ? this.#stepDone(step) : { asks }
  }

  #stepDone({ answer, calls, results, values }: ToolCalls): ReducerStep {
    const { model, stepsMax, stopWhen } = this.#plan
    this.#conversation.add({ role: 'tool', content: results })
    if (stopWhen.length === 0) return this.#askModel()
    this.#steps.push(stepOf(this.#n, model, answer, calls, values))
    const then = (isOver: unknown): ReducerStep => {
      if (isOver === true) return this.#stopped(answer)
      return this.#isOverStepsMax(stepsMax) ? this.#exhausted(answer) : this.#askModel()
    }
    return { asks: [this.#hook(`r${this.#n}/stop`, 'stopWhen', () => anyStops(stopWhen, this.#steps), then)] }
  }

  /** An answer without calls is the final one, if it can be read. */
  #final(answer: ModelAnswer): ReducerStep {
    const { output } = this.#plan
    const isCut = answer.finishReason === 'length'
    if (output.kind === 'text') return this.#end({ text: textOf(answer), ...(isCut ? { truncated: true } : {}) })
    return this.#read(answer, (read) => {
      if (read.ok) return this.#end(read.value)
      return this.#repair(read.complaint, () =>
        this.#unusable(answer, read.complaint, `in ${REPAIRS_MAX + 1} attempts`),
      )
    })
  }

  /** `stopWhen` has said stop: what the last step said is the answer. */
  #stopped(answer: ModelAnswer): ReducerStep {
    if (this.#plan.output.kind === 'text') return this.#end({ text: textOf(answer) })
    return this.#read(answer, (read) =>
      read.ok ? this.#end(read.value) : this.#unusable(answer, read.complaint, 'when stopWhen ended it'),
    )
  }

  #read(answer: ModelAnswer, then: (read: ReadResult) => ReducerStep): ReducerStep {
    const { model, output } = this.#plan
    if (output.kind === 'schema') return then(readAnswer(answer, output.schema, output.request.name))
    assert(output.kind === 'hook', 'a text is not read')
    const slot = `r${this.#n}/read`
    const fn = (): unknown => readByOutput(output.output, answer, modelName(model), slot)
    return { asks: [this.#hook(slot, 'output', fn, (read) => then(read as ReadResult))] }
  }

  /** Puts the complaint before the model and asks again, unless that was done often enough. */
  #repair(complaint: string | undefined, giveUp: () => ReducerStep): ReducerStep {
    if (this.#repairs >= REPAIRS_MAX) return giveUp()
    this.#repairs += 1
    if (complaint !== undefined) this.#conversation.add({ role: 'user', content: [{ type: 'text', text: complaint }] })
    return this.#askModel()
  }

  #isOverStepsMax(stepsMax: number): boolean {
    return this.#n - this.#repairs >= stepsMax
  }

  #unusable(answer: ModelAnswer, complaint: string, when: string): ReducerStep {
    const message = `agent "${this.#plan.name}" gave no answer that fits its output ${when}: ${complaint}`
    return this.#failed('OUTPUT_INVALID', message, { complaint, text: quoted(textOf(answer)) })
  }

  #exhausted(answer: ModelAnswer): ReducerStep {
    const { name, stepsMax } = this.#plan
    const message = `agent "${name}" still calls tools after ${stepsMax} steps; raise maxSteps, or let stopWhen end it with what it has`
    return this.#failed('STEPS_EXCEEDED', message, { steps: this.#n, text: quoted(textOf(answer)) })
  }

  #ask(ask: ReducerAsk, then: Then): ReducerAsk {
    this.#open.set(ask.slot, then)
    return ask
  }

  /** The author's code, run once and recorded; when it fails, so does the agent. */
  #hook(slot: string, name: string, fn: () => unknown, then: (value: unknown) => ReducerStep): ReducerAsk {
    return this.#ask({ type: 'hook', slot, name, fn }, (outcome) =>
      outcome.ok ? then(outcome.value) : this.#fail(outcome.error),
    )
  }

  #end(value: unknown): ReducerStep {
    this.#isEnded = true
    return { asks: [], end: { ok: true, value } }
  }

  #fail(error: ErrorData): ReducerStep {
    this.#isEnded = true
    return { asks: [], end: { ok: false, error } }
  }

  #failed(code: ErrorCode, message: string, data?: unknown): ReducerStep {
    return this.#fail(errorData(new SkeinError(code, message, { data })))
  }

  /** An input or a schema may throw; that is the agent's failure, not the kernel's. */
  #guarded(step: () => ReducerStep): ReducerStep {
    try {
      return step()
    } catch (thrown) {
      return this.#fail(errorData(toSkeinError(thrown, 'WORKFLOW_FAILED')))
    }
  }
}
