/**
 * An activation in a worker, as the handler that is open for it sees it.
 *
 * Invariant: everything that its handler tells it is told by number, so that the handler's next attempt may tell it again.
 */
import { errorData, limits } from '../../std/index.ts'
import type { Event as ProcessEvent } from '../../kernel/index.ts'
import type { Clock, Epoch, SkeinError } from '../../std/index.ts'
import type { JournalBlobs } from '../blobs/journal-blobs.ts'
import type { Effect, Run } from '../embedded/effect-lane.ts'
import { PayloadsFirst } from '../blobs/payloads-first.ts'
import { ownerId, RemoteActivation } from '../remote-activation.ts'
import type { Beginning as RemoteBeginning, WorkerPorts } from '../remote-activation.ts'
import type { Soon } from '../platform/soon.ts'
import { RESTATE_FRAME_BYTES_MAX } from './limits.ts'
import type { LoopTurns } from './loop-turns.ts'
import { Outbox } from './outbox.ts'
import type { Batch, Head, MailPage } from './wire.ts'

/** What an activation begins with. */
export type Beginning = RemoteBeginning & {
  readonly head: Head
  readonly mail: MailPage
  /** It runs before its beginning is durable. */
  readonly isAhead: boolean
  /** Why its facts could not be read, and will not be: it is parked, and nothing of it runs. */
  readonly unread?: SkeinError
}

/** The activation of one process by a handler that is open for it. */
export class RestateActivation extends RemoteActivation {
  readonly #outbox: Outbox
  readonly #clock: Clock
  readonly begun: Promise<void> | undefined
  readonly #tellBegun: () => void

  constructor(
    ports: Omit<WorkerPorts, 'frameBytesMax' | 'inlineMax'> & {
      readonly soon: Soon
      readonly turns: LoopTurns
      readonly blobs: JournalBlobs
    },
    beginning: Beginning,
    epoch: Epoch,
  ) {
    const { blobs, clock } = ports
    const owner = ownerId(epoch, ports.random)
    const inlineMax = blobs.isOutside ? limits.PAYLOAD_INLINE_BYTES_MAX : Number.POSITIVE_INFINITY
    const about: { activation?: RestateActivation } = {}
    const outbox = new Outbox(
      ports,
      { owner, epoch },
      beginning.isAhead ? { isWaiting: () => about.activation?.isWaiting === true, turns: ports.turns } : undefined,
    )
    const payloads = new PayloadsFirst({
      ...{ pid: beginning.start.pid, blobs, clock, outbox },
      isOver: () => about.activation?.isOver ?? false,
      refused: (why) => about.activation?.refused(why),
    })
    super({ ...ports, frameBytesMax: RESTATE_FRAME_BYTES_MAX, inlineMax }, beginning, {
      epoch,
      owner,
      outbox: payloads,
    })
    about.activation = this
    this.#outbox = outbox
    this.#clock = clock
    const { promise, resolve } = Promise.withResolvers<void>()
    this.begun = beginning.isAhead ? promise : undefined
    this.#tellBegun = resolve
  }

  /** Nothing more of it is framed: it is parked as it stood before, whatever its kernel says. */
  refused(why: SkeinError): void {
    const { heardSeq, firstSeq } = this.mail
    this.#outbox.end({ end: { type: 'parked', error: errorData(why) }, at: this.#clock.now(), heardSeq, firstSeq })
    this.drain(why)
  }

  /** For something to be durable, or for something to happen: there is nothing to compute. */
  get isWaiting(): boolean {
    return this.lane.isHeld || this.queue.isAwaited
  }

  override next(idleMs?: number): Promise<ProcessEvent | undefined> {
    const event = super.next(idleMs)
    if (this.queue.isAwaited) this.#outbox.stirred()
    return event
  }

  override perform(effect: Effect, run: Run): void {
    super.perform(effect, run)
    if (this.lane.isHeld) this.#outbox.stirred()
  }

  /** The next batch for its handler. */
  nextBatch(): Promise<Batch> {
    return this.#outbox.next()
  }

  override drop(why: SkeinError): void {
    super.drop(why)
    this.#outbox.close(why)
  }

  /** A batch with so many frames (the beginning: one) is durable. */
  override durable(frames: number): void {
    this.#outbox.acknowledge()
    super.durable(frames)
    this.#tellBegun()
  }
}
