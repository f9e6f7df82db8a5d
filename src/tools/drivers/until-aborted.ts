/** A body that ignores its signal must not hold its driver for ever. */
import type { Clock } from '../../std/index.ts'
import { ABORT_GRACE_MS } from '../limits.ts'

/**
 * What `body` settles with. After an abort it has a moment to end by itself, so that what it did do is
 * known; then its promise is left behind and the abort's reason is thrown.
 */
export function untilAborted<Value>(clock: Clock, signal: AbortSignal, body: () => Promise<Value>): Promise<Value> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted()
    let grace: Disposable | undefined
    const onAbort = (): void => {
      // The reason is the aborter's own, of whatever type.
      grace = clock.timer(ABORT_GRACE_MS, () => reject(signal.reason as Error))
    }
    const isOver = (): void => {
      signal.removeEventListener('abort', onAbort)
      grace?.[Symbol.dispose]()
    }
    signal.addEventListener('abort', onAbort, { once: true })
    body().then(
      (value) => {
        isOver()
        resolve(value)
      },
      (thrown: unknown) => {
        isOver()
        reject(thrown)
      },
    )
  })
}
