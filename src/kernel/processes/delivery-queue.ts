/**
 * What can be delivered: asked keys that have an outcome, lowest `seq` first (rule D4).
 * Sorted insertion from the end: live, outcomes nearly always come in order.
 */
import type { EffectKey } from '../../std/index.ts'

type Entry = { readonly seq: number; readonly key: EffectKey }

/** Outcomes that are asked for, in the order of the journal. */
export class DeliveryQueue {
  #entries: Entry[] = []
  #head = 0

  push(seq: number, key: EffectKey): void {
    let at = this.#entries.length
    while (at > this.#head && (this.#entries[at - 1] as Entry).seq > seq) at -= 1
    this.#entries.splice(at, 0, { seq, key })
  }

  shift(): EffectKey | undefined {
    const entry = this.#entries[this.#head]
    if (entry === undefined) return undefined
    this.#head += 1
    if (this.#head === this.#entries.length) this.clear()
    return entry.key
  }

  get isEmpty(): boolean {
    return this.#head === this.#entries.length
  }

  clear(): void {
    this.#entries = []
    this.#head = 0
  }
}
