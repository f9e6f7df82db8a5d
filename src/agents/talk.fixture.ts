/** For the tests of this room: an agent in conversation, step by step, with the kernel's part played by hand. */
import { strict as assert } from 'node:assert'
import { decode, encode } from '../std/index.ts'
import type { ErrorData } from '../std/index.ts'
import { addressOf, check, matches } from '../kernel/index.ts'
import type {
  Address,
  AgentDefinition,
  ModelAnswer,
  ReducerAsk,
  ReducerInstance,
  ReducerStep,
} from '../kernel/index.ts'
import { conversationOffences } from '../testing/index.ts'
import { hash } from './loop.fixture.ts'

/** What was said of a message: taken by a receive, refused by one, or left in the mailbox. */
export type Mailed = 'heard' | 'refused' | 'kept'

type Caller = { readonly pid: string; readonly id: string }

/** One agent, what it has asked, and what was recorded. */
export class Talk {
  readonly open = new Map<string, ReducerAsk>()
  readonly log: (readonly [slot: string, text: string])[] = []
  asked: ReducerAsk[] = []
  readonly sent: Extract<ReducerAsk, { type: 'send' }>[] = []
  /** Writes that have begun: they go on when the agent lets go. */
  readonly begun = new Set<string>()
  /** What it lets go of is judged by `judge`, after what was on its way. */
  isSlow = false
  end: ReducerStep['end']
  #parting: ReducerStep['end']
  /** With which it was left at a snapshot, and made anew. */
  readonly states: unknown[] = []
  readonly #make: (state?: unknown) => ReducerInstance
  readonly #isLeft: () => boolean
  #reducer: ReducerInstance
  #mail: { readonly body: unknown; readonly topic?: string; readonly type?: string; readonly replyTo?: Caller }[] = []

  constructor(definition: AgentDefinition, input: unknown = 'go', isLeft: () => boolean = () => false) {
    this.#make = (state) =>
      definition.reducer({ input: fresh(input), pid: 'p', hash, ...(state === undefined ? {} : { state }) })
    this.#isLeft = isLeft
    this.#reducer = this.#make()
    this.#take(this.#reducer.begin())
  }

  /** The slots of calls under way. */
  get work(): readonly string[] {
    return [...this.open.keys()].filter((slot) => slot.startsWith('r'))
  }

  /** The conversation as the last model call was given it, in short: `user: hello`, `call echo`, `result …`. */
  get told(): readonly string[] {
    const last = this.asked.findLast((ask) => ask.type === 'model')
    return last?.type === 'model' ? last.request.messages.flatMap((message) => lines(fresh(message))) : []
  }

  model(answer: ModelAnswer, slot = this.#slot('model')): this {
    return this.give(slot, answer)
  }

  give(slot: string, value: unknown): this {
    return this.#on(slot, { ok: true, value })
  }

  fail(slot: string, error: ErrorData): this {
    return this.#on(slot, { ok: false, error })
  }

  /** Runs the hooks that are open. */
  hooks(): this {
    for (const ask of this.open.values()) if (ask.type === 'hook') this.give(ask.slot, ask.fn())
    return this
  }

  say(body: unknown, about: Address & { readonly replyTo?: Caller } = {}): Mailed {
    const { replyTo, ...address } = about
    const message = { body, ...addressOf(address), ...(replyTo === undefined ? {} : { replyTo }) }
    this.#mail.push(message)
    return this.#match(message)
  }

  #slot(type: ReducerAsk['type']): string {
    const found = [...this.open.values()].find((ask) => ask.type === type)
    if (found === undefined) throw new Error(`no ${type} is asked for; open: ${[...this.open.keys()].join(', ')}`)
    return found.slot
  }

  #match(only?: unknown): Mailed {
    for (const message of this.#mail) {
      for (const ask of this.open.values()) {
        if (ask.type !== 'receive' || !matches(ask.pattern, { ...message, id: '' as never })) continue
        this.#mail = this.#mail.filter((other) => other !== message)
        const fit = ask.schema === undefined || check(ask.schema, message.body, 'a message').ok
        if (!fit) return 'refused'
        this.#on(ask.slot, { ok: true, value: { id: 'm', ...message } })
        return only === undefined || only === message ? 'heard' : 'kept'
      }
    }
    return 'kept'
  }

  #on(slot: string, outcome: { ok: true; value: unknown } | { ok: false; error: ErrorData }): this {
    this.open.delete(slot)
    this.begun.delete(slot)
    this.log.push([slot, encode(outcome)])
    this.#parting = undefined
    this.#take(this.#reducer.on(slot, fresh(outcome)))
    return this
  }

  /** As the kernel does it: with nothing open but receives, which the new instance asks for again. */
  #leave(step: ReducerStep): ReducerStep {
    const { snapshot } = step
    if (snapshot === undefined || [...this.open.values()].some(({ type }) => type !== 'receive')) return step
    if (!this.#isLeft()) return step
    this.open.clear()
    this.asked = this.asked.filter(({ type }) => type === 'model' || type === 'tool')
    const state = fresh(snapshot.state())
    this.states.push(state)
    this.#reducer = this.#make(state)
    return this.#reducer.begin()
  }

  #take(given: ReducerStep): void {
    const step = this.#leave(given)
    for (const ask of step.asks) {
      assert(!this.asked.some(({ slot }) => slot === ask.slot), `${ask.slot} is asked for once`)
      this.asked.push(ask)
      if (ask.type === 'model') assert.deepEqual(conversationOffences(fresh(ask.request.messages) as never), [])
      this.open.set(ask.slot, ask)
    }
    if (step.end !== undefined && step.asks.length > 0) this.#parting = step.end
    else if (step.end !== undefined) this.end = step.end
    for (const ask of step.asks) this.#act(ask)
    if (step.asks.some((ask) => ask.type === 'receive')) this.#match()
    this.end ??= this.#parting
  }

  /** What was to be let go of, is now. */
  judge(): this {
    for (const ask of this.open.values()) if (ask.type === 'drop') this.#drop(ask)
    return this
  }

  #act(ask: ReducerAsk): void {
    if (ask.type === 'drop' && !this.isSlow) this.#drop(ask)
    else if (ask.type === 'send') {
      this.sent.push(ask)
      this.#on(ask.slot, { ok: true, value: null })
    }
  }

  #drop(ask: Extract<ReducerAsk, { type: 'drop' }>): void {
    const wanted = ask.slots.filter((slot) => this.open.has(slot))
    const going = wanted.filter((slot) => this.begun.has(slot))
    const gone = wanted.filter((slot) => !going.includes(slot))
    for (const slot of gone) this.open.delete(slot)
    this.#on(ask.slot, { ok: true, value: { gone, going } })
  }

  /** The same outcomes, given to a new instance, lead to the same asks. */
  replays(definition: AgentDefinition, input: unknown = 'go'): void {
    const again = definition.reducer({ input: fresh(input), pid: 'p', hash })
    const slots = again.begin().asks.map(({ slot }) => slot)
    for (const [slot, text] of this.log)
      slots.push(...again.on(slot, decode(text) as never).asks.map((ask) => ask.slot))
    assert.deepEqual(
      slots,
      this.asked.map(({ slot }) => slot),
    )
  }
}

function lines({ role, content }: { role: string; content: unknown }): string[] {
  if (typeof content === 'string') return [`${role}: ${content}`]
  return (content as { type: string; text?: string; toolName?: string; output?: { value: unknown } }[]).map((part) => {
    if (part.type === 'tool-call') return `call ${part.toolName}`
    if (part.type === 'tool-result') return `result ${part.toolName}: ${String(part.output?.value)}`
    return `${role}: ${part.text}`
  })
}

function fresh<T>(value: T): T {
  return decode(encode(value)) as T
}
