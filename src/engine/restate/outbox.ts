/**
 * What an activation has said and its handler has not yet made durable.
 *
 * Invariants:
 * 1. One batch is out at a time; until it is acknowledged it is given again to whoever asks: a handler's next attempt.
 * 2. What is pushed in one turn of the event loop goes with one batch: each batch is a round through the server's log.
 * 3. What is pushed meanwhile goes with the next batch, in order; the end of an activation goes behind all its frames.
 */
import type { Clock } from '../../std/index.ts'
import type { Soon } from '../platform/soon.ts'
import { BATCH_BYTES_MAX, BATCH_FRAMES_MAX, HEARTBEAT_MS } from './limits.ts'
import type { Batch, FrameRow } from './wire.ts'

type Waiting = { readonly row: FrameRow; readonly bytes: number }

/** The outbox of one activation. */
export class Outbox {
  readonly #clock: Clock
  readonly #soon: Soon
  readonly #waiting: Waiting[] = []
  #rest: Batch['rest']
  #out: Batch | undefined
  #taker: (() => void) | undefined

  /** `began` is the first batch. */
  constructor({ clock, soon }: { readonly clock: Clock; readonly soon: Soon }, began: Batch['began']) {
    this.#clock = clock
    this.#soon = soon
    this.#out = { ...(began === undefined ? {} : { began }), at: clock.now(), frames: [] }
  }

  push(row: FrameRow, bytes: number): void {
    this.#waiting.push({ row, bytes })
    this.#stir()
  }

  /** The end, or the question whether it may be one. */
  end(rest: NonNullable<Batch['rest']>): void {
    this.#rest = rest
    this.#stir()
  }

  #stir(): void {
    const taker = this.#taker
    if (taker !== undefined)
      this.#soon(() => {
        if (this.#taker === taker) taker()
      })
  }

  /** What is to be made durable next; waits for it, but not longer than a heartbeat. */
  next(): Promise<Batch> {
    if (this.#out !== undefined) return Promise.resolve(this.#out)
    if (this.#waiting.length > 0 || this.#rest !== undefined) return Promise.resolve(this.#take())
    return new Promise((resolve) => {
      const take = (): void => {
        heartbeat[Symbol.dispose]()
        resolve(this.#take())
      }
      // A handler that was cut off may wait here too: what it would take is for its next attempt.
      this.#taker = take
      const heartbeat = this.#clock.timer(HEARTBEAT_MS, () => {
        if (this.#taker === take) take()
      })
    })
  }

  /** The batch that is out is durable. */
  acknowledge(): void {
    this.#out = undefined
  }

  #take(): Batch {
    // Whoever waits besides is of an attempt that was cut off: what comes later is not for it.
    this.#taker = undefined
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
    this.#out = { at: this.#clock.now(), frames, ...(rest === undefined ? {} : { rest }) }
    return this.#out
  }
}
