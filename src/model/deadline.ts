/**
 * The end of a call that does not end by itself. Who makes the call keeps the time and aborts its signal when it is up;
 * here is heard, once per exchange, that it has.
 *
 * Invariants:
 * 1. Whatever is waited for through it rejects at once when the signal aborts, whether or not the far side listens; with a
 *    `SkeinError`: the reason of who aborted, or `Cancelled`.
 * 2. One thing at a time is waited for: whoever waits is the one who hears.
 */
import { assert, Cancelled, SkeinError } from '../std/index.ts'
import type { Clock } from '../std/index.ts'

/** The deadline of one call. */
export class Deadline {
  readonly signal: AbortSignal
  readonly #clock: Clock
  readonly #atMs: number
  readonly #name: string
  /** Whoever waits now. */
  #giveUp: (() => void) | undefined
  #isHeard = false

  constructor(about: {
    readonly clock: Clock
    readonly timeoutMs: number
    readonly signal: AbortSignal
    readonly name: string
  }) {
    this.signal = about.signal
    this.#clock = about.clock
    this.#atMs = about.clock.monotonicMs() + about.timeoutMs
    this.#name = about.name
  }

  /** Milliseconds until the time is up. */
  leftMs(): number {
    return this.#atMs - this.#clock.monotonicMs()
  }

  /** The value of `work`, or the reason of the abort, whichever comes first; `onAbort` is told of an abort first. */
  race<T>(work: Promise<T>, onAbort?: () => void): Promise<T> {
    const { signal } = this
    return new Promise((resolve, reject) => {
      const giveUp = (): void => {
        onAbort?.()
        reject(this.#reason())
      }
      if (signal.aborted) return giveUp()
      assert(this.#giveUp === undefined, 'one thing at a time is waited for in a model call')
      this.#giveUp = giveUp
      this.#hear()
      work.then(
        (value) => {
          this.#giveUp = undefined
          resolve(value)
        },
        (thrown: unknown) => {
          this.#giveUp = undefined
          reject(thrown)
        },
      )
    })
  }

  /** Once, and for good: the signal is that of one call, and goes with it. */
  #hear(): void {
    if (this.#isHeard) return
    this.#isHeard = true
    this.signal.addEventListener('abort', () => this.#giveUp?.(), { once: true })
  }

  /** Waits; rejects when the signal aborts before. */
  async pause(delayMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    using _timer = this.#clock.timer(delayMs, resolve)
    await this.race(promise)
  }

  #reason(): SkeinError {
    const reason: unknown = this.signal.reason
    return SkeinError.isInstance(reason) ? reason : new Cancelled(`the call of ${this.#name} was cancelled`)
  }
}
