/**
 * A resident process's lane to its engine.
 *
 * Invariants:
 * 1. Frames are sealed and queued in the order of the calls; the journal is always a prefix of what memory did (rule J1).
 * 2. Nothing outward starts, and nothing sent is heard, before all earlier frames are durable (rule E3).
 * 3. A control is consumed by the first frame, or end, after `next` handed it out, unless it is put back; a message when a frame says so.
 * 4. While its host leaves, it is taken away as soon as nothing outward is in flight and the kernel waits for an event.
 * 5. It rests only if nothing has come meanwhile, judged inside the transaction that makes it rest.
 */
import { sealFrame } from '../../kernel/index.ts'
import type {
  Activation,
  CommitEnd,
  Control,
  Event as ProcessEvent,
  Fact,
  FactBody,
  FrameEffects,
  Quarantine,
  StartRequest,
} from '../../kernel/index.ts'
import { asOwnerId, assert, limits, SkeinError } from '../../std/index.ts'
import type { EffectKey, Epoch, MessageId, OwnerId, Pid } from '../../std/index.ts'
import { FRAME_BYTES_MAX } from '../limits.ts'
import { EffectLane } from './effect-lane.ts'
import type { Effect, Run } from './effect-lane.ts'
import { EventQueue } from './event-queue.ts'
import type { Arrived, Mailed, MailRow } from './event-queue.ts'
import { frameStep } from './frame-step.ts'
import type { FrameToCommit } from './frame-step.ts'
import type { Entry, Step } from './group-commit.ts'
import type { Interior } from './interior.ts'
import type { Loaded } from './load.ts'
import type { Addressee } from './post.ts'
import { prepareOutgoing, prepareWait } from './prepare.ts'
import { restStep } from './rest-step.ts'
import type { P } from './store/process-table.ts'
import { WaitTimers } from './wait-timers.ts'

const OVER = 'the activation is over'
const OWNER_BYTES = 8
/** Most frames make nothing visible but their facts. */
const NONE: readonly never[] = []

/** A control that `next` handed out, and its row. */
type HandedControl = { readonly id: string; readonly seq: number }

/** The activation of one process by this engine. */
export class LocalActivation implements Activation, Addressee {
  readonly p: P
  readonly pid: Pid
  readonly epoch: Epoch
  readonly owner: OwnerId
  readonly start: StartRequest
  readonly facts: readonly Fact[]
  readonly origin: readonly Fact[]
  readonly queue: EventQueue
  readonly lane: EffectLane
  readonly timers: WaitTimers
  /** Controls that `next` handed out and no frame has consumed yet. */
  handedControls: HandedControl[] = []
  /** Rows of commits under way that the queue will hear of. */
  expected = 0
  /** A control has come since the process was loaded. */
  hasNewControl = false
  readonly #interior: Interior
  readonly #abort = new AbortController()
  readonly #loadedSeq: number
  readonly #messages = new Map<MessageId, MailRow>()
  #n: number
  #hash: string
  #lastEntry: Entry | undefined
  #framesQueued = 0
  #framesDurable = 0
  #over: SkeinError | undefined
  #draining: 'writes' | 'all' | undefined
  /** The stage of draining that the kernel knew when it asked for the event before. */
  #heard: 'writes' | 'all' | undefined
  #leaveFor: SkeinError | undefined

  constructor(interior: Interior, loaded: Loaded) {
    const { clock, random, store } = interior
    this.#interior = interior
    this.p = loaded.row.p
    this.pid = loaded.row.pid
    this.epoch = store.epoch
    this.owner = asOwnerId(`${store.epoch}.${random.hex(OWNER_BYTES)}`)
    this.start = loaded.request
    this.facts = loaded.facts
    this.origin = loaded.origin ?? []
    this.#n = loaded.nextN
    this.#hash = loaded.hash
    this.#loadedSeq = loaded.mail.reduce((last, { row }) => Math.max(last, row.seq), 0)
    this.queue = new EventQueue(clock, (arrived) => this.#onTake(arrived))
    this.lane = new EffectLane(this.owner, ({ key, attempt }, settled) => {
      this.queue.push({ event: { type: 'settled', key, attempt, settled } })
      if (this.#draining !== undefined) this.#interior.residents.stirred()
    })
    this.timers = new WaitTimers(clock, (key) => this.queue.push({ event: { type: 'timer', key } }))
    for (const arrived of loaded.mail) this.#enqueue(arrived)
    for (const { wait, dueAt } of loaded.waits) this.timers.add(wait.key, dueAt)
  }

  /** It has come to its end, or its store was lost. */
  get isOver(): boolean {
    return this.#over !== undefined
  }

  get signal(): AbortSignal {
    return this.#abort.signal
  }

  get quarantine(): Quarantine | undefined {
    return this.#interior.restored.quarantine
  }

  /** Of a restored folder nobody knows whether who wrote it is dead, wherever it was taken from. */
  get ownerDeath(): 'known' | 'presumed' {
    return this.quarantine === undefined ? 'known' : 'presumed'
  }

  get draining(): 'writes' | 'all' | undefined {
    return this.#draining
  }

  /** The kernel has finished the turn that it was in when the host took its last step towards leaving. */
  get hasHeard(): boolean {
    return this.#heard === this.#draining || this.queue.isAwaited
  }

  /** Nothing outward is in flight, and no end of it is unheard. */
  get isDone(): boolean {
    return this.signal.aborted || (this.lane.isInward && !this.queue.hasOutcomes)
  }

  expect(count: 1 | -1): void {
    this.expected += count
  }

  arrived(what: Mailed): void {
    // A commit that took its time may have been seen already when the process was loaded.
    if (what.row.seq <= this.#loadedSeq) return
    if (what.event.type === 'control') this.hasNewControl = true
    this.#enqueue(what)
  }

  /** Not a row: whoever is activated later asks the switches themselves. */
  hearSwitches(now: boolean): void {
    this.queue.push({ event: { type: 'control', control: { id: 'switched', type: 'switched', now } } })
  }

  next(idleMs?: number): Promise<ProcessEvent | undefined> {
    this.#heard = this.#draining
    if (this.#leaveFor !== undefined) this.#leaveIfDone(this.#leaveFor)
    if (this.#draining !== undefined) this.#interior.residents.stirred()
    if (!this.queue.hasNext) this.#interior.commits.hasten()
    return this.queue.next(idleMs !== undefined && this.#interior.residents.isCrowded ? 0 : idleMs)
  }

  decide(make: () => readonly FactBody[]): readonly FactBody[] | Promise<readonly FactBody[]> {
    return this.#over === undefined ? make() : Promise.reject(this.#over)
  }

  perform(effect: Effect, run: Run): void {
    this.#checkOpen()
    this.lane.perform(effect, run, this.#framesQueued, this.#framesDurable)
    if (this.#framesQueued > this.#framesDurable) this.#interior.commits.hasten()
  }

  abort(key: EffectKey): void {
    this.lane.abort(key)
  }

  putBack(controls: readonly Control[]): void {
    const ids = new Set(controls.map(({ id }) => id))
    this.handedControls = this.handedControls.filter(({ id }) => !ids.has(id))
  }

  frame(facts: readonly Fact[], effects: FrameEffects): void {
    this.#checkOpen()
    const { hash, random, commits } = this.#interior
    const { sent: outgoings = NONE, waits: toWait = NONE, unwaits = NONE } = effects
    const sent =
      outgoings.length === 0
        ? NONE
        : outgoings.map((outgoing) => ({ outgoing, prepared: prepareOutgoing(outgoing, hash) }))
    const waits = toWait.length === 0 ? NONE : toWait.map((wait) => prepareWait(wait, hash))
    const about = { pid: this.pid, epoch: this.epoch, n: this.#n, prevHash: this.#hash, facts }
    const sealed =
      facts.length === 0 ? undefined : sealFrame(about, { hash, random, inlineMax: limits.PAYLOAD_INLINE_BYTES_MAX })
    const bytes = sealed === undefined ? 0 : sealed.frame.body.length + sealed.frame.payloads.length
    if (bytes > FRAME_BYTES_MAX)
      throw new SkeinError(
        'VALUE_TOO_LARGE',
        `a frame of ${this.pid} has ${bytes} characters, more than ${FRAME_BYTES_MAX}; ` +
          'return smaller values, or write them to files and return their names',
      )
    // From here on nothing may fail: the frame is part of the journal.
    const consumed = this.#consume(effects)
    for (const key of unwaits) this.timers.remove(key)
    for (const { wait, dueAt } of waits) this.timers.add(wait.key, dueAt)
    const controls = this.handedControls.length === 0 ? NONE : this.handedControls.splice(0).map(({ seq }) => seq)
    if (sealed !== undefined) {
      this.#n += 1
      this.#hash = sealed.frame.hash
    }
    const isSnapshot = facts.some((fact) => fact.type === 'snapshot')
    const index = ++this.#framesQueued
    const step = frameStep(this.#interior, this, { sealed, isSnapshot, sent, waits, consumed, controls, unwaits }, () =>
      this.#durable(index),
    )
    // While more has come that it can go on with, nothing waits for this frame (E3: what would is hastened).
    const isLeading = !this.queue.hasNext || this.queue.hasControls || sent.length > 0
    this.#lastEntry = isLeading ? commits.push([step], bytes) : commits.defer([step], bytes)
  }

  commit(end: CommitEnd): Promise<boolean> {
    if (this.#over !== undefined) return Promise.reject(this.#over)
    if (end.type === 'wait' || end.type === 'yield')
      assert(this.lane.isIdle, `${this.pid} rests with effects in flight`)
    if (end.type === 'wait' && !this.queue.isEmpty) return Promise.resolve(false)
    return new Promise((resolve, reject) => this.#push(restStep(this.#interior, this, end, { resolve, reject })))
  }

  /** The host is going to leave: the kernel begins no write that could not be repeated. */
  prepareToLeave(): void {
    this.#draining = 'writes'
  }

  /** The host leaves: nothing more is decided; what is outward may end, and then `next` rejects. */
  leave(why: SkeinError): void {
    this.#draining = 'all'
    this.#leaveFor = why
    this.queue.onlyOutcomes()
    if (this.queue.isAwaited) this.#leaveIfDone(why)
  }

  #leaveIfDone(why: SkeinError): void {
    if (this.isDone) this.drain(why)
  }

  /** The engine stops running this process: `next` rejects, effects are aborted; frames and an end are still taken. */
  drain(why: SkeinError): void {
    this.#abort.abort(why)
    this.#still(why)
  }

  /** The store is lost: as `drain`, and every later call fails. */
  drop(why: SkeinError): void {
    this.#over ??= why
    this.drain(why)
  }

  /** It has come to its end. */
  close(): void {
    this.#over ??= new SkeinError('ENGINE_CLOSED', OVER)
    this.#still(this.#over)
  }

  #still(why: SkeinError): void {
    this.timers.close()
    this.lane.close(why)
    this.queue.close(why)
  }

  #push(step: Step): void {
    const { commits } = this.#interior
    // In the same transaction as the last frame wherever possible: `ended` and its fact are one.
    if (commits.join(this.#lastEntry, step)) commits.hasten()
    else commits.push([step], 0)
  }

  /** The rows of what a frame consumes; refused messages say why. */
  #consume({ consumed = [], dead = [] }: FrameEffects): FrameToCommit['consumed'] {
    if (consumed.length === 0 && dead.length === 0) return NONE
    const why = new Map(dead.map((message) => [message.id, message.why]))
    return [...new Set([...consumed, ...why.keys()])].flatMap((id) => {
      const row = this.#messages.get(id)
      const deadFor = why.get(id)
      this.#messages.delete(id)
      return row === undefined ? [] : [deadFor === undefined ? row : { ...row, deadFor }]
    })
  }

  #durable(index: number): void {
    this.#framesDurable = index
    this.lane.release(index)
  }

  #enqueue(mailed: Mailed): void {
    const { event, row } = mailed
    if (event.type === 'message') this.#messages.set(event.message.id, row)
    this.queue.push(mailed)
  }

  #onTake({ event, row }: Arrived): void {
    if (event.type === 'control' && row !== undefined) this.handedControls.push({ id: event.control.id, seq: row.seq })
  }

  #checkOpen(): void {
    if (this.#over !== undefined) throw this.#over
  }
}
