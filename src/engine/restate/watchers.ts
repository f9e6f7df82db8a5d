/**
 * Live views of processes: they hear at once what this worker has made durable, and after a moment what others did.
 *
 * Invariants:
 * 1. A watcher never slows a process: its backlog is bounded, the oldest changes are dropped (a gap in `frame.n` tells).
 * 2. The server's tables are asked only while somebody watches.
 */
import type { Clock, Pid } from '../../std/index.ts'
import { WATCH_BACKLOG_MAX } from '../limits.ts'
import type { Change, Frame, ProcessStatus, ProcessView, Query } from '../port.ts'
import { WATCH_POLL_MS } from './limits.ts'

/** What a change is told of. */
export type Changed = {
  readonly pid: Pid
  readonly root: Pid
  readonly parent?: Pid | undefined
  readonly workflow: string
  readonly status: ProcessStatus
  readonly frame?: Frame
}

type Watcher = {
  readonly query: Query
  readonly backlog: Change[]
  /** As it was last told of each process. */
  readonly told: Map<Pid, ProcessStatus>
  wake: (() => void) | undefined
}

const fits = (changed: Changed, query: Query): boolean =>
  (query.root === undefined || query.root === changed.root) &&
  (query.parent === undefined || query.parent === changed.parent) &&
  (query.workflow === undefined || query.workflow === changed.workflow) &&
  (query.status === undefined || query.status.includes(changed.status))

/** Everybody who watches one engine. */
export class RestateWatchers {
  readonly #watchers = new Set<Watcher>()
  readonly #closing = new AbortController()
  readonly #clock: Clock
  readonly #list: (query: Query) => AsyncIterable<ProcessView>

  constructor(clock: Clock, list: (query: Query) => AsyncIterable<ProcessView>) {
    this.#clock = clock
    this.#list = list
  }

  /** This worker has made it so. */
  changed(changed: Changed): void {
    for (const watcher of this.#watchers) if (fits(changed, watcher.query)) tell(watcher, changed)
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
    let timer = this.#pollLater(watcher)
    try {
      while (!signal.aborted) {
        const change = watcher.backlog.shift()
        if (change !== undefined) yield change
        else if (closing.aborted) return
        else {
          await new Promise<void>((resolve) => (watcher.wake = resolve))
          timer[Symbol.dispose]()
          timer = this.#pollLater(watcher)
        }
      }
    } finally {
      timer[Symbol.dispose]()
      signal.removeEventListener('abort', wake)
      closing.removeEventListener('abort', wake)
      this.#watchers.delete(watcher)
    }
  }

  #pollLater(watcher: Watcher): Disposable {
    return this.#clock.timer(WATCH_POLL_MS, () => void this.#poll(watcher).finally(() => watcher.wake?.()))
  }

  /** A look that fails shows nothing new; the next one comes. */
  async #poll(watcher: Watcher): Promise<void> {
    try {
      for await (const { pid, root, parent, workflow, status } of this.#list(watcher.query))
        if (watcher.told.get(pid) !== status) tell(watcher, { pid, root, parent, workflow, status })
    } catch {
      watcher.wake?.()
    }
  }
}

function tell(watcher: Watcher, { pid, status, frame }: Changed): void {
  watcher.told.set(pid, status)
  if (watcher.backlog.length >= WATCH_BACKLOG_MAX) watcher.backlog.shift()
  watcher.backlog.push({ pid, status, ...(frame === undefined ? {} : { frame }) })
  watcher.wake?.()
}
