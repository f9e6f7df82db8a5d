/**
 * How an effect is told to stop. An `AbortSignal` says the same to an author's code, but making one and listening to it costs
 * as much as the rest of a short effect, and most code never looks: it is made for the first who does.
 */
import type { SkeinError } from '../../std/index.ts'

/** The abort of one effect. */
export class Abort {
  #reason: SkeinError | undefined
  #listener: ((reason: SkeinError) => void) | undefined
  #controller: AbortController | undefined

  /** Why it was aborted, if it was. */
  get reason(): SkeinError | undefined {
    return this.#reason
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.#reason !== undefined) this.#controller.abort(this.#reason)
    }
    return this.#controller.signal
  }

  /** Who hears of it, before all who listen to the signal; there is one, or (undefined) none any more. */
  listen(listener: ((reason: SkeinError) => void) | undefined): void {
    this.#listener = listener
  }

  /** The first reason counts. */
  abort(reason: SkeinError): void {
    if (this.#reason !== undefined) return
    this.#reason = reason
    this.#listener?.(reason)
    this.#controller?.abort(reason)
  }
}
