/**
 * An outbox before which large payloads are put into the store of blobs.
 *
 * Invariants:
 * 1. A frame goes on when all its payloads are in the store, and everything that was said after it goes behind it: blob
 *    first, fact after.
 * 2. A store that cannot be reached is asked again for as long as the activation lives. What it refuses is told, and nothing
 *    that was said from there on goes on.
 */
import type { Clock, Pid, SkeinError } from '../../std/index.ts'
import { toSkeinError } from '../../std/index.ts'
import type { Ending, FrameRow } from '../activation-rows.ts'
import type { ActivationOutbox } from '../remote-activation.ts'
import type { JournalBlobs } from './journal-blobs.ts'
import { STORE_AGAIN_MS } from './limits.ts'

/** What it needs. */
export type PayloadsFirstPorts = {
  readonly pid: Pid
  readonly blobs: JournalBlobs
  readonly clock: Clock
  readonly outbox: ActivationOutbox
  /** Nobody waits any more for what the activation says. */
  readonly isOver: () => boolean
  readonly refused: (why: SkeinError) => void
}

/** The outbox of an activation whose frames may have payloads that lie outside. */
export class PayloadsFirst implements ActivationOutbox {
  readonly #ports: PayloadsFirstPorts
  readonly #abort = new AbortController()
  /** In the store already, as earlier frames of this activation needed them. */
  readonly #there = new Set<string>()
  #tail: Promise<void> | undefined

  constructor(ports: PayloadsFirstPorts) {
    this.#ports = ports
  }

  /** Resolves when nothing waits for the store. */
  get waiting(): Promise<void> {
    return this.#tail ?? Promise.resolve()
  }

  get isWaiting(): boolean {
    return this.#tail !== undefined
  }

  push(row: FrameRow, bytes: number): void {
    const { outbox } = this.#ports
    if (row.blobs === undefined) return this.#behind(() => outbox.push(row, bytes))
    const { blobs, ...rest } = row
    this.#behind(async () => {
      const fresh = blobs.filter(({ sha256 }) => !this.#there.has(sha256))
      if (fresh.length > 0 && !(await this.#stored(fresh))) return
      for (const { sha256 } of fresh) this.#there.add(sha256)
      outbox.push(rest, bytes)
    })
  }

  end(ending: Ending): void {
    this.#behind(() => this.#ports.outbox.end(ending))
  }

  /** Nothing that waits goes on. */
  close(): void {
    this.#abort.abort()
  }

  get #isOver(): boolean {
    return this.#abort.signal.aborted || this.#ports.isOver()
  }

  #behind(act: () => void | Promise<void>): void {
    if (this.#isOver) return
    const before = this.#tail
    const made = before === undefined ? act() : before.then(() => (this.#isOver ? undefined : act()))
    if (made === undefined) return
    const tail: Promise<void> = made.finally(() => {
      if (this.#tail === tail) this.#tail = undefined
    })
    this.#tail = tail
  }

  async #stored(blobs: NonNullable<FrameRow['blobs']>): Promise<boolean> {
    const { pid, clock, refused } = this.#ports
    const { signal } = this.#abort
    while (!this.#isOver) {
      try {
        await this.#ports.blobs.put(pid, blobs, signal)
        return !this.#isOver
      } catch (thrown) {
        if (signal.aborted) return false
        const why = toSkeinError(thrown, 'INTERNAL')
        if (!why.retryable) {
          const isHeard = !this.#isOver
          this.close()
          if (isHeard) refused(why)
          return false
        }
        await new Promise<void>((resolve) => clock.timer(STORE_AGAIN_MS, resolve))
      }
    }
    return false
  }
}
