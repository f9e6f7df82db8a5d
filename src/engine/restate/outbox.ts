/**
 * What an activation has said and its handler has not yet made durable.
 *
 * Invariants:
 * 1. One batch is out at a time; until it is acknowledged it is given to all who ask: of the attempts of a handler, any may be
 *    the one whom the server hears.
 * 2. What is pushed in one turn of the event loop goes with one batch: each batch is a round through the server's log.
 * 3. What is pushed meanwhile goes with the next batch, in order; the end of an activation goes behind all its frames.
 * 4. The beginning is in the first batch: alone, unless its activation runs ahead of it. Then what that has said goes with it
 *    as soon as anything waits for it to be durable or it fills a batch, and after a moment in any case.
 */
import type { Clock, SkeinError } from '../../std/index.ts'
import type { Soon } from '../platform/soon.ts'
import { AHEAD_MS_MAX, BATCH_BYTES_MAX, BATCH_FRAMES_MAX, HEARTBEAT_MS } from './limits.ts'
import type { LoopTurns } from './loop-turns.ts'
import type { Batch, FrameRow } from './wire.ts'

type Waiting = { readonly row: FrameRow; readonly bytes: number }

/** What all who wait for the next batch wait for. */
type Asked = {
  readonly batch: PromiseWithResolvers<Batch>
  /** How long they wait. */
  limits: readonly Disposable[]
}

/** Of an activation that runs ahead of its beginning. */
export type Ahead = {
  /** It has nothing to compute until something that it said is durable, or something happens. */
  readonly isWaiting: () => boolean
  /** How long more may go with its beginning otherwise. */
  readonly turns: LoopTurns
}

/** The outbox of one activation. */
export class Outbox {
  readonly #clock: Clock
  readonly #soon: Soon
  readonly #waiting: Waiting[] = []
  /** Text of all that was pushed. */
  #bytes = 0
  /** It has sent something, or there is a whole batch: of no weight once it does not run ahead any more. */
  #isUrgent = false
  #rest: Batch['rest']
  #ahead: (Ahead & { readonly began: NonNullable<Batch['began']> }) | undefined
  #out: Batch | undefined
  #asked: Asked | undefined
  #over: SkeinError | undefined

  /** `began` is the first batch, or, of an activation that runs ahead, in the first batch. */
  constructor(
    { clock, soon }: { readonly clock: Clock; readonly soon: Soon },
    began: NonNullable<Batch['began']>,
    ahead?: Ahead,
  ) {
    this.#clock = clock
    this.#soon = soon
    if (ahead !== undefined) this.#ahead = { ...ahead, began }
    else this.#out = { began, at: clock.now(), frames: [] }
  }

  push(row: FrameRow, bytes: number): void {
    this.#waiting.push({ row, bytes })
    this.#bytes += bytes
    this.#isUrgent ||= row.sent.length > 0 || this.#waiting.length >= BATCH_FRAMES_MAX || this.#bytes >= BATCH_BYTES_MAX
    this.#stir()
  }

  /** The end, or the question whether it may be one. */
  end(rest: NonNullable<Batch['rest']>): void {
    this.#rest = rest
    this.#stir()
  }

  #stir(): void {
    const asked = this.#asked
    if (asked !== undefined && this.#isDue)
      this.#soon(() => {
        if (this.#asked === asked && this.#isDue) this.#give(asked)
      })
  }

  /** What is to be made durable next; waits for it, but not longer than a heartbeat. Rejects when it is given up. */
  next(): Promise<Batch> {
    if (this.#over !== undefined) return Promise.reject(this.#over)
    if (this.#out !== undefined) return Promise.resolve(this.#out)
    if (this.#asked !== undefined) return this.#asked.batch.promise
    const hasMore = this.#waiting.length > 0 || this.#rest !== undefined
    if (hasMore && this.#ahead === undefined) return Promise.resolve(this.#take())
    const asked: Asked = { batch: Promise.withResolvers<Batch>(), limits: [] }
    this.#asked = asked
    const late = (): void => this.#give(asked)
    const ahead = this.#ahead
    asked.limits =
      ahead === undefined
        ? [this.#clock.timer(HEARTBEAT_MS, late)]
        : [ahead.turns.wait(late), this.#clock.timer(AHEAD_MS_MAX, late)]
    this.#stir()
    return asked.batch.promise
  }

  #give(asked: Asked): void {
    this.#forget(asked)
    asked.batch.resolve(this.#take())
  }

  #forget({ limits }: Asked): void {
    for (const limit of limits) limit[Symbol.dispose]()
    this.#asked = undefined
  }

  /** Nobody goes on with what it says. */
  close(why: SkeinError): void {
    this.#over ??= why
    const asked = this.#asked
    if (asked === undefined) return
    this.#forget(asked)
    asked.batch.reject(why)
  }

  /** The activation has come to where it may wait for what it has said to be durable. */
  stirred(): void {
    if (this.#ahead !== undefined) this.#stir()
  }

  /** What is there goes now; of an activation that runs ahead, more may go with it as long as nobody waits. */
  get #isDue(): boolean {
    if (this.#rest !== undefined) return true
    return this.#ahead === undefined ? this.#waiting.length > 0 : this.#isUrgent || this.#ahead.isWaiting()
  }

  /** The batch that is out is durable. */
  acknowledge(): void {
    this.#out = undefined
  }

  #take(): Batch {
    let bytes = 0
    const frames: FrameRow[] = []
    while (this.#waiting.length > 0 && frames.length < BATCH_FRAMES_MAX && bytes < BATCH_BYTES_MAX) {
      const next = this.#waiting.shift()!
      frames.push(next.row)
      bytes += next.bytes
    }
    const isLast = this.#waiting.length === 0 && this.#rest !== undefined
    const rest = isLast ? this.#rest : undefined
    if (isLast) this.#rest = undefined
    const began = this.#ahead?.began
    this.#ahead = undefined
    this.#out = {
      ...(began === undefined ? {} : { began }),
      at: this.#clock.now(),
      frames,
      ...(rest === undefined ? {} : { rest }),
    }
    return this.#out
  }
}
