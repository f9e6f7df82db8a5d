/**
 * How a host leaves its residents, on every engine.
 *
 * Invariants:
 * 1. It leaves in two steps: first no write begins that could not be repeated, while everything else goes on; when none is
 *    in flight any more, nothing begins, what is in flight may end for a moment, and then everybody is taken away.
 * 2. Who becomes resident meanwhile is `prepared` like the others.
 */
import type { Clock, SkeinError } from '../std/index.ts'
import { DRAIN_MACROTASKS, DRAIN_WRITES_MS } from './limits.ts'
import type { Soon } from './platform/soon.ts'

/** Why residents are taken away when their host leaves. */
export const DRAINED = 'this host is shutting down; the process goes on when it is hosted again'

/** A resident process, as whoever leaves sees it. */
export interface Resident {
  readonly lane: { readonly hasPlainWrites: boolean }
  /** The kernel has finished the turn that it was in when the host took its last step towards leaving. */
  readonly hasHeard: boolean
  /** Nothing outward is in flight, and no end of it is unheard. */
  readonly isDone: boolean
  /** The kernel begins no write that could not be repeated. */
  prepareToLeave(): void
  /** Nothing more is decided; what is outward may end, and then `next` rejects. */
  leave(why: SkeinError): void
  /** `next` rejects, effects are aborted; frames and an end are still taken. */
  drain(why: SkeinError): void
}

/** The departure of one host, begun or not. */
export class Departure {
  readonly #residents: () => Iterable<Resident>
  readonly #ports: { readonly clock: Clock; readonly soon: Soon }
  #hasBegun = false
  #onStir: (() => void) | undefined

  constructor(ports: { readonly clock: Clock; readonly soon: Soon }, residents: () => Iterable<Resident>) {
    this.#ports = ports
    this.#residents = residents
  }

  /** Somebody has become resident. */
  prepare(resident: Resident): void {
    if (this.#hasBegun) resident.prepareToLeave()
  }

  /** An effect of a resident has ended, its kernel waits, or it is gone: whoever leaves looks again. */
  stirred(): void {
    this.#onStir?.()
  }

  /**
   * Resolves when all are taken away; their runs may still be returning. `onlyOutcomes` is called between the steps: from
   * then on nobody becomes resident. What is in flight and may be done
   * again is waited for no longer than `repeatableMs`.
   */
  async leave(
    why: SkeinError,
    { onlyOutcomes, repeatableMs }: { readonly onlyOutcomes: () => void; readonly repeatableMs: number },
  ): Promise<void> {
    this.#hasBegun = true
    for (const resident of this.#residents()) resident.prepareToLeave()
    await this.#turnsOver()
    await this.#until(({ lane }) => !lane.hasPlainWrites, DRAIN_WRITES_MS)
    onlyOutcomes()
    for (const resident of this.#residents()) resident.leave(why)
    await this.#turnsOver()
    await this.#until((one) => one.isDone, repeatableMs)
    for (const resident of this.#residents()) resident.drain(why)
  }

  #all(isSo: (resident: Resident) => boolean): boolean {
    for (const resident of this.#residents()) if (!isSo(resident)) return false
    return true
  }

  /** Lets the kernel finish the turns it is in; they take macrotasks, not time. */
  async #turnsOver(): Promise<void> {
    for (let i = 0; i < DRAIN_MACROTASKS && !this.#all((one) => one.hasHeard); i++)
      await new Promise<void>((resolve) => this.#ports.soon(resolve))
  }

  /** Waits until it holds of every resident, but no longer. */
  async #until(isSo: (resident: Resident) => boolean, limitMs: number): Promise<void> {
    if (this.#all(isSo)) return
    await new Promise<void>((resolve) => {
      const limit = this.#ports.clock.timer(limitMs, () => end())
      const end = (): void => {
        this.#onStir = undefined
        limit[Symbol.dispose]()
        resolve()
      }
      this.#onStir = () => {
        if (this.#all(isSo)) end()
      }
    })
  }
}
