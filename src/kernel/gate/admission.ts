/**
 * Admission: how many calls of a driver, and of one tool, run at once in this host (gate stage "schedule").
 *
 * Invariants:
 * 1. `taken` of a lane never exceeds its limit.
 * 2. Waiters get slots in order of arrival; an aborted waiter holds none, and a wake-up it cannot use goes to the next.
 * 3. A slot is given back exactly once, whoever disposes it.
 */
type Waiter = { readonly grant: () => void }
type Lane = { taken: number; readonly waiting: Waiter[] }

/** A place to run in, with its limit. */
export type LaneLimit = { readonly lane: string; readonly limit: number }

/** One slot in each of some lanes. */
class Slot implements Disposable {
  readonly #lanes: readonly Lane[]
  #isHeld = true

  constructor(lanes: readonly Lane[]) {
    this.#lanes = lanes
    for (const lane of lanes) lane.taken += 1
  }

  [Symbol.dispose](): void {
    if (!this.#isHeld) return
    this.#isHeld = false
    for (const lane of this.#lanes) {
      lane.taken -= 1
      lane.waiting.shift()?.grant()
    }
  }
}

/** The slots of one host. */
export class Admission {
  readonly #lanes = new Map<string, Lane>()

  /** Slots in all the lanes at once, or undefined when one is full or others wait for it. */
  tryEnter(limits: readonly LaneLimit[]): Disposable | undefined {
    for (const { lane, limit } of limits) if (this.#lane(lane).taken >= limit) return undefined
    return new Slot(limits.map(({ lane }) => this.#lane(lane)))
  }

  /** Resolves with slots in all the lanes. Rejects with the signal's reason. */
  async enter(limits: readonly LaneLimit[], signal: AbortSignal): Promise<Disposable> {
    let woken: LaneLimit | undefined
    for (;;) {
      const slot = signal.aborted ? undefined : this.tryEnter(limits)
      if (slot !== undefined) return slot
      // The call that woke us is another's now: we are gone, or wait elsewhere.
      if (woken !== undefined && this.#lane(woken.lane).taken < woken.limit)
        this.#lane(woken.lane).waiting.shift()?.grant()
      signal.throwIfAborted()
      const full = limits.find((limit) => this.#lane(limit.lane).taken >= limit.limit)
      woken = full
      if (full !== undefined) await this.#turnIn(full.lane, signal).catch(() => undefined)
    }
  }

  #turnIn(name: string, signal: AbortSignal): Promise<void> {
    const lane = this.#lane(name)
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        lane.waiting.splice(lane.waiting.indexOf(waiter), 1)
        reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'))
      }
      const waiter: Waiter = {
        grant: () => {
          signal.removeEventListener('abort', onAbort)
          resolve()
        },
      }
      lane.waiting.push(waiter)
      signal.addEventListener('abort', onAbort, { once: true })
    })
  }

  #lane(name: string): Lane {
    let lane = this.#lanes.get(name)
    if (lane === undefined) this.#lanes.set(name, (lane = { taken: 0, waiting: [] }))
    return lane
  }
}
