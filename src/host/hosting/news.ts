/** Live news of the processes in this host: lossy, never evidence. A listener that throws hurts nobody. */
import type { Trace } from '../../kernel/index.ts'

/** Where the kernel's trace goes. */
export class News {
  readonly #listeners = new Set<(news: Trace) => void>()

  readonly publish = (news: Trace): void => {
    for (const listener of this.#listeners) {
      try {
        listener(news)
      } catch {
        // A view that fails must not stop a process.
      }
    }
  }

  /** Hears everything from now on, until disposed. */
  listen(listener: (news: Trace) => void): Disposable {
    this.#listeners.add(listener)
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) }
  }
}
