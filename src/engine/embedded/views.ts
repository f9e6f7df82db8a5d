/**
 * Processes and their journals as operators see them, read from the store.
 *
 * Invariant: what is told is durable. A commit can be read before it is synced, so what was read waits for that.
 */
import { openFrame } from '../../kernel/index.ts'
import type { Outcome, SealedFrame, Summary, Wait } from '../../kernel/index.ts'
import type { ErrorData, Pid, Seq } from '../../std/index.ts'
import { PAGE_ROWS } from '../limits.ts'
import type { Frame, ProcessView, Query } from '../port.ts'
import { processView } from '../process-view.ts'
import { framesFrom } from './load.ts'
import { unpack } from './store/pack.ts'
import type { ProcessRow } from './store/process-table.ts'
import type { Tables } from './store/tables.ts'

/** A frame with its facts. */
export function openedFrame(sealed: SealedFrame, { blobs }: Pick<Tables, 'blobs'>): Frame {
  const { pid, epoch, n, prevHash, hash } = sealed
  return { pid, epoch, n, facts: openFrame(sealed, blobs.get), prevHash, hash }
}

/** Where views come from. */
export type ViewParts = {
  readonly tables: Tables
  /** An owner is alive: what a dead one had running is ready to go on. */
  readonly isOwned: () => boolean
  /** Resolves when what can be read now is durable; undefined when it is. */
  readonly settled: () => Promise<void> | undefined
}

/** Reading verbs. */
export class Views {
  readonly #tables: Tables
  readonly #isOwned: () => boolean
  readonly #settled: () => Promise<void> | undefined

  constructor({ tables, isOwned, settled }: ViewParts) {
    this.#tables = tables
    this.#isOwned = isOwned
    this.#settled = settled
  }

  async inspect(pid: Pid): Promise<ProcessView | undefined> {
    const row = this.#tables.processes.byPid(pid)
    const view = row === undefined ? undefined : this.#view(row, this.#isOwned())
    await this.#settled()
    return view
  }

  async *list(query: Query): AsyncGenerator<ProcessView> {
    const isOwned = this.#isOwned()
    let left = query.limit ?? Infinity
    for (let after = 0; left > 0;) {
      const page = this.#tables.processes.list(query, after, Math.min(PAGE_ROWS, left))
      const views = page.map((row) => this.#view(row, isOwned))
      await this.#settled()
      yield* views
      if (page.length < PAGE_ROWS) return
      after = page.at(-1)!.p
      left -= page.length
    }
  }

  async *history(pid: Pid, from: Seq | undefined): AsyncGenerator<Frame> {
    const row = this.#tables.processes.byPid(pid)
    const n = row === undefined ? undefined : this.#tables.journal.frameAt(row.p, from ?? 0)
    if (row === undefined || n === undefined) return
    let read = 0
    for (const sealed of framesFrom(this.#tables, row, n)) {
      // The first of a page: all of it has just been read.
      if (read++ % PAGE_ROWS === 0) await this.#settled()
      yield openedFrame(sealed, this.#tables)
    }
  }

  #view(row: ProcessRow, isOwned: boolean): ProcessView {
    const { blobs, mailbox, meta, processes, waits } = this.#tables
    const isInterrupted = row.status === 'running' && (!isOwned || row.epoch !== meta.epoch())
    const erased = row.endedAt === null ? undefined : processes.erased(row.p)
    return processView(
      {
        ...row,
        status: isInterrupted ? 'ready' : row.status,
        result: row.result === null ? null : unpack<Outcome>(row.result, blobs.get),
        parked: row.parked === null ? null : (JSON.parse(row.parked) as ErrorData),
        erased: erased && { ...erased, whole: erased.whole === 1 },
        summary: row.summary === null ? null : (JSON.parse(row.summary) as Summary),
      },
      {
        waits: () => waits.all(row.p).map((text) => unpack<Wait>(text, blobs.get)),
        mailbox: () => mailbox.count(row.p),
      },
    )
  }
}
