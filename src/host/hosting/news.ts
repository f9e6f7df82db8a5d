/**
 * Live news of the processes in this host: lossy, never evidence. A listener that throws hurts nobody.
 *
 * Invariants:
 * 1. Of a process whose beginning is not durable nothing is heard, and of one that is lost with it never.
 */
import type { Activation, Trace } from '../../kernel/index.ts'
import type { Pid } from '../../std/index.ts'

/** What the kernel tells, and that an activation is over. */
export type HostNews = Trace | { readonly type: 'rested'; readonly pid: Pid }

/** Where it goes. */
export class News {
  readonly #listeners = new Set<(news: HostNews) => void>()

  readonly #held = new Map<Pid, HostNews[]>()

  readonly publish = (news: HostNews): void => {
    const held = this.#held.get(news.pid)
    if (held === undefined || news.type === 'rested') this.#tell(news)
    else held.push(news)
  }

  /** Holds what a process says until its beginning is durable; what is held when it is disposed of is lost. */
  hold({ pid, begun }: Pick<Activation, 'pid' | 'begun'>): Disposable {
    const held: HostNews[] = []
    const isOurs = (): boolean => this.#held.get(pid) === held && this.#held.delete(pid)
    if (begun !== undefined) {
      this.#held.set(pid, held)
      void begun.then(() => {
        if (isOurs()) for (const news of held) this.#tell(news)
      })
    }
    return { [Symbol.dispose]: () => void isOurs() }
  }

  #tell(news: HostNews): void {
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
