import type { Clock } from '../../std/index.ts'

/** `setTimeout` fires at once beyond this; longer delays are made of several. */
const TIMER_MS_MAX = 2 ** 31 - 2

/** The machine's clock. */
export const nodeClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  timer(delayMs, fire) {
    let handle: NodeJS.Timeout
    const arm = (leftMs: number): void => {
      const partMs = Math.min(Math.max(leftMs, 0), TIMER_MS_MAX)
      // One more millisecond: Node may fire up to one early, and the port promises "not before".
      handle = setTimeout(
        () => (leftMs > partMs ? arm(leftMs - partMs) : fire()),
        Math.ceil(partMs) + (partMs > 0 ? 1 : 0),
      )
    }
    arm(delayMs)
    return { [Symbol.dispose]: () => clearTimeout(handle) }
  },
}
