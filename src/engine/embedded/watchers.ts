/**
 * Live views of processes: they hear what has become durable and ask again for the rest.
 *
 * Invariants:
 * 1. A watcher never slows a commit: its backlog is bounded, the oldest changes are dropped (a gap in `frame.n` tells).
 * 2. With nobody watching, a change costs nothing.
 */
import { WATCH_BACKLOG_MAX } from '../limits.ts'
import type { Change, Frame, ProcessStatus, Query } from '../port.ts'
import type { P, ProcessRow } from './store/process-table.ts'
import type { Tables } from './store/tables.ts'

type Watcher = { readonly query: Query; readonly backlog: Change[]; wake: (() => void) | undefined }

const fits = (row: ProcessRow, query: Query): boolean =>
  (query.root === undefined || query.root === row.root) &&
  (query.parent === undefined || query.parent === row.parent) &&
  (query.workflow === undefined || query.workflow === row.workflow) &&
  (query.status === undefined || query.status.includes(row.status))

/** Everybody who watches one engine. */
export class Watchers {
  readonly #tables: Tables
  readonly #watchers = new Set<Watcher>()
  readonly #closing = new AbortController()

  constructor(tables: Tables) {
    this.#tables = tables
  }

  get areThere(): boolean {
    return this.#watchers.size > 0
  }

  /** The durable state of a process is another now. `as`: its status then, when the same commit took it further. */
  changed(p: P, as?: ProcessStatus, frame?: Frame): void {
    if (this.#watchers.size === 0) return
    const now = this.#tables.processes.row(p)
    if (now === undefined) return
    const row = as === undefined ? now : { ...now, status: as }
    const change: Change =
      frame === undefined ? { pid: row.pid, status: row.status } : { pid: row.pid, status: row.status, frame }
    for (const watcher of this.#watchers) {
      if (!fits(row, watcher.query)) continue
      if (watcher.backlog.length >= WATCH_BACKLOG_MAX) watcher.backlog.shift()
      watcher.backlog.push(change)
      watcher.wake?.()
    }
  }

  /** Changes from now on, until `signal` or the engine ends it. Watching begins with the call, not with the first `next`. */
  watch(query: Query, signal: AbortSignal): AsyncIterable<Change> {
    const watcher: Watcher = { query, backlog: [], wake: undefined }
    this.#watchers.add(watcher)
    return this.#changes(watcher, signal)
  }

  /** Ends every watch when it has told what it has. */
  close(): void {
    this.#closing.abort()
  }

  async *#changes(watcher: Watcher, signal: AbortSignal): AsyncGenerator<Change> {
    const wake = (): void => watcher.wake?.()
    const closing = this.#closing.signal
    signal.addEventListener('abort', wake)
    closing.addEventListener('abort', wake)
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
}
