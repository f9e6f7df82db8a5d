/** Rows of processes. A row changes when a process starts, is activated, passivated, parked or ended: never per frame. */
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Epoch, Pid } from '../../../std/index.ts'
import type { ProcessStatus, Query } from '../../port.ts'

/** A process's number in its store. */
export type P = number

/** A process as stored; JSON where a member is text without a type of its own. */
export type ProcessRow = {
  readonly p: P
  readonly pid: Pid
  readonly parent: Pid | null
  readonly root: Pid
  readonly depth: number
  readonly kind: 'workflow' | 'agent'
  readonly workflow: string
  readonly file: string | null
  readonly status: ProcessStatus
  readonly createdAt: number
  readonly updatedAt: number
  readonly endedAt: number | null
  readonly wakeAt: number | null
  readonly epoch: Epoch
  readonly activations: number
  readonly segmentN: number
  readonly summary: string | null
  readonly parked: string | null
  readonly result: string | null
}

/** What a process is born with. */
export type NewProcess = Pick<
  ProcessRow,
  'pid' | 'parent' | 'root' | 'depth' | 'kind' | 'workflow' | 'file' | 'createdAt' | 'epoch'
> & { readonly request: string }

/** Not resident any more, but not ended; an absent summary leaves the old one. */
export type Rested = {
  readonly status: ProcessStatus
  readonly wakeAt?: number | undefined
  readonly summary?: string | undefined
  readonly parked?: string | undefined
  readonly now: number
}

/** The end of a process. */
export type Ended = {
  readonly status: ProcessStatus
  readonly result: string
  readonly summary: string | undefined
  readonly now: number
}

const FILTERS = ['root', 'parent', 'workflow'] as const

const INSERT = `insert into process(pid, parent, root, depth, kind, workflow, file, status, createdAt, updatedAt, epoch)
  values(?, ?, ?, ?, ?, ?, ?, 'ready', ?, ?, ?)`

const ACTIVATED = `update process set status = 'running', activations = activations + 1, epoch = ?, wakeAt = null,
  parked = null, updatedAt = ? where p = ?`
const RESTED = `update process set status = ?, wakeAt = ?, summary = coalesce(?, summary), parked = ?, updatedAt = ?
  where p = ?`
const ENDED = `update process set status = ?, result = ?, summary = ?, wakeAt = null, parked = null, endedAt = ?,
  updatedAt = ? where p = ?`

const NOTE_ERASED = `insert into erased(p, at, by, whole) values(?, ?, ?, ?)
  on conflict(p) do update set whole = max(whole, excluded.whole)`
const NOT_ERASED = ' and not exists(select 1 from erased where erased.p = process.p and erased.whole = 1)'

/** The process table over an open database. */
export function processTable(db: DatabaseSync) {
  return { ...reads(db), ...changes(db) }
}

function reads(db: DatabaseSync) {
  const find = db.prepare('select p, status from process where pid = ?')
  const byPid = db.prepare('select * from process where pid = ?')
  const byNumber = db.prepare('select * from process where p = ?')
  const request = db.prepare('select request from birth where p = ?')
  const lists = new Map<string, StatementSync>()
  // A reader may look at a folder that no build of today has owned yet.
  const hasErased = db.prepare(`select 1 from sqlite_schema where name = 'erased'`).get() !== undefined
  const erased = hasErased ? db.prepare('select at, by, whole from erased where p = ?') : undefined
  return {
    find: (pid: Pid) => find.get(pid) as { readonly p: P; readonly status: ProcessStatus } | undefined,
    byPid: (pid: Pid) => byPid.get(pid) as ProcessRow | undefined,
    row: (p: P) => byNumber.get(p) as ProcessRow | undefined,
    /** Who has erased it, or (not `whole`) an effect of it, and when. */
    erased: (p: P) => erased?.get(p) as { readonly at: number; readonly by: string; readonly whole: 0 | 1 } | undefined,
    request: (p: P) => (request.get(p) as { readonly request: string } | undefined)?.request,
    /** Rows that fit `query`, with numbers above `after`, in order. One statement per shape of query, so that indexes serve. */
    list(query: Query, after: P, limit: number): ProcessRow[] {
      const names = FILTERS.filter((name) => query[name] !== undefined)
      const where = names.map((name) => ` and ${name} = ?`).join('')
      const status = query.status === undefined ? '' : ' and status in (select value from json_each(?))'
      const ended = query.endedBefore === undefined ? '' : ' and endedAt < ?'
      const kept = query.isErased === false && hasErased ? NOT_ERASED : ''
      const sql = `select * from process where p > ?${where}${status}${ended}${kept} order by p limit ?`
      const list = lists.get(sql) ?? db.prepare(sql)
      lists.set(sql, list)
      const endedBefore = query.endedBefore === undefined ? [] : [query.endedBefore]
      const statuses = query.status === undefined ? [] : [JSON.stringify(query.status)]
      return list.all(
        after,
        ...names.map((name) => query[name] as string),
        ...statuses,
        ...endedBefore,
        limit,
      ) as ProcessRow[]
    },
  }
}

function changes(db: DatabaseSync) {
  const insert = db.prepare(INSERT)
  const insertBirth = db.prepare('insert into birth(p, request) values(?, ?)')
  const activated = db.prepare(ACTIVATED)
  const rested = db.prepare(RESTED)
  const ended = db.prepare(ENDED)
  const reopened = db.prepare(
    `update process set status = 'ready', result = null, endedAt = null, updatedAt = ? where p = ?`,
  )
  const woken = db.prepare(`update process set status = 'ready', updatedAt = ? where p = ?`)
  const segment = db.prepare('update process set segmentN = ? where p = ?')
  const eraseRow = db.prepare('update process set result = ?, parked = null where p = ?')
  const eraseBirth = db.prepare('update birth set request = ? where p = ?')
  // A reader may look at a folder that no build of today has owned yet: prepared when it is needed.
  const noteErased = (p: P, at: number, by: string, whole: 0 | 1): void =>
    void db.prepare(NOTE_ERASED).run(p, at, by, whole)
  return {
    insert(of: NewProcess): P {
      const { pid, parent, root, depth, kind, workflow, file, createdAt, epoch } = of
      const row = insert.run(pid, parent, root, depth, kind, workflow, file, createdAt, createdAt, epoch)
      const p = Number(row.lastInsertRowid)
      insertBirth.run(p, of.request)
      return p
    },
    activated: (p: P, epoch: Epoch, now: number) => void activated.run(epoch, now, p),
    rested: (p: P, to: Rested) =>
      void rested.run(to.status, to.wakeAt ?? null, to.summary ?? null, to.parked ?? null, to.now, p),
    ended: (p: P, to: Ended) => void ended.run(to.status, to.result, to.summary ?? null, to.now, to.now, p),
    /** An ended process goes on. */
    reopened: (p: P, now: number) => void reopened.run(now, p),
    wake: (p: P, at: number) => void woken.run(at, p),
    noteErased,
    erasedPart: (p: P, at: number, by: string) => noteErased(p, at, by, 0),
    /** What it was given and what it gave, without their payloads. */
    erase(
      p: P,
      to: { readonly request: string; readonly result: string | null; readonly at: number; readonly by: string },
    ) {
      eraseRow.run(to.result, p)
      eraseBirth.run(to.request, p)
      noteErased(p, to.at, to.by, 1)
    },
    startSegment: (p: P, n: number) => void segment.run(n, p),
  }
}
