/**
 * The event loop of a simulation: one queue of tasks, timers in virtual time.
 *
 * Invariants:
 * 1. One task at a time; between two tasks every microtask has run.
 * 2. Time moves only when no task is ready, to the next timer, and never back.
 * 3. Whether a task or a due timer comes first, and which of two timers due at once, is drawn from the seed: equal seeds, equal order.
 * 4. Tasks of one queue keep their order, as `setImmediate` keeps it.
 */
import { nodeSoon } from '../../engine/index.ts'
import { SIM_TASKS_MAX, SIM_TIME_MS_MAX } from '../limits.ts'
import type { SimRandom } from './sim-random.ts'

type Task = { readonly run: () => void; readonly follower: (() => void) | undefined }
type Timer = { readonly dueMs: number; readonly tie: number; readonly fire: () => void }

/** Virtual time and what happens in it. */
export interface SimLoop {
  /** Virtual milliseconds since the beginning. */
  readonly nowMs: number
  /** Runs `task` after those that are ready already, and `follower` as the very next one. */
  ready(task: () => void, follower?: () => void): void
  timer(delayMs: number, fire: () => void): Disposable
  sleep(delayMs: number): Promise<void>
  /** Runs until `scenario` has ended. Rejects when nothing is left to happen before that. */
  run<T>(scenario: () => Promise<T>): Promise<T>
}

/** A loop with its own time; all its choices are drawn from `random`. */
export function simLoop(random: SimRandom, timeMsMax = SIM_TIME_MS_MAX): SimLoop {
  return new Loop(random, timeMsMax)
}

class Loop implements SimLoop {
  nowMs = 0
  readonly #random: SimRandom
  readonly #timeMsMax: number
  readonly #tasks: Task[] = []
  #follower: (() => void) | undefined
  /** Latest first, so that the next one is popped. */
  readonly #timers: Timer[] = []

  constructor(random: SimRandom, timeMsMax: number) {
    this.#random = random
    this.#timeMsMax = timeMsMax
  }

  ready(task: () => void, follower?: () => void): void {
    this.#tasks.push({ run: task, follower })
  }

  timer(delayMs: number, fire: () => void): Disposable {
    const timer: Timer = { dueMs: this.nowMs + Math.max(0, Math.ceil(delayMs)), tie: this.#random.next(), fire }
    this.#timers.splice(this.#placeOf(timer), 0, timer)
    return {
      [Symbol.dispose]: () => {
        const at = this.#timers.indexOf(timer)
        if (at >= 0) this.#timers.splice(at, 1)
      },
    }
  }

  sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => this.timer(delayMs, resolve))
  }

  async run<T>(scenario: () => Promise<T>): Promise<T> {
    let over = false
    const result = scenario().finally(() => (over = true))
    result.catch(() => undefined)
    for (let steps = 0; ; steps++) {
      await drained()
      if (over) return result
      if (steps > SIM_TASKS_MAX)
        throw new Error(`the simulation goes round in circles: ${steps} tasks by ${this.nowMs} ms`)
      const task = this.#next()
      if (task === undefined)
        throw new Error(
          `the simulation stands still at ${this.nowMs} ms: nothing is ready, no timer is set, and the scenario has not ended`,
        )
      task()
    }
  }

  #next(): (() => void) | undefined {
    if (this.#follower !== undefined) return this.#take(undefined, this.#follower)
    const timer = this.#timers.at(-1)
    const isDue = timer !== undefined && timer.dueMs <= this.nowMs
    if (this.#tasks.length > 0 && !(isDue && this.#random.chance(0.5))) {
      const { run, follower } = this.#tasks.shift() as Task
      return this.#take(follower, run)
    }
    if (timer === undefined) return undefined
    if (timer.dueMs > this.#timeMsMax)
      throw new Error(`the simulation has come to ${timer.dueMs} ms and the scenario has not ended`)
    this.#timers.pop()
    this.nowMs = Math.max(this.nowMs, timer.dueMs)
    return timer.fire
  }

  #take(follower: (() => void) | undefined, run: () => void): () => void {
    this.#follower = follower
    return run
  }

  #placeOf({ dueMs, tie }: Timer): number {
    let low = 0
    let high = this.#timers.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const other = this.#timers[middle] as Timer
      if (other.dueMs > dueMs || (other.dueMs === dueMs && other.tie > tie)) low = middle + 1
      else high = middle
    }
    return low
  }
}

/** Resolves when the microtask queue is empty: the real macrotask queue is used for nothing else. */
function drained(): Promise<void> {
  return new Promise((resolve) => nodeSoon(resolve))
}
