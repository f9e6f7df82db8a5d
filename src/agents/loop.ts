/**
 * The agent loop as a reducer (rules A1, A2): ask the model, run the tools it calls, show it what they gave,
 * until it answers; and hear who speaks to it meanwhile.
 *
 * Invariants:
 * 1. The state is a fold over the outcomes in the order they came: equal outcomes, equal asks, slots, hashes and end.
 *    There is no clock, no randomness and no promise here; what of the author's must run, runs as a recorded hook.
 * 2. Slots are `r{n}/…` with n = the number of the step, from 1; `r0/…` are the hooks before the first.
 *    A repair of the final answer is a step like any other. `r{n}/…` are also the hooks after a snapshot or a hand-off.
 * 3. The conversation grows only while nothing is open: the results of a step join it together, in call order, and
 *    what others have said joins it before the next model call (`Said`), nowhere else.
 * 4. What a tool, a sub-agent or the model's own arguments do wrong is shown to the model; what the model call,
 *    a hook or a limit does wrong ends the agent.
 * 5. Each message is said to the model once, and whoever called is answered once.
 */
import { assert, errorData, toSkeinError } from '../std/index.ts'
import type { ErrorData } from '../std/index.ts'
import { modelName, REPLY_TOPIC, textOf } from '../kernel/index.ts'
import type { Dropped, ModelAnswer, ReducerAsk, ReducerInstance, ReducerOutcome, ReducerStep } from '../kernel/index.ts'
import { readAnswer } from '../model/index.ts'
import { brokenOff, circling, exhausted, refused, unusable, withdrawn } from './failures.ts'
import { REPAIRS_MAX } from './limits.ts'
import { Mail } from './mail.ts'
import type { Heard, MailSlot } from './mail.ts'
import { NOTHING, OpenAsks } from './open-asks.ts'
import type { Then } from './open-asks.ts'
import { readByOutput } from './output.ts'
import type { ReadResult } from './output.ts'
import type { AgentPlan } from './plan.ts'
import { Said } from './said.ts'
import { Standing } from './standing.ts'
import { readState } from './state.ts'
import type { AgentState } from './state.ts'
import { anyStops, remember, stepOf } from './steps.ts'
import { ToolCalls } from './tool-calls.ts'
import type { Caller } from './turn.ts'

/** One agent at work. */
export class AgentLoop implements ReducerInstance {
  readonly #at: Standing
  /** What an earlier instance has left. */
  readonly #left: AgentState | undefined
  readonly #open = new OpenAsks()
  readonly #mail: Mail
  readonly #said = new Said()
  #replies = 0
  /** Before the step to come. */
  #compactions = 0
  /** What joins next is what is to be done. */
  #isNewTask = false
  #step: ToolCalls | undefined
  /** The answer of the last turn. */
  #value: unknown
  /** The turn is over, but for writes whose results the model has not seen. */
  #isHeld = false
  /** Nothing is asked of it. */
  #isIdle = false
  #isLettingGo = false
  #isEnded = false

  constructor(
    plan: AgentPlan,
    given: { readonly input: unknown; readonly state?: unknown },
    hash: (text: string) => string,
  ) {
    this.#at = new Standing(plan, given.input, hash)
    this.#left = given.state === undefined ? undefined : readState(given.state, plan.name)
    this.#mail = new Mail(plan.whenBusy, plan.name)
  }

  begin(): ReducerStep {
    const first = this.#guarded(() => this.#migrated((state) => this.#start(state)))
    return first.end === undefined ? { ...first, asks: [...first.asks, ...this.#listen()] } : first
  }

  on(slot: string, outcome: ReducerOutcome): ReducerStep {
    if (this.#isEnded) return NOTHING
    const then = this.#open.take(slot)
    return this.#guarded(() => then(outcome))
  }

  /** The state that was left, made to fit by this code where another version wrote it. */
  #migrated(then: (state: AgentState | undefined) => ReducerStep): ReducerStep {
    const { name, version, migrate } = this.#at.root
    const state = this.#left
    if (state === undefined || migrate === undefined || state.version === version) return then(state)
    const fn = (): unknown => migrate(state, { version: state.version })
    const hook = this.#hook(`r${state.steps}/migrate`, 'migrate', fn, (migrated) => then(readState(migrated, name)))
    return { asks: [hook] }
  }

  /** Asks the author's functions for what they say about this agent, then gives it the conversation. */
  #instruct(then: () => ReducerStep): ReducerStep {
    const ready = (): ReducerStep => {
      this.#at.instruct()
      return then()
    }
    const hooks = this.#at.opening.hooks(`r${this.#at.n}`)
    let pending = hooks.length
    if (pending === 0) return ready()
    return {
      asks: hooks.map(({ slot, name, fn, take }) =>
        this.#hook(slot, name, fn, (value) => {
          take(value)
          pending -= 1
          return pending > 0 ? NOTHING : ready()
        }),
      ),
    }
  }

  #start(state: AgentState | undefined): ReducerStep {
    if (state !== undefined) this.#at.prepare(state)
    return this.#instruct(() => {
      if (state === undefined) this.#at.begin()
      else this.#at.takeUp(state)
      return this.#askModel()
    })
  }

  /** Between two steps: what others have said joins, and the conversation is made to fit before it is shown again. */
  #askModel(): ReducerStep {
    const told = this.#join()
    this.#step = undefined
    this.#compactions += 1
    const slot = `r${this.#at.n + 1}/compact${this.#compactions > 1 ? this.#compactions : ''}`
    const compaction = this.#at.context.over(slot, this.#at.plan.name)
    if (compaction === undefined) return this.#callModel(told)
    const then = (outcome?: ReducerOutcome): ReducerStep => {
      this.#at.turn.moveTo(compaction.end(outcome))
      return this.#askModel()
    }
    if (compaction.ask !== undefined) return { asks: [...told, this.#open.ask(compaction.ask, then)] }
    const rest = then()
    return told.length === 0 ? rest : { asks: [...told, ...rest.asks] }
  }

  #callModel(told: readonly ReducerAsk[]): ReducerStep {
    this.#at.n += 1
    this.#compactions = 0
    const { messages, contentHash } = this.#at.conversation
    const slot = `r${this.#at.n}/model`
    const request = { ...this.#at.request, messages }
    const ask = { type: 'model' as const, slot, ref: this.#at.plan.model, request, contentHash, shown: this.#at.shown }
    const then: Then = (outcome) =>
      outcome.ok ? this.#answered(outcome.value as ModelAnswer) : this.#fail(outcome.error)
    const asks = [...told, this.#open.ask(ask, then)]
    // Who is told something, or expected to say something, is in nobody's state.
    if (told.length > 0 || this.#isLettingGo || this.#said.late.areComing) return { asks }
    return { asks, snapshot: { isDue: this.#at.context.hasCompacted, state: () => this.#at.state } }
  }

  #answered(given: ModelAnswer): ReducerStep {
    this.#at.context.learn(given.usage)
    if (given.finishReason === 'content-filter') return this.#fail(refused(this.#at.plan, given))
    if (given.finishReason === 'error') return this.#repair(undefined, brokenOff(this.#at.plan))
    const step = new ToolCalls(this.#at.plan, this.#at.n, given)
    const { content } = step.answer
    if (content.length > 0) this.#at.conversation.add({ role: 'assistant', content })
    if (step.calls.length === 0) return this.#final(step.answer)
    this.#step = step
    // Somebody spoke before the answer was there: what it calls for is not begun.
    if (this.#said.isAnything) return this.#stepDone(step.skip())
    const { stopWhen } = this.#at.plan
    if (stopWhen.length === 0 && this.#isOverStepsMax())
      return this.#fail(exhausted(this.#at.plan, step.answer, this.#at.n))
    return this.#advance(step, step.begin(this.#at.conversation.messages))
  }

  /** Asks on behalf of a step; with nothing left to ask, the step is done. */
  #advance(step: ToolCalls, asks: readonly ReducerAsk[]): ReducerStep {
    for (const ask of asks) this.#open.ask(ask, (outcome) => this.#advance(step, step.on(ask.slot, outcome)))
    return step.isDone ? this.#stepDone(step) : { asks }
  }

  #stepDone(step: ToolCalls): ReducerStep {
    const { model, stopWhen } = this.#at.plan
    const { answer, calls, results, values } = step
    this.#at.conversation.add({ role: 'tool', content: results })
    const isInterrupted = this.#said.isAnything
    const circle = isInterrupted ? undefined : this.#at.repeats.judge(calls, results)
    if (circle?.isKnown === true) return this.#fail(circling(this.#at.plan, circle))
    if (circle !== undefined) this.#said.note(circle.text)
    if (stopWhen.length > 0) remember(this.#at.steps, stepOf(this.#at.n, model, answer, calls, values))
    if (step.handoff !== undefined) return this.#handOver(step.handoff)
    if (stopWhen.length === 0 || isInterrupted) return this.#askModel()
    const then = (isOver: unknown): ReducerStep => {
      if (isOver === true && !this.#said.isAnything) return this.#stopped(answer)
      return this.#isOverStepsMax() ? this.#fail(exhausted(this.#at.plan, answer, this.#at.n)) : this.#askModel()
    }
    return { asks: [this.#hook(`r${this.#at.n}/stop`, 'stopWhen', () => anyStops(stopWhen, this.#at.steps), then)] }
  }

  /** The same conversation, another agent: its instructions, tools, model and output from here on. */
  #handOver(plan: AgentPlan): ReducerStep {
    this.#at.handTo(plan)
    return this.#instruct(() => this.#askModel())
  }

  /** An answer without calls is the final one, if it can be read. */
  #final(answer: ModelAnswer): ReducerStep {
    const { output } = this.#at.plan
    if (this.#said.isAnything) return this.#askModel()
    const isCut = answer.finishReason === 'length'
    if (output.kind === 'text') return this.#end({ text: textOf(answer), ...(isCut ? { truncated: true } : {}) })
    return this.#read(answer, (read) => {
      if (read.ok) return this.#end(read.value)
      const about = { complaint: read.complaint, when: `in ${REPAIRS_MAX + 1} attempts` }
      return this.#repair(read.complaint, unusable(this.#at.plan, answer, about))
    })
  }

  /** `stopWhen` has said stop: what the last step said is the answer. */
  #stopped(answer: ModelAnswer): ReducerStep {
    if (this.#at.plan.output.kind === 'text') return this.#end({ text: textOf(answer) })
    return this.#read(answer, (read) => {
      if (read.ok) return this.#end(read.value)
      return this.#fail(unusable(this.#at.plan, answer, { complaint: read.complaint, when: 'when stopWhen ended it' }))
    })
  }

  #read(answer: ModelAnswer, then: (read: ReadResult) => ReducerStep): ReducerStep {
    const { model, output } = this.#at.plan
    if (output.kind === 'schema') return then(readAnswer(answer, output.schema, output.request.name))
    assert(output.kind === 'hook', 'a text is not read')
    const slot = `r${this.#at.n}/read`
    const fn = (): unknown => readByOutput(output.output, answer, modelName(model), slot)
    return { asks: [this.#hook(slot, 'output', fn, (read) => then(read as ReadResult))] }
  }

  /** Puts the complaint before the model and asks again, unless that was done often enough. */
  #repair(complaint: string | undefined, otherwise: ErrorData): ReducerStep {
    if (this.#at.turn.repairs >= REPAIRS_MAX) return this.#fail(otherwise)
    this.#at.turn.repairs += 1
    if (complaint !== undefined) this.#at.conversation.addText(complaint)
    return this.#askModel()
  }

  #isOverStepsMax(): boolean {
    return this.#at.turn.steps(this.#at.n) >= this.#at.plan.stepsMax
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
    if (this.#at.isLast) return this.#over(end)
    const next = this.#open.ask(this.#mail.ask('next', !this.#at.plan.isLasting), (outcome) =>
      this.#hear('next', outcome),
    )
    return this.#at.plan.isLasting ? { asks: [...this.#unlisten('refuse'), next] } : { asks: [next], end }
  }

  /** Answers all that wait for this turn, then goes on. */
  #answer(about: { readonly body?: unknown; readonly failed?: ErrorData }, then: () => ReducerStep): ReducerStep {
    const callers = this.#at.turn.callers.splice(0)
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
    this.#at.isLast ||= heard.isLast
    if (this.#isIdle) return this.#takeUp(heard)
    if (heard.body !== undefined) this.#said.hear(heard)
    else if (heard.replyTo !== undefined) this.#at.turn.callers.push(heard.replyTo)
    const asks = [...this.#listen(), ...this.#letGo()]
    if (!this.#isHeld) return { asks }
    this.#isHeld = false
    return { asks: [...asks, ...this.#askModel().asks] }
  }

  /** The next turn. */
  #takeUp(heard: Heard): ReducerStep {
    const asks = [...this.#unlisten('next'), ...this.#listen()]
    if (heard.body === undefined) {
      if (heard.replyTo !== undefined) this.#at.turn.callers.push(heard.replyTo)
      const rest = this.#answer({ body: this.#value }, () => this.#rest())
      return { ...rest, asks: [...asks, ...rest.asks] }
    }
    this.#isIdle = false
    this.#at.startTurn()
    this.#said.hear(heard)
    this.#isNewTask = true
    // Ears are opened by whoever takes up the state, too.
    const step = this.#askModel()
    return { ...step, asks: [...asks, ...step.asks] }
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
    const joined = this.#said.joinTo(this.#at.conversation, this.#at.turn, { plan: this.#at.plan, n: this.#at.n })
    if (joined.hasSpoken) this.#at.repeats.forget()
    if (joined.isReplaced) this.#at.steps = []
    if (joined.isReplaced || this.#isNewTask) this.#at.context.isTask()
    this.#isNewTask = false
    if (joined.withdrawn.length === 0) return []
    const failed = withdrawn(this.#at.plan)
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
    this.#at.turn.callers.push(...this.#said.callers())
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
