/**
 * Live views of processes, on every engine: they hear of a change and ask again for the rest. Where others change
 * processes too, they look for what nobody told them.
 *
 * Invariants:
 * 1. A watcher never slows a process: its backlog is bounded, the oldest changes are dropped (a gap in `frame.n` tells).
 * 2. With nobody watching, nothing is told and nothing is looked for.
 */
import type { Clock, Pid } from '../std/index.ts'
import { WATCH_BACKLOG_MAX } from './limits.ts'
import type { Change, Frame, ProcessStatus, ProcessView, Query } from './port.ts'
import { fits } from './process-view.ts'
import type { Queried } from './process-view.ts'

/** What a change is told of. */
export type Changed = Queried & { readonly pid: Pid; readonly frame?: Frame | undefined }

/** How changes are found that others made. */
export type Look = {
  readonly clock: Clock
  readonly everyMs: number
  readonly list: (query: Query) => AsyncIterable<ProcessView>
}

type Watcher = {
  readonly query: Query
  readonly backlog: Change[]
  /** As it was last told of each process. */
  readonly told: Map<Pid, ProcessStatus>
  wake: (() => void) | undefined
}

/** Everybody who watches one engine. */
export class ProcessWatchers {
  readonly #watchers = new Set<Watcher>()
  readonly #closing = new AbortController()
  readonly #look: Look | undefined

  constructor(look?: Look) {
    this.#look = look
  }

  get areThere(): boolean {
    return this.#watchers.size > 0
  }

  /** It is so now. */
  changed(changed: Changed): void {
    for (const watcher of this.#watchers) if (fits(changed, watcher.query)) this.#tell(watcher, changed)
  }

  /** Changes from now on, until `signal` or the engine ends it. Watching begins with the call, not with the first `next`. */
  watch(query: Query, signal: AbortSignal): AsyncIterable<Change> {
    const watcher: Watcher = { query, backlog: [], told: new Map(), wake: undefined }
    this.#watchers.add(watcher)
    return this.#changes(watcher, signal)
  }

  /** Ends every watch when it has told what it has. */
  close(): void {
    this.#closing.abort()
  }

  async *#changes(watcher: Watcher, signal: AbortSignal): AsyncGenerator<Change> {
    const closing = this.#closing.signal
    const wake = (): void => watcher.wake?.()
    signal.addEventListener('abort', wake)
    closing.addEventListener('abort', wake)
    using _ = this.#lookAgain(watcher)
    try {
      while (!signal.aborted) {
        const change = watcher.backlog.shift()
        if (change !== undefined) yield change
        else if (closing.aborted) return
        else await new Promise<void>((resolve) => (watcher.wake = resolve))
      }
    } finally {
      signal.removeEventListener('abort', wake)
      closing.removeEventListener('abort', wake)
      this.#watchers.delete(watcher)
    }
  }

  /** One look after the other, until it is disposed. One that fails shows nothing new; the next one comes. */
  #lookAgain(watcher: Watcher): Disposable | undefined {
    const look = this.#look
    if (look === undefined) return undefined
    const { clock, everyMs, list } = look
    const once = async (): Promise<void> => {
      for await (const { pid, root, parent, workflow, status } of list(watcher.query))
        if (watcher.told.get(pid) !== status) this.#tell(watcher, { pid, root, parent, workflow, status })
    }
    let isOver = false
    let timer: Disposable | undefined
    const next = (): void => {
      if (!isOver) timer = clock.timer(everyMs, () => void once().then(next, next))
    }
    next()
    return {
      [Symbol.dispose]() {
        isOver = true
        timer?.[Symbol.dispose]()
      },
    }
  }

  #tell(watcher: Watcher, { pid, status, frame }: Changed): void {
    if (this.#look !== undefined) watcher.told.set(pid, status)
    if (watcher.backlog.length >= WATCH_BACKLOG_MAX) watcher.backlog.shift()
    watcher.backlog.push({ pid, status, ...(frame === undefined ? {} : { frame }) })
    watcher.wake?.()
  }
}
