/**
 * The end of a call that does not end by itself: its caller's signal, or its time-out.
 *
 * Invariants:
 * 1. `signal` aborts once, with a `SkeinError` as reason: `EFFECT_TIMEOUT`, the caller's own, or `Cancelled`.
 * 2. Whatever is waited for through it rejects at once when it aborts, whether or not the far side listens.
 */
import { Cancelled, SkeinError } from '../std/index.ts'
import type { Clock } from '../std/index.ts'

/** The deadline of one call; dispose it when the call is over. */
export class Deadline implements Disposable {
  readonly #clock: Clock
  readonly #atMs: number
  readonly #abort = new AbortController()
  readonly #timer: Disposable
  readonly #parent: AbortSignal
  readonly #onParentAbort: () => void

  constructor(about: {
    readonly clock: Clock
    readonly timeoutMs: number
    readonly parent: AbortSignal
    readonly name: string
  }) {
    const { clock, timeoutMs, parent, name } = about
    this.#clock = clock
    this.#atMs = clock.monotonicMs() + timeoutMs
    const mend = 'it may have been billed. Raise the timeout, or look why it hangs'
    const late = `${name} did not answer within ${timeoutMs} ms; ${mend}`
    this.#timer = clock.timer(timeoutMs, () => this.#abort.abort(new SkeinError('EFFECT_TIMEOUT', late)))
    this.#parent = parent
    this.#onParentAbort = () => {
      const { reason } = parent
      this.#abort.abort(SkeinError.isInstance(reason) ? reason : new Cancelled(`the call of ${name} was cancelled`))
    }
    if (parent.aborted) this.#onParentAbort()
    else parent.addEventListener('abort', this.#onParentAbort, { once: true })
  }

  get signal(): AbortSignal {
    return this.#abort.signal
  }

  /** Milliseconds until the time-out. */
  leftMs(): number {
    return this.#atMs - this.#clock.monotonicMs()
  }

  /** The value of `work`, or the reason of the abort, whichever comes first. */
  race<T>(work: PromiseLike<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => reject(this.signal.reason as Error)
      if (this.signal.aborted) onAbort()
      else this.signal.addEventListener('abort', onAbort, { once: true })
      Promise.resolve(work)
        .then(resolve, reject)
        .finally(() => this.signal.removeEventListener('abort', onAbort))
    })
  }

  /** Waits; rejects when the deadline comes first. */
  async pause(delayMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    using _timer = this.#clock.timer(delayMs, resolve)
    await this.race(promise)
  }

  [Symbol.dispose](): void {
    this.#timer[Symbol.dispose]()
    this.#parent.removeEventListener('abort', this.#onParentAbort)
  }
}
