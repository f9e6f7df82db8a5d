/** Processes and their journals as operators see them, read from the store. */
import { openFrame } from '../../kernel/index.ts'
import type { Outcome, Summary, Wait } from '../../kernel/index.ts'
import type { ErrorData, Pid, Seq } from '../../std/index.ts'
import { PAGE_ROWS } from '../limits.ts'
import type { Frame, ProcessView, Query } from '../port.ts'
import { processView } from '../process-view.ts'
import { framesFrom } from './load.ts'
import { unpack } from './store/pack.ts'
import type { ProcessRow } from './store/process-table.ts'
import type { Tables } from './store/tables.ts'

/** Reading verbs; `isOwned` says whether an owner is alive: what a dead one had running is ready to go on. */
export class Views {
  readonly #tables: Tables
  readonly #isOwned: () => boolean

  constructor(tables: Tables, isOwned: () => boolean) {
    this.#tables = tables
    this.#isOwned = isOwned
  }

  inspect(pid: Pid): ProcessView | undefined {
    const row = this.#tables.processes.byPid(pid)
    return row === undefined ? undefined : this.#view(row, this.#isOwned())
  }

  async *list(query: Query): AsyncGenerator<ProcessView> {
    const isOwned = this.#isOwned()
    let left = query.limit ?? Infinity
    for (let after = 0; left > 0;) {
      const page = this.#tables.processes.list(query, after, Math.min(PAGE_ROWS, left))
      for (const row of page) yield this.#view(row, isOwned)
      if (page.length < PAGE_ROWS) return
      after = page.at(-1)!.p
      left -= page.length
    }
  }

  async *history(pid: Pid, from: Seq | undefined): AsyncGenerator<Frame> {
    const row = this.#tables.processes.byPid(pid)
    const n = row === undefined ? undefined : this.#tables.journal.frameAt(row.p, from ?? 0)
    if (row === undefined || n === undefined) return
    for (const sealed of framesFrom(this.#tables, row, n)) {
      const { epoch, prevHash, hash } = sealed
      yield { pid, epoch, n: sealed.n, facts: openFrame(sealed, this.#tables.blobs.get), prevHash, hash }
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
