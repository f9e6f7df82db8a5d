/**
 * Macrotasks for ordered delivery (rule D1), shared by many processes.
 *
 * Invariants:
 * 1. Between a `deliver` and its `drained` lie microtasks only: the two immediates of a pair are queued in one call,
 *    so nothing can come between them.
 * 2. What is asked while a pair runs goes into a later pair.
 * 3. A pair serves at most `MACROTASK_DELIVERIES_MAX` processes, so the event loop looks at I/O in between.
 */
import type { Macrotask } from '../../kernel/index.ts'
import { MACROTASK_DELIVERIES_MAX } from '../limits.ts'

type Pair = { readonly deliver: () => void; readonly drained: () => void }

/** A queue of its own per host. */
export function nodeMacrotask(): Macrotask {
  let waiting: Pair[] = []
  let queued = false
  const queue = (): void => {
    queued = true
    let running: Pair[] = []
    setImmediate(() => {
      running = waiting.length > MACROTASK_DELIVERIES_MAX ? waiting.splice(0, MACROTASK_DELIVERIES_MAX) : waiting
      if (running === waiting) waiting = []
      for (const pair of running) pair.deliver()
    })
    setImmediate(() => {
      queued = false
      if (waiting.length > 0) queue()
      for (const pair of running) pair.drained()
    })
  }
  return (deliver, drained) => {
    waiting.push({ deliver, drained })
    if (!queued) queue()
  }
}
