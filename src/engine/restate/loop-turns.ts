/**
 * Turns of the event loop, counted while somebody waits for some of them to pass: with a thousand processes at once a turn
 * takes long, and how much time has passed says little about who has had their turn.
 *
 * Invariants:
 * 1. It keeps the loop turning only while somebody waits.
 */
import type { Soon } from '../platform/soon.ts'

type Waiting = { readonly at: number; readonly run: () => void }

/** The turns of one worker. */
export class LoopTurns {
  readonly #soon: Soon
  readonly #turns: number
  readonly #waiting = new Set<Waiting>()
  #turn = 0
  #isCounting = false

  /** Whoever waits does so for this many `turns`. */
  constructor(soon: Soon, turns: number) {
    this.#soon = soon
    this.#turns = turns
  }

  /** Runs when the turns have passed, unless it is disposed of before. */
  wait(run: () => void): Disposable {
    const waiting = { at: this.#turn + this.#turns, run }
    this.#waiting.add(waiting)
    if (!this.#isCounting) this.#count()
    return { [Symbol.dispose]: () => void this.#waiting.delete(waiting) }
  }

  #count(): void {
    this.#isCounting = this.#waiting.size > 0
    if (this.#isCounting) this.#soon(() => this.#pass())
  }

  #pass(): void {
    this.#turn += 1
    // Who came first stands first.
    for (const waiting of this.#waiting) {
      if (waiting.at > this.#turn) break
      this.#waiting.delete(waiting)
      waiting.run()
    }
    this.#count()
  }
}
