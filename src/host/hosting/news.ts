/** Live news of the processes in this host: lossy, never evidence. A listener that throws hurts nobody. */
import type { Trace } from '../../kernel/index.ts'
import type { Pid } from '../../std/index.ts'

/** What the kernel tells, and that an activation is over. */
export type HostNews = Trace | { readonly type: 'rested'; readonly pid: Pid }

/** Where it goes. */
export class News {
  readonly #listeners = new Set<(news: HostNews) => void>()

  readonly publish = (news: HostNews): void => {
    for (const listener of this.#listeners) {
      try {
        listener(news)
      } catch {
        // A view that fails must not stop a process.
      }
    }
  }

  /** Hears everything from now on, until disposed. */
  listen(listener: (news: HostNews) => void): Disposable {
    this.#listeners.add(listener)
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) }
  }
}
