/** Processes and their journals as operators see them. */
import { openFrame } from '../../kernel/index.ts'
import type { Control, Outcome, Summary, Wait } from '../../kernel/index.ts'
import type { ErrorData, Pid, Seq } from '../../std/index.ts'
import { unpack } from '../embedded/store/pack.ts'
import { PAGE_ROWS } from '../limits.ts'
import type { Frame, ProcessView, Query } from '../port.ts'
import { processView } from '../process-view.ts'
import { columnText } from './act.ts'
import { withBlobs, withJournalBlobs } from './blobs.ts'
import type { Connection } from './connection.ts'
import { allFrames } from './load.ts'
import type { JournalSource } from './load.ts'
import type { ProcessRow } from './process-row.ts'

type Erasure = {
  readonly erased_at: number | null
  readonly erased_by: string | null
  readonly is_whole: boolean | null
}
type Seen = ProcessRow & Erasure & { readonly waits: readonly string[] | null }

const SEEN = `select q.*, e.at as erased_at, e.by as erased_by, e.is_whole,
  (select json_agg(w.body order by w.key) from wait w where w.p = q.p) as waits
  from process q left join erased e on e.p = q.p`

/**
 * Reading verbs.
 *
 * Invariant: looks at single processes that are asked for while one is under way share the next, as commits do.
 */
export class PostgresViews {
  readonly #db: Connection
  readonly #journals: JournalSource
  #asked = new Map<Pid, PromiseWithResolvers<ProcessView | undefined>>()
  #isLooking = false

  constructor(journals: JournalSource) {
    this.#db = journals.db
    this.#journals = journals
  }

  /** The row of a process. */
  async row(pid: Pid): Promise<ProcessRow | undefined> {
    const [row] = await this.#db.rows<ProcessRow>({
      name: 'row',
      text: 'select * from process where pid = $1',
      values: [columnText(pid)],
    })
    return row
  }

  inspect(pid: Pid): Promise<ProcessView | undefined> {
    const asked = this.#asked.get(pid) ?? Promise.withResolvers<ProcessView | undefined>()
    this.#asked.set(pid, asked)
    if (!this.#isLooking) {
      this.#isLooking = true
      queueMicrotask(() => void this.#look())
    }
    return asked.promise
  }

  async #look(): Promise<void> {
    while (this.#asked.size > 0) {
      const asked = this.#asked
      this.#asked = new Map()
      try {
        const text = `${SEEN} where q.pid = any($1::text[])`
        const rows = await this.#db.rows<Seen>({ name: 'inspect', text, values: [[...asked.keys()].map(columnText)] })
        for (const row of rows) {
          const view = await this.#view(row)
          asked.get(row.pid)?.resolve(view)
        }
        for (const { resolve } of asked.values()) resolve(undefined)
      } catch (thrown) {
        for (const { reject } of asked.values()) reject(thrown)
      }
    }
    this.#isLooking = false
  }

  async *list(query: Query): AsyncGenerator<ProcessView> {
    let left = query.limit ?? Number.POSITIVE_INFINITY
    for (let after = 0; left > 0;) {
      const limit = Math.min(PAGE_ROWS, left)
      const { root = null, parent = null, workflow = null, status = null, endedBefore = null } = query
      const page = await this.#db.rows<Seen>({
        text: `${SEEN} where q.p > $1 and ($2::text is null or q.root = $2) and ($3::text is null or q.parent = $3)
          and ($4::text is null or q.workflow = $4) and ($5::text[] is null or q.status = any($5))
          and ($6::bigint is null or q.ended_at < $6) and ($7 or not coalesce(e.is_whole, false)) order by q.p limit $8`,
        values: [after, root, parent, workflow, status, endedBefore, query.isErased !== false, limit],
      })
      for (const row of page) yield await this.#view(row)
      if (page.length < limit) return
      after = page.at(-1)!.p
      left -= page.length
    }
  }

  /** Controls that the process has not heard yet, oldest first. */
  async pending(pid: Pid): Promise<readonly Control[]> {
    const rows = await this.#db.rows<{ readonly body: string }>({
      text: `select m.body from mail m join process q on q.p = m.p where q.pid = $1 and m.kind = 'c' order by m.seq`,
      values: [columnText(pid)],
    })
    return withBlobs(this.#db, (get) => rows.map(({ body }) => unpack<Control>(body, get)))
  }

  async *history(pid: Pid, from: Seq | undefined): AsyncGenerator<Frame> {
    const row = await this.row(pid)
    if (row === undefined) return
    const [first] = await this.#db.rows<{ readonly n: number }>({
      text: 'select n from frame where p = $1 and last_seq >= $2 order by n limit 1',
      values: [row.p, from ?? 0],
    })
    if (first === undefined) return
    for await (const sealed of allFrames(this.#db, row, first.n)) {
      const { epoch, n, prevHash, hash } = sealed
      const facts = await withJournalBlobs(this.#journals, pid, (get) => openFrame(sealed, get))
      yield { pid, epoch, n, facts, prevHash, hash }
    }
  }

  async #view(row: Seen): Promise<ProcessView> {
    const { created_at: createdAt, updated_at: updatedAt, ended_at: endedAt, result, waits, parked, summary } = row
    const read = await withBlobs(this.#db, (get) => ({
      result: result === null ? null : unpack<Outcome>(result, get),
      waits: (waits ?? []).map((text) => unpack<Wait>(text, get)),
    }))
    return processView(
      {
        pid: row.pid,
        kind: row.kind,
        workflow: row.workflow,
        parent: row.parent,
        root: row.root,
        depth: row.depth,
        status: row.status,
        createdAt,
        updatedAt,
        endedAt,
        epoch: row.epoch,
        activations: row.activations,
        file: row.file,
        result: read.result,
        parked: parked === null ? null : (JSON.parse(parked) as ErrorData),
        summary: summary === null ? null : (JSON.parse(summary) as Summary),
        erased:
          row.erased_at === null ? null : { at: row.erased_at, by: row.erased_by ?? '', whole: row.is_whole === true },
      },
      { waits: () => read.waits, mailbox: () => row.mail_count },
    )
  }
}
