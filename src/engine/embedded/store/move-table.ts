/**
 * Runs that left this store and runs that came, and the rows of whole processes.
 *
 * Statements are prepared when they are used: a reader may look at a store that has no such tables yet.
 */
import type { DatabaseSync } from 'node:sqlite'
import type { Epoch, Pid } from '../../../std/index.ts'
import type { Baggage } from '../../move/moved-run.ts'
import type { P } from './process-table.ts'

/** A process that has left. */
export type Departed = {
  readonly id: string
  readonly target: string
  readonly by: string
  readonly baggage: string
  readonly confirmed: 0 | 1
}

/** The move tables over an open database. */
export function moveTable(db: DatabaseSync) {
  const run = (sql: string, ...values: readonly (string | number | null)[]): void => void db.prepare(sql).run(...values)
  return {
    departed: (pid: Pid) =>
      db.prepare('select id, target, by, baggage, confirmed from departed where pid = ?').get(pid) as
        | Departed
        | undefined,
    depart: (pid: Pid, to: Omit<Departed, 'confirmed'> & { readonly at: number }) =>
      run(
        'insert into departed(pid, id, at, by, target, baggage) values(?, ?, ?, ?, ?, ?)',
        pid,
        to.id,
        to.at,
        to.by,
        to.target,
        to.baggage,
      ),
    confirm: (root: Pid, id: string) =>
      run(
        "update departed set confirmed = 1, baggage = '' where id = ? and pid in (select pid from process where root = ?)",
        id,
        root,
      ),
    unconfirmed: (target: string) =>
      db
        .prepare(
          'select pid from process join departed using (pid) where pid = root and target = ? and confirmed = 0 order by p',
        )
        .all(target) as { readonly pid: Pid }[],
    hasArrived: (id: string) => db.prepare('select 1 from arrived where id = ? limit 1').get(id) !== undefined,
    arrive: (id: string, at: number) => run('insert into arrived(id, at) values(?, ?)', id, at),
    seen: (p: P) =>
      db.prepare('select id, forgetAt from seen where p = ?').all(p) as {
        readonly id: string
        readonly forgetAt: number
      }[],
    /** Ended for whoever asks; its journal stays. */
    end: (p: P, result: string, now: number) =>
      run(
        `update process set status = 'cancelled', result = ?, parked = null, wakeAt = null, endedAt = coalesce(endedAt, ?),
          updatedAt = ? where p = ?`,
        result,
        now,
        now,
        p,
      ),
    /** Everything of a process that has left, and comes back. */
    remove(p: P, pid: Pid): void {
      for (const table of ['frame', 'birth', 'message', 'control', 'seen', 'wait', 'erased', 'process'])
        run(`delete from ${table} where p = ?`, p)
      run('delete from departed where pid = ?', pid)
    },
    insert(of: Baggage, at: { readonly epoch: Epoch; readonly wakeAt: number | undefined }): P {
      run(
        `insert into process(pid, parent, root, depth, kind, workflow, file, status, createdAt, updatedAt, endedAt, wakeAt, epoch,
          activations, segmentN, summary, parked, result) values(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        ...[of.pid, of.parent, of.root, of.depth, of.kind, of.workflow, of.file, of.status, of.createdAt, of.updatedAt],
        ...[of.endedAt, at.wakeAt ?? null, at.epoch, of.activations, of.segmentN, of.summary, of.parked, of.result],
      )
      const { p } = db.prepare('select p from process where pid = ?').get(of.pid) as { readonly p: P }
      run('insert into birth(p, request) values(?, ?)', p, of.request)
      for (const { id, forgetAt } of of.seen) run('insert into seen(p, id, forgetAt) values(?, ?, ?)', p, id, forgetAt)
      return p
    },
  }
}
