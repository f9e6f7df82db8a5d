/** Processes and their journals as operators see them, read from the store. */
import { openFrame } from '../../kernel/index.ts'
import type { Outcome, Summary, Wait } from '../../kernel/index.ts'
import type { ErrorData, Pid, Seq } from '../../std/index.ts'
import { PAGE_ROWS } from '../limits.ts'
import type { Frame, ProcessView, Query } from '../port.ts'
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
    const { pid, kind, workflow, root, depth, createdAt, updatedAt, activations, epoch } = row
    const isInterrupted = row.status === 'running' && (!isOwned || epoch !== meta.epoch())
    const isOver = row.endedAt !== null
    const erased = isOver ? processes.erased(row.p) : undefined
    return {
      pid,
      kind,
      workflow,
      root,
      depth,
      status: isInterrupted ? 'ready' : row.status,
      createdAt,
      updatedAt,
      waits: isOver ? [] : waits.all(row.p).map((text) => unpack<Wait>(text, blobs.get)),
      epoch,
      activations,
      mailbox: isOver ? 0 : mailbox.count(row.p),
      ...(row.parent === null ? {} : { parent: row.parent }),
      ...(row.endedAt === null ? {} : { endedAt: row.endedAt }),
      ...(row.result === null ? {} : { result: unpack<Outcome>(row.result, blobs.get) }),
      ...(row.parked === null ? {} : { parked: JSON.parse(row.parked) as ErrorData }),
      ...(erased?.whole === 1 ? { erased: { at: erased.at, by: erased.by } } : {}),
      ...(row.file === null ? {} : { file: row.file }),
      ...(row.summary === null ? {} : { summary: JSON.parse(row.summary) as Summary }),
    }
  }
}
