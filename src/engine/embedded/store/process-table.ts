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
  return {
    find: (pid: Pid) => find.get(pid) as { readonly p: P; readonly status: ProcessStatus } | undefined,
    byPid: (pid: Pid) => byPid.get(pid) as ProcessRow | undefined,
    row: (p: P) => byNumber.get(p) as ProcessRow | undefined,
    request: (p: P) => (request.get(p) as { readonly request: string } | undefined)?.request,
    /** Rows that fit `query`, with numbers above `after`, in order. One statement per shape of query, so that indexes serve. */
    list(query: Query, after: P, limit: number): ProcessRow[] {
      const names = FILTERS.filter((name) => query[name] !== undefined)
      const where = names.map((name) => ` and ${name} = ?`).join('')
      const status = query.status === undefined ? '' : ' and status in (select value from json_each(?))'
      const sql = `select * from process where p > ?${where}${status} order by p limit ?`
      const list = lists.get(sql) ?? db.prepare(sql)
      lists.set(sql, list)
      const statuses = query.status === undefined ? [] : [JSON.stringify(query.status)]
      return list.all(after, ...names.map((name) => query[name] as string), ...statuses, limit) as ProcessRow[]
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
  const status = db.prepare('update process set status = ? where p = ?')
  const segment = db.prepare('update process set segmentN = ? where p = ?')
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
    setStatus: (p: P, to: ProcessStatus) => void status.run(to, p),
    startSegment: (p: P, n: number) => void segment.run(n, p),
  }
}
