/**
 * One life of a simulated host: the clock and the task queues that its kernel and engine are given.
 *
 * Invariants:
 * 1. After `end` nothing that was queued through it runs: what a process had in memory is gone, as after `kill -9`.
 * 2. Between a `deliver` and its `drained` lie microtasks only (rule D1).
 */
import type { Soon } from '../../engine/index.ts'
import type { Macrotask } from '../../kernel/index.ts'
import type { Clock } from '../../std/index.ts'
import { SIM_EPOCH_MS } from '../limits.ts'
import type { SimLoop } from './sim-loop.ts'

/** What a host of this life sees of time and tasks. */
export interface HostLife {
  /** 1 for the first. */
  readonly n: number
  readonly clock: SimClock
  readonly soon: Soon
  readonly macrotask: Macrotask
  readonly isOver: boolean
  /** Throws away everything queued; calls `onEnd` of whoever was in flight. */
  end(): void
  onEnd(run: () => void): Disposable
}

/** A `Clock` over virtual time. */
export interface SimClock extends Clock {
  sleep(delayMs: number): Promise<void>
}

/** A clock whose wall time is `skewMs` off; its timers end with `isOver`. */
export function simClock(loop: SimLoop, skewMs = 0, isOver: () => boolean = () => false): SimClock {
  const bornMs = loop.nowMs
  return {
    now: () => SIM_EPOCH_MS + loop.nowMs + skewMs,
    monotonicMs: () => loop.nowMs - bornMs,
    timer: (delayMs, fire) => loop.timer(delayMs, () => (isOver() ? undefined : fire())),
    sleep: (delayMs) => loop.sleep(delayMs),
  }
}

/** A new life over `loop`. */
export function hostLife(loop: SimLoop, n: number, skewMs = 0): HostLife {
  let isOver = false
  const listeners = new Set<() => void>()
  const whileAlive = (run: () => void) => (): void => (isOver ? undefined : run())
  return {
    n,
    get isOver() {
      return isOver
    },
    clock: simClock(loop, skewMs, () => isOver),
    soon: (run) => loop.ready(whileAlive(run)),
    macrotask: pairs((first, then) => loop.ready(whileAlive(first), whileAlive(then))),
    end() {
      isOver = true
      for (const run of listeners) run()
      listeners.clear()
    },
    onEnd(run) {
      listeners.add(run)
      return { [Symbol.dispose]: () => void listeners.delete(run) }
    },
  }
}

/** All deliveries that wait share one task; their `drained` is the very next one. */
function pairs(task: (first: () => void, then: () => void) => void): Macrotask {
  let waiting: { readonly deliver: () => void; readonly drained: () => void }[] = []
  const queue = (): void => {
    let running: typeof waiting = []
    task(
      () => {
        running = waiting
        waiting = []
        for (const pair of running) pair.deliver()
      },
      () => {
        for (const pair of running) pair.drained()
      },
    )
  }
  return (deliver, drained) => {
    waiting.push({ deliver, drained })
    if (waiting.length === 1) queue()
  }
}
