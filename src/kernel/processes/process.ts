/**
 * A resident process: its state, its body, and the turn being made.
 *
 * Job: hold what one activation knows, and offer the few moves that everything else is made of:
 * ask, record, deliver.
 *
 * Invariants:
 * 1. Every change of `state` is a recorded fact; `record` is the only writer, live as in replay.
 * 2. A body is spoken to only by `deliver` (and its start), one outcome in a macrotask (rule D1).
 * 3. While `replaying`, asks without an outcome are held in `asked`; nothing is decided, started or sent (rule D5).
 * 4. `open` holds exactly the asks that have been asked and not delivered.
 */
import { asEffectKey, asSeq, limits, ROOT_SCOPE } from '../../std/index.ts'
import type { EffectId, EffectKey, MessageId, Seq, SkeinError } from '../../std/index.ts'
import type { Amounts } from '../accounts/amounts.ts'
import type { AnyDefinition } from '../definitions/definition.ts'
import type { Ask } from '../effects/ask.ts'
import type { Admission } from '../gate/admission.ts'
import { FACT_VERSION } from '../journal/facts.ts'
import type { Fact, FactBody, WaitOn } from '../journal/facts.ts'
import { NOTHING } from '../journal/outcome.ts'
import type { Outcome } from '../journal/outcome.ts'
import { effectId, KeyCounter } from '../keys/key.ts'
import { Mailbox } from '../messages/mailbox.ts'
import type { Activation, Control, Outgoing, Wait } from '../ports/activation.ts'
import type { KernelDeps } from '../ports/host.ts'
import { isShielded, Scope } from '../scopes/scope.ts'
import type { Ambiguity } from '../upgrade/ambiguity.ts'
import { knownKey, Told } from '../upgrade/answering.ts'
import type { Unfit } from '../upgrade/answering.ts'
import type { Body } from './body.ts'
import { DeliveryQueue } from './delivery-queue.ts'
import { ProcessState } from './process-state.ts'
import { Shield } from './shield.ts'
import type { EffectRecord } from './effect-record.ts'

const BROKEN_KEY = asEffectKey('!broken')
const NO_WAITS: readonly Wait[] = []
const NO_KEYS: readonly EffectKey[] = []
const NOBODY = (): void => undefined

/** What a turn makes visible, beside its facts. */
export class Turn {
  readonly facts: Fact[] = []
  readonly consumed: MessageId[] = []
  readonly dead: { readonly id: MessageId; readonly why: string }[] = []
  readonly sent: Outgoing[] = []
  /** Started after the frame, in order. */
  readonly starts: (() => void)[] = []
  /** Rows of waits to write, or to remove (undefined); the last word of the turn counts. Most turns have none. */
  #rows: Map<EffectKey, WaitOn | undefined> | undefined

  wait(key: EffectKey, on: WaitOn): void {
    this.#rows ??= new Map()
    this.#rows.set(key, on)
  }

  unwait(...keys: readonly EffectKey[]): void {
    this.#rows ??= new Map()
    for (const key of keys) this.#rows.set(key, undefined)
  }

  get waits(): readonly Wait[] {
    if (this.#rows === undefined) return NO_WAITS
    return [...this.#rows].flatMap(([key, on]) => (on === undefined ? [] : [{ key, on }]))
  }

  get unwaits(): readonly EffectKey[] {
    if (this.#rows === undefined) return NO_KEYS
    return [...this.#rows].flatMap(([key, on]) => (on === undefined ? [key] : []))
  }
}

/** One process in memory, for one activation. */
export class Process implements Disposable {
  readonly state: ProcessState
  readonly open = new Map<EffectKey, Ask>()
  /** Every ask of the segment whose effect may still need its code: repeats, reconciliation. */
  readonly known = new Map<EffectKey, Ask>()
  readonly mailbox = new Mailbox()
  readonly queue = new DeliveryQueue()
  /** Asks that wait for the gate, in ask order. */
  asked: Ask[] = []
  /** Asks that nobody may answer by a guess after a change of code; they come before the gate again each time. */
  held: Ambiguity[] = []
  /** What was under way when the code was adopted, and is asked for only now. */
  late: Ask[] = []
  /** What the body has been told, as far as a change of code makes that matter. */
  told: Told
  /** Records that the code was not given, with the reason. */
  readonly unfit = new Map<EffectKey, Unfit>()
  /** Asks that wait until nothing holds the process any more. */
  switchedOff: Ask[] = []
  /** Effects broken off because they were switched off: they are asked for again. */
  readonly brokenOff = new Set<EffectKey>()
  turn = new Turn()
  root = new Scope(ROOT_SCOPE, undefined)
  keys = new KeyCounter()
  shield = new Shield()
  body: Body | undefined
  /** Calls that were open when the body came to its end. */
  readonly floating = new Set<EffectKey>()
  definition: AnyDefinition | undefined
  codeDigest = ''
  replaying = true
  /** Controls that came while it could not go on. */
  readonly unheard: Control[] = []
  /** Effects performing, admissions pending. */
  inFlight = 0
  /** Set when a body broke the rules in a way that must stop it: the process parks. */
  broken: SkeinError | undefined
  /** Whether a call on a ctx is allowed right now (rule D3). */
  window = false
  /** Slots held by effects between admission and start. */
  readonly slots = new Map<EffectKey, Disposable>()
  #over = false
  readonly act: Activation
  readonly deps: KernelDeps
  readonly admission: Admission
  warnedLength = false
  /** Asks were left to the next host, because this one is leaving: the process must not rest as if it waited. */
  isHeldBack = false

  constructor(act: Activation, deps: KernelDeps, admission: Admission, state = new ProcessState()) {
    this.act = act
    this.state = state
    this.told = new Told(state)
    this.deps = deps
    this.admission = admission
  }

  get pid(): Activation['pid'] {
    return this.act.pid
  }

  effectId(key: EffectKey): EffectId {
    return effectId({ pid: this.pid, incarnation: this.state.born?.incarnation ?? 0, segment: this.state.segment }, key)
  }

  /** True while nothing of the turn concerns anybody else: such facts need no commit of their own. */
  get isTurnPrivate(): boolean {
    const { consumed, sent, waits, unwaits, facts } = this.turn
    if (consumed.length + sent.length + waits.length + unwaits.length > 0) return false
    return facts.length <= limits.FRAME_FACTS_MAX && facts.every((fact) => this.#isPrivate(fact))
  }

  #isPrivate(fact: Fact): boolean {
    switch (fact.type) {
      case 'intended':
        return fact.class === 'local'
      case 'settled':
        return fact.attempt === 0 || this.state.record(fact.key).class === 'local'
      case 'closed':
        return fact.scope !== ROOT_SCOPE
      default:
        return false
    }
  }

  /**
   * Takes an ask from the body. With an outcome at hand it is delivered from the queue, in `seq` order; decided but
   * unfinished, it is recovery's, late where new code has put something before it; else it waits for the gate. So does
   * the end of a scope that was done before and now is cut short: others are told to stop in it.
   */
  ask(ask: Ask): void {
    this.register(ask)
    const record = this.state.effects.get(ask.key)
    if (ask.op === 'close' && ask.why !== 'done' && this.state.isOpenAgain(ask.closes)) this.asked.push(ask)
    else if (record?.outcome !== undefined) this.queue.push(record.outcomeSeq, ask.key)
    else if (record === undefined || isUndecided(record)) this.asked.push(ask)
    else if (!this.replaying) this.late.push(ask)
  }

  /** The key under which the journal knows an ask of this code (rule U5); its own, where no code was adopted. */
  keyFor(asked: EffectKey): EffectKey {
    if (this.state.adoptions.length === 0) return asked
    return knownKey(this.state, this.told, asked, (key, why) => this.unfit.set(key, why))
  }

  /** Appends a fact to the journal and the turn, and folds it into the state. */
  record(body: FactBody): Fact {
    const fact = { ...body, v: FACT_VERSION, seq: asSeq(this.state.nextSeq), at: this.deps.clock.now() } as Fact
    this.state.apply(fact)
    this.turn.facts.push(fact)
    if (fact.type === 'waiting') this.turn.wait(fact.key, fact.on)
    if (fact.type === 'answered') this.turn.unwait(fact.key)
    const key = outcomeKey(fact)
    if (key !== undefined && this.open.has(key)) this.queue.push(this.state.record(key).outcomeSeq, key)
    return fact
  }

  /** Takes over a fact of a fork's origin: part of the journal, but nothing follows from it any more. */
  inherit(body: FactBody, shared: Seq | undefined): void {
    const place = { seq: asSeq(this.state.nextSeq), at: this.deps.clock.now() }
    const fact = { v: FACT_VERSION, ...body, ...place, ...(shared === undefined ? {} : { shared }) } as Fact
    this.state.apply(fact)
    this.turn.facts.push(fact)
  }

  /** Whether anybody still waits for the effect: its ask is open, and its body neither at its end nor cancelled. */
  isWanted(key: EffectKey): boolean {
    if (!this.open.has(key)) return false
    return isShielded(key) || (this.body?.end === undefined && this.state.cancelled === undefined)
  }

  /** What `need` exceeds the account by; what is kept back for compensations counts as used (rule X4). */
  shortage(need: Amounts): Amounts | undefined {
    const account = this.state.account.draft()
    account.reserve(this.shield.kept(this.state))
    return account.shortage(need)
  }

  /** Holds an ask open that is not asked yet: a combinator, the end of the process. */
  register(ask: Ask): void {
    this.open.set(ask.key, ask)
    this.known.set(ask.key, ask)
  }

  /** The body broke a rule outside a turn: stop at the next event, and make one come. */
  breakOff(error: SkeinError): void {
    if (this.broken !== undefined) return
    this.broken = error
    if (this.replaying || this.#over) return
    this.inFlight += 1
    this.act.perform({ key: BROKEN_KEY, attempt: 1, class: 'local', begun: undefined }, () =>
      Promise.resolve({ outcome: { type: 'ok', value: NOTHING } }),
    )
  }

  /** Keeps a slot for an effect about to start; a process that is over holds none. */
  holdSlot(key: EffectKey, slot: Disposable): void {
    if (this.#over) slot[Symbol.dispose]()
    else this.slots.set(key, slot)
  }

  /** Hands a slot over to the attempt that starts: it gives it back. */
  takeSlot(key: EffectKey): Disposable | undefined {
    const slot = this.slots.get(key)
    this.slots.delete(key)
    return slot
  }

  releaseSlot(key: EffectKey): void {
    this.slots.get(key)?.[Symbol.dispose]()
    this.slots.delete(key)
  }

  [Symbol.dispose](): void {
    this.#over = true
    for (const slot of this.slots.values()) slot[Symbol.dispose]()
    this.slots.clear()
  }

  /** Forgets all that belongs to a body, for the next segment's. */
  resetBody(): void {
    this.open.clear()
    this.known.clear()
    this.queue.clear()
    this.asked = []
    this.held = []
    this.switchedOff = []
    this.late = []
    this.told = new Told(this.state)
    this.unfit.clear()
    this.root = new Scope(ROOT_SCOPE, undefined)
    this.keys = new KeyCounter()
    this.shield = new Shield()
  }

  /** Ends an open ask without an outcome of its own (its scope was closed). */
  settleOpen(ask: Ask, outcome: Outcome): void {
    this.open.delete(ask.key)
    const { settle } = ask
    // The ask stays known as long as the segment: what it has told needs not, nor the promise behind it.
    ask.settle = NOBODY
    settle(outcome)
  }
}

/** True when the gate has not let it through yet. */
function isUndecided(record: EffectRecord): boolean {
  return record.kind === undefined && record.waiting === undefined && record.sentTo === undefined
}

/** The key whose outcome a fact brings, if it brings one. */
function outcomeKey(fact: Fact): EffectKey | undefined {
  switch (fact.type) {
    case 'settled':
    case 'answered':
      return fact.key
    case 'resolved':
      return fact.outcome === undefined ? undefined : fact.key
    case 'closed':
    case 'dropped':
      return fact.key
    default:
      return undefined
  }
}
