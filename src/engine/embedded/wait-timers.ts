import type { Clock, EffectKey } from '../../std/index.ts'

/** The open waits of a resident process, and a timer for each that is due some time. Each fires once. */
export class WaitTimers {
  readonly #clock: Clock
  readonly #onDue: (key: EffectKey) => void
  readonly #due = new Map<EffectKey, number>()
  readonly #timers = new Map<EffectKey, Disposable>()
  #isClosed = false

  constructor(clock: Clock, onDue: (key: EffectKey) => void) {
    this.#clock = clock
    this.#onDue = onDue
  }

  /** When the process must be woken if it rests; undefined for never. */
  get earliest(): number | undefined {
    let earliest: number | undefined
    for (const dueAt of this.#due.values()) if (earliest === undefined || dueAt < earliest) earliest = dueAt
    return earliest
  }

  add(key: EffectKey, dueAt: number | undefined): void {
    this.remove(key)
    if (dueAt === undefined || this.#isClosed) return
    this.#due.set(key, dueAt)
    this.#arm(key, dueAt)
  }

  remove(key: EffectKey): void {
    this.#due.delete(key)
    this.#timers.get(key)?.[Symbol.dispose]()
    this.#timers.delete(key)
  }

  close(): void {
    this.#isClosed = true
    for (const timer of this.#timers.values()) timer[Symbol.dispose]()
    this.#timers.clear()
  }

  #arm(key: EffectKey, dueAt: number): void {
    const fire = (): void => {
      this.#timers.delete(key)
      // The clock may have jumped back.
      if (this.#clock.now() < dueAt) this.#arm(key, dueAt)
      else this.#onDue(key)
    }
    this.#timers.set(key, this.#clock.timer(Math.max(0, dueAt - this.#clock.now()), fire))
  }
}
