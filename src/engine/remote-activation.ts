/**
 * A resident process's lane to a store that answers later: what it frames goes into an outbox, and whoever empties that
 * says what has become durable.
 *
 * Invariants:
 * 1. Frames are sealed and queued in the order of the calls; the journal is always a prefix of what memory did (rule J1).
 * 2. Nothing outward starts, and nothing sent is heard, before the store has acknowledged all earlier frames (rule E3).
 * 3. A control is consumed by the first frame, or end, after `next` handed it out, unless it is put back; a message when a frame says so.
 * 4. It rests only if the store agrees: something may have come meanwhile.
 */
import { sealFrame } from '../kernel/index.ts'
import type {
  Activation,
  CommitEnd,
  Control,
  DeliverResult,
  Event as ProcessEvent,
  Fact,
  FactBody,
  FrameEffects,
  Quarantine,
  StartRequest,
} from '../kernel/index.ts'
import { asOwnerId, assert, SkeinError } from '../std/index.ts'
import type { Clock, EffectKey, Epoch, Hash, MessageId, OwnerId, Pid, Random } from '../std/index.ts'
import type { Consumed, Ending, FrameRow, RestEnd } from './activation-rows.ts'
import { EffectLane } from './embedded/effect-lane.ts'
import type { Effect, Run } from './embedded/effect-lane.ts'
import { EventQueue } from './embedded/event-queue.ts'
import type { Arrived } from './embedded/event-queue.ts'
import { prepareOutgoing, prepareWait } from './embedded/prepare.ts'
import { endStatus } from './embedded/rest-step.ts'
import { WaitTimers } from './embedded/wait-timers.ts'
import type { Frame, ProcessStatus } from './port.ts'
import type { MailIntake } from './mail-intake.ts'

const OVER = 'the activation is over'
const OWNER_BYTES = 8

/** What activations of one worker share. */
export type WorkerPorts = {
  /** Text of one frame that its store takes, and of one payload in it; larger ones lie beside it. */
  readonly frameBytesMax: number
  readonly inlineMax: number
  readonly clock: Clock
  readonly random: Random
  readonly hash: Hash
  /** As the worker knows it. */
  readonly settings: { readonly quarantine: Quarantine | undefined }
  readonly residents: {
    readonly isCrowded: boolean
    /** Something has happened that a host which leaves may be waiting for. */
    stirred(): void
  }
  /** It has begun, made a frame durable, or come to rest. */
  readonly onChange: (start: StartRequest, status: ProcessStatus, frame?: Frame) => void
}

/** What an activation begins with. */
export type Beginning = {
  readonly start: StartRequest
  readonly facts: readonly Fact[]
  readonly origin: readonly Fact[]
  /** Number of the next frame, and the hash it follows. */
  readonly head: { readonly n: number; readonly hash: string }
  readonly waits: readonly { readonly key: EffectKey; readonly dueAt: number | undefined }[]
}

/** Where what an activation says waits to become durable. */
export interface ActivationOutbox {
  /** A frame, with its facts as watchers see them. */
  push(row: FrameRow, bytes: number): void
  /** The end, or the question whether it may be one; it goes behind all frames. */
  end(ending: Ending): void
}

/** What a process is once its activation has ended so. */
export function statusAfter(end: RestEnd): ProcessStatus {
  switch (end.type) {
    case 'ended':
      return endStatus(end.result)
    case 'parked':
      return 'parked'
    case 'yield':
      return 'ready'
    case 'wait':
      return 'waiting'
  }
}

/** Under which epoch and owner id an activation goes, and where what it says goes to. */
export type ActivationLane = { readonly epoch: Epoch; readonly owner: OwnerId; readonly outbox: ActivationOutbox }

/** An owner id that nobody else has. */
export const ownerId = (epoch: Epoch, random: Random): OwnerId => asOwnerId(`${epoch}.${random.hex(OWNER_BYTES)}`)

/** The activation of one process over a store that answers later. */
export class RemoteActivation implements Activation {
  readonly pid: Pid
  readonly epoch: Epoch
  readonly owner: OwnerId
  readonly start: StartRequest
  readonly facts: readonly Fact[]
  readonly origin: readonly Fact[]
  readonly ownerDeath = 'presumed'
  readonly queue: EventQueue
  readonly lane: EffectLane
  readonly timers: WaitTimers
  /** Set before it is run. */
  mail!: MailIntake
  /** Events that its frames have consumed. */
  consumed = 0
  readonly #ports: WorkerPorts
  readonly #outbox: ActivationOutbox
  readonly #abort = new AbortController()
  readonly #messages = new Map<MessageId, Consumed>()
  #handed: { readonly id: string; readonly seq: number }[] = []
  #n: number
  #hash: string
  /** The beginning counts as the first. */
  #framesQueued = 1
  #framesDurable = 0
  readonly #undurable: (Frame | undefined)[] = [undefined]
  #answer: { readonly resolve: (isOver: boolean) => void; readonly reject: (why: SkeinError) => void } | undefined
  #ends: RestEnd | undefined
  #over: SkeinError | undefined
  #draining: 'writes' | 'all' | undefined
  #heard: 'writes' | 'all' | undefined
  #leaveFor: SkeinError | undefined

  constructor(ports: WorkerPorts, beginning: Beginning, lane: ActivationLane) {
    const { start, facts, origin, head, waits } = beginning
    const { clock } = ports
    this.#ports = ports
    this.pid = start.pid
    this.epoch = lane.epoch
    this.owner = lane.owner
    this.#outbox = lane.outbox
    this.start = start
    this.facts = facts
    this.origin = origin
    this.#n = head.n
    this.#hash = head.hash
    this.queue = new EventQueue(clock, (arrived) => this.#onTake(arrived))
    this.lane = new EffectLane(this.owner, ({ key, attempt }, settled) => {
      this.queue.push({ event: { type: 'settled', key, attempt, settled } })
      if (this.#draining !== undefined) this.#ports.residents.stirred()
    })
    this.timers = new WaitTimers(clock, (key) => this.queue.push({ event: { type: 'timer', key } }))
    for (const { key, dueAt } of waits) this.timers.add(key, dueAt)
  }

  get isOver(): boolean {
    return this.#over !== undefined
  }

  get signal(): AbortSignal {
    return this.#abort.signal
  }

  get quarantine(): Quarantine | undefined {
    return this.#ports.settings.quarantine
  }

  get draining(): 'writes' | 'all' | undefined {
    return this.#draining
  }

  /** The kernel has finished the turn that it was in when the host took its last step towards leaving. */
  get hasHeard(): boolean {
    return this.#heard === this.#draining || this.queue.isAwaited || this.#answer !== undefined
  }

  /** Nothing outward is in flight, and no end of it is unheard. */
  get isDone(): boolean {
    return this.signal.aborted || (this.lane.isInward && !this.queue.hasOutcomes)
  }

  /** Mail, in order of arrival. */
  arrived(arrived: Arrived & { readonly row: { readonly seq: number; readonly bytes: number } }): void {
    const { event, row } = arrived
    if (event.type === 'message') this.#messages.set(event.message.id, row)
    this.queue.push(arrived)
  }

  hearSwitches(now: boolean): void {
    this.queue.push({ event: { type: 'control', control: { id: 'switched', type: 'switched', now } } })
  }

  next(idleMs?: number): Promise<ProcessEvent | undefined> {
    this.#heard = this.#draining
    if (this.#leaveFor !== undefined && this.isDone) this.drain(this.#leaveFor)
    if (this.#draining !== undefined) this.#ports.residents.stirred()
    return this.queue.next(idleMs !== undefined && this.#ports.residents.isCrowded ? 0 : idleMs)
  }

  decide(make: () => readonly FactBody[]): Promise<readonly FactBody[]> {
    if (this.#over !== undefined) return Promise.reject(this.#over)
    return Promise.resolve(make())
  }

  perform(effect: Effect, run: Run): void {
    this.#checkOpen()
    this.lane.perform(effect, run, this.#framesQueued, this.#framesDurable)
  }

  abort(key: EffectKey): void {
    this.lane.abort(key)
  }

  putBack(controls: readonly Control[]): void {
    const ids = new Set(controls.map(({ id }) => id))
    this.#handed = this.#handed.filter(({ id }) => !ids.has(id))
  }

  frame(facts: readonly Fact[], effects: FrameEffects): void {
    this.#checkOpen()
    const { hash, random, frameBytesMax, inlineMax } = this.#ports
    const { sent = [], waits = [], unwaits = [] } = effects
    for (const outgoing of sent) prepareOutgoing(outgoing, hash)
    const due = waits.map((wait) => prepareWait(wait, hash))
    const about = { pid: this.pid, epoch: this.epoch, n: this.#n, prevHash: this.#hash, facts }
    const sealed = facts.length === 0 ? undefined : sealFrame(about, { hash, random, inlineMax })
    const bytes =
      (sealed === undefined ? 0 : sealed.frame.body.length + sealed.frame.payloads.length) + JSON.stringify(sent).length
    if (bytes > frameBytesMax)
      throw new SkeinError(
        'VALUE_TOO_LARGE',
        `a frame of ${this.pid} has ${bytes} characters, more than the ${frameBytesMax} that this engine takes; ` +
          'return smaller values, or write them to files and return their names',
      )
    // From here on nothing may fail: the frame is part of the journal.
    for (const key of unwaits) this.timers.remove(key)
    for (const { wait, dueAt } of due) this.timers.add(wait.key, dueAt)
    const row: FrameRow = {
      ...(sealed === undefined ? {} : { sealed: sealed.frame }),
      ...(sealed === undefined || sealed.blobs.length === 0 ? {} : { blobs: sealed.blobs }),
      ...(facts.some((fact) => fact.type === 'snapshot') ? { isSegmentStart: true as const } : {}),
      sent,
      waits,
      unwaits,
      consumed: [...this.#consume(effects), ...this.#handed.map(({ seq }) => ({ seq }))],
    }
    this.consumed += row.consumed.length
    this.#handed = []
    if (sealed !== undefined) {
      this.#n += 1
      this.#hash = sealed.frame.hash
    }
    this.#framesQueued += 1
    this.#undurable.push(sealed === undefined ? undefined : { ...about, hash: sealed.frame.hash })
    this.#outbox.push(row, bytes)
  }

  commit(end: CommitEnd): Promise<boolean> {
    if (this.#over !== undefined) return Promise.reject(this.#over)
    if (end.type === 'wait' || end.type === 'yield')
      assert(this.lane.isIdle, `${this.pid} rests with effects in flight`)
    if (end.type === 'wait' && !this.queue.isEmpty) return Promise.resolve(false)
    this.#consumeHanded()
    const { summary, ...kind } = end
    return this.#end(kind, summary)
  }

  /** Its host ends it: what it has framed is kept, and what was handed out is heard again by whoever goes on. */
  endByHost(end: RestEnd): Promise<boolean> {
    this.lane.close(new SkeinError('ENGINE_CLOSED', OVER))
    if (end.type !== 'yield') this.#consumeHanded()
    return this.#end(end, undefined)
  }

  /** So many frames more (the beginning counts as one) are durable, and what they make visible is on its way. */
  durable(frames: number): void {
    this.#framesDurable += frames
    for (const frame of this.#undurable.splice(0, frames)) this.#ports.onChange(this.start, 'running', frame)
    this.lane.release(this.#framesDurable)
  }

  /** What came of something sent. */
  sent(key: EffectKey, result: DeliverResult): void {
    this.queue.push({ event: { type: 'sent', key, result } })
  }

  /** What the store says to its end. */
  rested(isOver: boolean): void {
    const answer = this.#answer
    this.#answer = undefined
    if (isOver) {
      this.close()
      if (this.#ends !== undefined) this.#ports.onChange(this.start, statusAfter(this.#ends))
    }
    answer?.resolve(isOver)
  }

  /** The host is going to leave: the kernel begins no write that could not be repeated. */
  prepareToLeave(): void {
    this.#draining = 'writes'
  }

  /** It gives way once nothing is in flight, and is activated again. */
  giveWay(why: SkeinError): void {
    this.#leaveFor ??= why
  }

  /** The host leaves: nothing more is decided; what is outward may end, and then `next` rejects. */
  leave(why: SkeinError): void {
    this.#draining = 'all'
    this.#leaveFor = why
    this.queue.onlyOutcomes()
    if (this.queue.isAwaited && this.isDone) this.drain(why)
  }

  /** `next` rejects, effects are aborted; frames and an end are still taken. */
  drain(why: SkeinError): void {
    this.#abort.abort(why)
    this.#still(why)
  }

  /** It was given up, or to somebody else: as `drain`, and every later call fails. */
  drop(why: SkeinError): void {
    this.#over ??= why
    this.#answer?.reject(why)
    this.#answer = undefined
    this.drain(why)
  }

  close(): void {
    this.#over ??= new SkeinError('ENGINE_CLOSED', OVER)
    this.#still(this.#over)
  }

  #end(end: RestEnd, summary: CommitEnd['summary'] | undefined): Promise<boolean> {
    const { clock } = this.#ports
    const at = clock.now()
    const { earliest } = this.timers
    this.#ends = end
    return new Promise((resolve, reject) => {
      this.#answer = { resolve, reject }
      this.#outbox.end({
        end,
        ...(summary === undefined ? {} : { summary }),
        at,
        heardSeq: this.mail.heardSeq,
        firstSeq: this.mail.firstSeq,
        ...(earliest === undefined ? {} : { wakeInMs: Math.max(0, earliest - at) }),
      })
    })
  }

  /** Controls that were handed out and heard, though no frame came of them. */
  #consumeHanded(): void {
    if (this.#handed.length === 0) return
    const consumed = this.#handed.map(({ seq }) => ({ seq }))
    this.consumed += consumed.length
    this.#handed = []
    this.#framesQueued += 1
    this.#undurable.push(undefined)
    this.#outbox.push({ sent: [], waits: [], unwaits: [], consumed }, 0)
  }

  #still(why: SkeinError): void {
    this.timers.close()
    this.lane.close(why)
    this.queue.close(why)
  }

  #consume({ consumed = [], dead = [] }: FrameEffects): readonly Consumed[] {
    const why = new Map(dead.map((message) => [message.id, message.why]))
    return [...new Set([...consumed, ...why.keys()])].flatMap((id) => {
      const row = this.#messages.get(id)
      const deadFor = why.get(id)
      this.#messages.delete(id)
      return row === undefined ? [] : [deadFor === undefined ? row : { ...row, deadFor }]
    })
  }

  #onTake({ event, row }: Arrived): void {
    if (event.type === 'control' && row !== undefined) this.#handed.push({ id: event.control.id, seq: row.seq })
  }

  #checkOpen(): void {
    if (this.#over !== undefined) throw this.#over
  }
}
