/** Rows of processes. A row changes when a process starts, is activated, passivated, parked or ended: never per frame. */
import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
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

const INSERT = `insert into process(pid, parent, root, depth, kind, workflow, file, status, createdAt, updatedAt, epoch)
  values(?, ?, ?, ?, ?, ?, ?, 'ready', ?, ?, ?)`

/** Filters of a query; each is true for an absent member. */
const LIST = `select * from process where p > :after and (:root is null or root = :root) and (:parent is null or parent = :parent)
  and (:workflow is null or workflow = :workflow) and (:status is null or status in (select value from json_each(:status))) order by p limit :limit`

/** The process table of a store. */
export type ProcessTable = ReturnType<typeof processTable>

/** The process table over an open database. */
export function processTable(db: DatabaseSync) {
  const find = db.prepare('select p, status from process where pid = ?')
  const byPid = db.prepare('select * from process where pid = ?')
  const byNumber = db.prepare('select * from process where p = ?')
  const insert = db.prepare(INSERT)
  const insertBirth = db.prepare('insert into birth(p, request) values(?, ?)')
  const request = db.prepare('select request from birth where p = ?')
  const activated = db.prepare(
    `update process set status = 'running', activations = activations + 1, epoch = ?, wakeAt = null, parked = null, updatedAt = ? where p = ?`,
  )
  const rested = db.prepare(
    'update process set status = ?, wakeAt = ?, summary = coalesce(?, summary), parked = ?, updatedAt = ? where p = ?',
  )
  const ended = db.prepare(
    'update process set status = ?, result = ?, summary = ?, wakeAt = null, parked = null, endedAt = ?, updatedAt = ? where p = ?',
  )
  const status = db.prepare('update process set status = ? where p = ?')
  const segment = db.prepare('update process set segmentN = ? where p = ?')
  const interrupted = db.prepare(`update process set status = 'ready' where status = 'running' and endedAt is null`)
  const due = db.prepare('select p from process where wakeAt <= ?')
  const nextDue = db.prepare('select min(wakeAt) as at from process where wakeAt > ?')
  const unfinished = db.prepare(
    `select p from process where status in ('ready', 'parked') and endedAt is null order by p`,
  )
  const list = db.prepare(LIST)
  return {
    find: (pid: Pid) => find.get(pid) as { readonly p: P; readonly status: ProcessStatus } | undefined,
    byPid: (pid: Pid) => byPid.get(pid) as ProcessRow | undefined,
    row: (p: P) => byNumber.get(p) as ProcessRow | undefined,
    request: (p: P) => (request.get(p) as { readonly request: string } | undefined)?.request,
    insert(of: NewProcess): P {
      const p = Number(
        insert.run(
          of.pid,
          of.parent,
          of.root,
          of.depth,
          of.kind,
          of.workflow,
          of.file,
          of.createdAt,
          of.createdAt,
          of.epoch,
        ).lastInsertRowid,
      )
      insertBirth.run(p, of.request)
      return p
    },
    activated: (p: P, epoch: Epoch, now: number) => void activated.run(epoch, now, p),
    /** Not resident any more, but not ended; an absent summary leaves the old one. */
    rested(
      p: P,
      to: {
        readonly status: ProcessStatus
        readonly wakeAt?: number | undefined
        readonly summary?: string | undefined
        readonly parked?: string | undefined
        readonly now: number
      },
    ): void {
      rested.run(to.status, to.wakeAt ?? null, to.summary ?? null, to.parked ?? null, to.now, p)
    },
    ended: (
      p: P,
      to: { readonly status: ProcessStatus; readonly result: string; readonly summary: string; readonly now: number },
    ) => void ended.run(to.status, to.result, to.summary, to.now, to.now, p),
    setStatus: (p: P, to: ProcessStatus) => void status.run(to, p),
    startSegment: (p: P, n: number) => void segment.run(n, p),
    /** What an owner that died had resident is ready again. */
    releaseInterrupted: () => void interrupted.run(),
    due: (now: number) => (due.all(now) as { readonly p: P }[]).map((row) => row.p),
    nextDue: (after: number) => (nextDue.get(after) as { readonly at: number | null }).at ?? undefined,
    /** What a new host takes over at once; parked processes are tried once per host. */
    unfinished: () => (unfinished.all() as { readonly p: P }[]).map((row) => row.p),
    list(query: Query, after: P, limit: number): ProcessRow[] {
      const members: Record<string, SQLInputValue> = {
        after,
        limit,
        root: query.root ?? null,
        parent: query.parent ?? null,
        workflow: query.workflow ?? null,
      }
      return list.all({
        ...members,
        status: query.status === undefined ? null : JSON.stringify(query.status),
      }) as ProcessRow[]
    },
  }
}
