import type { Clock } from '../../std/index.ts'

/** `setTimeout` fires at once beyond this; longer delays are made of several. */
const TIMER_MS_MAX = 2 ** 31 - 2

// As they are when this is loaded: the tripwire stands before them later, for bodies only.
const monotonicMs = performance.now.bind(performance)
const { setTimeout, clearTimeout } = globalThis

/** One timer; several of Node's, one after the other, where it is long. */
class NodeTimer implements Disposable {
  readonly #fire: () => void
  #leftMs: number
  #handle: NodeJS.Timeout

  constructor(delayMs: number, fire: () => void) {
    this.#fire = fire
    this.#leftMs = delayMs
    this.#handle = this.#arm()
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#handle)
  }

  #arm(): NodeJS.Timeout {
    const partMs = Math.min(Math.max(this.#leftMs, 0), TIMER_MS_MAX)
    this.#leftMs -= partMs
    // One more millisecond: Node may fire up to one early, and the port promises "not before".
    return setTimeout(() => this.#onTimeout(), Math.ceil(partMs) + (partMs > 0 ? 1 : 0))
  }

  #onTimeout(): void {
    if (this.#leftMs > 0) this.#handle = this.#arm()
    else this.#fire()
  }
}

/** The machine's clock. */
export const nodeClock: Clock = {
  now: () => Date.now(),
  monotonicMs,
  timer: (delayMs, fire) => new NodeTimer(delayMs, fire),
}
