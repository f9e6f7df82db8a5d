/**
 * Live views of the processes of a store: they hear what has become durable.
 *
 * Invariants:
 * 1. With nobody watching, a change costs nothing.
 */
import type { Change, Frame, ProcessStatus, Query } from '../port.ts'
import { ProcessWatchers } from '../process-watchers.ts'
import type { P } from './store/process-table.ts'
import type { Tables } from './store/tables.ts'

/** Everybody who watches one store. */
export class Watchers {
  readonly #tables: Tables
  readonly #watchers = new ProcessWatchers()

  constructor(tables: Tables) {
    this.#tables = tables
  }

  get areThere(): boolean {
    return this.#watchers.areThere
  }

  /** The durable state of a process is another now. `as`: its status then, when the same commit took it further. */
  changed(p: P, as?: ProcessStatus, frame?: Frame): void {
    if (!this.#watchers.areThere) return
    const row = this.#tables.processes.row(p)
    if (row === undefined) return
    const { pid, root, parent, workflow, status } = row
    this.#watchers.changed({ pid, root, parent, workflow, status: as ?? status, frame })
  }

  watch(query: Query, signal: AbortSignal): AsyncIterable<Change> {
    return this.#watchers.watch(query, signal)
  }

  close(): void {
    this.#watchers.close()
  }
}
