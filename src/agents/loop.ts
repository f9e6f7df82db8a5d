/**
 * The agent loop as a reducer (rules A1, A2): ask the model, run the tools it calls, show it what they gave,
 * until it answers; and hear who speaks to it meanwhile.
 *
 * Invariants:
 * 1. The state is a fold over the outcomes in the order they came: equal outcomes, equal asks, slots, hashes and end.
 *    There is no clock, no randomness and no promise here; what of the author's must run, runs as a recorded hook.
 * 2. Slots are `r{n}/…` with n = the number of the step, from 1; `r0/…` are the hooks before the first.
 *    A repair of the final answer is a step like any other.
 * 3. The conversation grows only while nothing is open: the results of a step join it together, in call order, and
 *    what others have said joins it before the next model call (`Said`), nowhere else.
 * 4. What a tool, a sub-agent or the model's own arguments do wrong is shown to the model; what the model call,
 *    a hook or a limit does wrong ends the agent.
 * 5. Each message is said to the model once, and whoever called is answered once.
 */
import { assert, errorData, toSkeinError } from '../std/index.ts'
import type { ErrorData } from '../std/index.ts'
import { modelName, REPLY_TOPIC, textOf } from '../kernel/index.ts'
import type {
  Dropped,
  ModelAnswer,
  ModelRequest,
  ReducerAsk,
  ReducerInstance,
  ReducerOutcome,
  ReducerStep,
} from '../kernel/index.ts'
import { readAnswer } from '../model/index.ts'
import { Conversation } from './conversation.ts'
import { brokenOff, circling, exhausted, refused, unusable, withdrawn } from './failures.ts'
import { REPAIRS_MAX } from './limits.ts'
import { Mail } from './mail.ts'
import type { Heard, MailSlot } from './mail.ts'
import { NOTHING, OpenAsks } from './open-asks.ts'
import type { Then } from './open-asks.ts'
import { readByOutput, responseFormatOf } from './output.ts'
import type { ReadResult } from './output.ts'
import { requestOf } from './plan.ts'
import type { AgentPlan } from './plan.ts'
import { instructionsText, messagesOf } from './prompt.ts'
import { Repeats } from './repeats.ts'
import { Said } from './said.ts'
import { anyStops, stepOf } from './steps.ts'
import type { AgentStep } from './steps.ts'
import { ToolCalls } from './tool-calls.ts'
import { Turn } from './turn.ts'
import type { Caller } from './turn.ts'

/** One agent at work. */
export class AgentLoop implements ReducerInstance {
  /** Of the agent that has the conversation now: a hand-off changes it. */
  #plan: AgentPlan
  readonly #input: unknown
  readonly #conversation: Conversation
  readonly #open = new OpenAsks()
  readonly #mail: Mail
  readonly #said = new Said()
  readonly #repeats: Repeats
  /** Kept for `stopWhen` only. */
  #steps: AgentStep[] = []
  #request: Omit<ModelRequest, 'messages'>
  #n = 0
  #replies = 0
  #step: ToolCalls | undefined
  #turn: Turn
  /** The answer of the last turn. */
  #value: unknown
  /** The turn is over, but for writes whose results the model has not seen. */
  #isHeld = false
  /** Nothing is asked of it. */
  #isIdle = false
  /** After this turn it ends, whoever else has written. */
  #isLast = false
  #isLettingGo = false
  #isEnded = false

  constructor(plan: AgentPlan, input: unknown, hash: (text: string) => string) {
    this.#plan = plan
    this.#input = input
    this.#conversation = new Conversation(hash)
    this.#mail = new Mail(plan.whenBusy, plan.name)
    this.#repeats = new Repeats(plan.circles, hash)
    this.#turn = new Turn(this.#conversation.mark, 0)
    this.#request = requestOf(plan)
  }

  begin(): ReducerStep {
    const first = this.#guarded(() => this.#instruct('r0', (system) => this.#start(system)))
    return first.end === undefined ? { asks: [...first.asks, ...this.#listen()] } : first
  }

  on(slot: string, outcome: ReducerOutcome): ReducerStep {
    if (this.#isEnded) return NOTHING
    const then = this.#open.take(slot)
    return this.#guarded(() => then(outcome))
  }

  /** Asks the author's functions for what they say about this agent, then goes on with the instructions. */
  #instruct(slot: string, then: (system: unknown) => ReducerStep): ReducerStep {
    const { instructions, output } = this.#plan
    let system: unknown = instructions
    const asks: ReducerAsk[] = []
    let pending = 0
    const ready = (): ReducerStep => (--pending > 0 ? NOTHING : then(system))
    if (typeof instructions === 'function') {
      const heard = (text: unknown): ReducerStep => {
        system = text
        return ready()
      }
      asks.push(this.#hook(`${slot}/instructions`, 'instructions', () => instructions(this.#input), heard))
    }
    if (output.kind === 'hook') {
      const heard = (format: unknown): ReducerStep => {
        if (format !== null) this.#request = { ...this.#request, output: format as NonNullable<ModelRequest['output']> }
        return ready()
      }
      asks.push(this.#hook(`${slot}/output`, 'output', () => responseFormatOf(output.output), heard))
    }
    pending = asks.length
    return pending > 0 ? { asks } : then(system)
  }

  #start(system: unknown): ReducerStep {
    const { name } = this.#plan
    this.#conversation.instruct(system === undefined ? '' : instructionsText(system, name))
    this.#turn = new Turn(this.#conversation.mark, this.#n)
    for (const message of messagesOf(this.#input, name)) this.#conversation.add(message)
    return this.#askModel()
  }

  #askModel(): ReducerStep {
    const told = this.#join()
    this.#step = undefined
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
    return { asks: [...told, this.#open.ask(ask, then)] }
  }

  #answered(given: ModelAnswer): ReducerStep {
    if (given.finishReason === 'content-filter') return this.#fail(refused(this.#plan, given))
    if (given.finishReason === 'error') return this.#repair(undefined, brokenOff(this.#plan))
    const step = new ToolCalls(this.#plan, this.#n, given)
    const { content } = step.answer
    if (content.length > 0) this.#conversation.add({ role: 'assistant', content })
    if (step.calls.length === 0) return this.#final(step.answer)
    this.#step = step
    // Somebody spoke before the answer was there: what it calls for is not begun.
    if (this.#said.isAnything) return this.#stepDone(step.skip())
    const { stopWhen } = this.#plan
    if (stopWhen.length === 0 && this.#isOverStepsMax()) return this.#fail(exhausted(this.#plan, step.answer, this.#n))
    return this.#advance(step, step.begin(this.#conversation.messages))
  }

  /** Asks on behalf of a step; with nothing left to ask, the step is done. */
  #advance(step: ToolCalls, asks: readonly ReducerAsk[]): ReducerStep {
    for (const ask of asks) this.#open.ask(ask, (outcome) => this.#advance(step, step.on(ask.slot, outcome)))
    return step.isDone ? this.#stepDone(step) : { asks }
  }

  #stepDone(step: ToolCalls): ReducerStep {
    const { model, stopWhen } = this.#plan
    const { answer, calls, results, values } = step
    this.#conversation.add({ role: 'tool', content: results })
    const isInterrupted = this.#said.isAnything
    const circle = isInterrupted ? undefined : this.#repeats.judge(calls, results)
    if (circle?.isKnown === true) return this.#fail(circling(this.#plan, circle))
    if (circle !== undefined) this.#said.note(circle.text)
    if (stopWhen.length > 0) this.#steps.push(stepOf(this.#n, model, answer, calls, values))
    if (step.handoff !== undefined) return this.#handOver(step.handoff)
    if (stopWhen.length === 0 || isInterrupted) return this.#askModel()
    const then = (isOver: unknown): ReducerStep => {
      if (isOver === true && !this.#said.isAnything) return this.#stopped(answer)
      return this.#isOverStepsMax() ? this.#fail(exhausted(this.#plan, answer, this.#n)) : this.#askModel()
    }
    return { asks: [this.#hook(`r${this.#n}/stop`, 'stopWhen', () => anyStops(stopWhen, this.#steps), then)] }
  }

  /** The same conversation, another agent: its instructions, tools, model and output from here on. */
  #handOver(plan: AgentPlan): ReducerStep {
    this.#plan = plan
    this.#request = requestOf(plan)
    return this.#instruct(`r${this.#n}`, (system) => {
      this.#conversation.instruct(system === undefined ? '' : instructionsText(system, plan.name))
      return this.#askModel()
    })
  }

  /** An answer without calls is the final one, if it can be read. */
  #final(answer: ModelAnswer): ReducerStep {
    const { output } = this.#plan
    if (this.#said.isAnything) return this.#askModel()
    const isCut = answer.finishReason === 'length'
    if (output.kind === 'text') return this.#end({ text: textOf(answer), ...(isCut ? { truncated: true } : {}) })
    return this.#read(answer, (read) => {
      if (read.ok) return this.#end(read.value)
      const about = { complaint: read.complaint, when: `in ${REPAIRS_MAX + 1} attempts` }
      return this.#repair(read.complaint, unusable(this.#plan, answer, about))
    })
  }

  /** `stopWhen` has said stop: what the last step said is the answer. */
  #stopped(answer: ModelAnswer): ReducerStep {
    if (this.#plan.output.kind === 'text') return this.#end({ text: textOf(answer) })
    return this.#read(answer, (read) => {
      if (read.ok) return this.#end(read.value)
      return this.#fail(unusable(this.#plan, answer, { complaint: read.complaint, when: 'when stopWhen ended it' }))
    })
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
  #repair(complaint: string | undefined, otherwise: ErrorData): ReducerStep {
    if (this.#turn.repairs >= REPAIRS_MAX) return this.#fail(otherwise)
    this.#turn.repairs += 1
    if (complaint !== undefined) this.#conversation.addText(complaint)
    return this.#askModel()
  }

  #isOverStepsMax(): boolean {
    return this.#turn.steps(this.#n) >= this.#plan.stepsMax
  }

  /** The turn has its answer: whoever called gets it, and the next in line is heard. */
  #end(value: unknown): ReducerStep {
    if (this.#said.late.areThere || this.#said.isAnything) return this.#askModel()
    this.#isHeld = this.#said.late.areComing
    if (this.#isHeld) return NOTHING
    this.#value = value
    this.#isIdle = true
    return this.#answer({ body: value }, () => this.#rest())
  }

  /** Idle: takes up what lies in the mailbox, else ends or waits for more. */
  #rest(): ReducerStep {
    if (!this.#isIdle) return NOTHING
    const end: ReducerOutcome = { ok: true, value: this.#value }
    if (this.#isLast) return this.#over(end)
    const next = this.#open.ask(this.#mail.ask('next'), (outcome) => this.#hear('next', outcome))
    return this.#plan.isLasting ? { asks: [...this.#unlisten('refuse'), next] } : { asks: [next], end }
  }

  /** Answers all that wait for this turn, then goes on. */
  #answer(about: { readonly body?: unknown; readonly failed?: ErrorData }, then: () => ReducerStep): ReducerStep {
    const callers = this.#turn.callers.splice(0)
    let pending = callers.length
    if (pending === 0) return then()
    return {
      asks: callers.map((caller) =>
        this.#open.ask(this.#reply(caller, about), () => {
          pending -= 1
          return pending > 0 ? NOTHING : then()
        }),
      ),
    }
  }

  #reply(caller: Caller, about: { readonly body?: unknown; readonly failed?: ErrorData }): ReducerAsk {
    this.#replies += 1
    const { body = null, ...more } = about
    const to = { to: caller.pid, topic: REPLY_TOPIC, messageType: caller.id }
    return { type: 'send', slot: `a${this.#replies}`, ...to, body, ...more }
  }

  /** Opens its ears for what it hears, and refuses, while it is at work. */
  #listen(): readonly ReducerAsk[] {
    const closed = (['hear', 'refuse'] as const).filter((which) => this.#mail.open(which) === undefined)
    return closed.map((which) => this.#open.ask(this.#mail.ask(which), (outcome) => this.#hear(which, outcome)))
  }

  #unlisten(which: MailSlot): readonly ReducerAsk[] {
    const slot = this.#mail.open(which)
    if (slot === undefined) return []
    this.#mail.close(which)
    return [this.#open.drop([slot], () => NOTHING)]
  }

  /** Somebody has spoken. */
  #hear(which: MailSlot, outcome: ReducerOutcome): ReducerStep {
    if (!outcome.ok) return this.#fail(outcome.error)
    this.#mail.close(which)
    const heard = this.#mail.read(outcome.value)
    this.#isLast ||= heard.isLast
    if (this.#isIdle) return this.#takeUp(heard)
    if (heard.body !== undefined) this.#said.hear(heard)
    else if (heard.replyTo !== undefined) this.#turn.callers.push(heard.replyTo)
    const asks = [...this.#listen(), ...this.#letGo()]
    if (!this.#isHeld) return { asks }
    this.#isHeld = false
    return { asks: [...asks, ...this.#askModel().asks] }
  }

  /** The next turn. */
  #takeUp(heard: Heard): ReducerStep {
    const asks = [...this.#unlisten('next'), ...this.#listen()]
    if (heard.body === undefined) {
      if (heard.replyTo !== undefined) this.#turn.callers.push(heard.replyTo)
      const rest = this.#answer({ body: this.#value }, () => this.#rest())
      return { ...rest, asks: [...asks, ...rest.asks] }
    }
    this.#isIdle = false
    this.#turn = new Turn(this.#conversation.mark, this.#n)
    this.#steps = []
    this.#said.hear(heard)
    return { asks: [...asks, ...this.#askModel().asks] }
  }

  /** Lets go of the work in hand, so that what was heard can be said to the model. */
  #letGo(): readonly ReducerAsk[] {
    if (this.#isLettingGo || !this.#said.isAnything) return []
    const slots = this.#open.work().filter((slot) => !this.#said.late.expects(slot))
    if (slots.length === 0) return []
    this.#isLettingGo = true
    return [this.#open.drop(slots, (dropped) => this.#hasLetGo(dropped))]
  }

  #hasLetGo({ gone, going }: Dropped): ReducerStep {
    this.#isLettingGo = false
    const step = this.#step
    if (step === undefined) return gone.length > 0 ? this.#askModel() : { asks: this.#letGo() }
    for (const slot of gone) step.letGo(slot)
    for (const slot of going) {
      this.#said.late.expect(slot, step.goOn(slot))
      this.#open.redirect(slot, (outcome) => this.#cameLate(slot, outcome))
    }
    return step.isDone ? this.#stepDone(step) : NOTHING
  }

  #cameLate(slot: string, outcome: ReducerOutcome): ReducerStep {
    this.#said.late.put(slot, outcome)
    if (!this.#isHeld || this.#said.late.areComing) return NOTHING
    this.#isHeld = false
    return this.#askModel()
  }

  /** What was said joins the conversation; whose request was given up for another is told. */
  #join(): readonly ReducerAsk[] {
    const joined = this.#said.joinTo(this.#conversation, this.#turn, { plan: this.#plan, n: this.#n })
    if (joined.hasSpoken) this.#repeats.forget()
    if (joined.isReplaced) this.#steps = []
    const failed = withdrawn(this.#plan)
    return joined.withdrawn.map((caller) => this.#open.ask(this.#reply(caller, { failed }), () => NOTHING))
  }

  /** The author's code, run once and recorded; when it fails, so does the agent. */
  #hook(slot: string, name: string, fn: () => unknown, then: (value: unknown) => ReducerStep): ReducerAsk {
    return this.#open.ask({ type: 'hook', slot, name, fn }, (outcome) =>
      outcome.ok ? then(outcome.value) : this.#fail(outcome.error),
    )
  }

  #over(end: ReducerOutcome): ReducerStep {
    this.#isEnded = true
    return { asks: [], end }
  }

  /** The agent ends; whoever waits for its answer is told why there is none. */
  #fail(error: ErrorData): ReducerStep {
    this.#turn.callers.push(...this.#said.callers())
    this.#open.close()
    return this.#answer({ failed: error }, () => this.#over({ ok: false, error }))
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
