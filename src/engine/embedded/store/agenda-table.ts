/** What there is to do: processes that are due, ready, or were interrupted. */
import type { DatabaseSync } from 'node:sqlite'
import type { P } from './process-table.ts'

/** The agenda of a store. */
export type AgendaTable = ReturnType<typeof agendaTable>

/** The agenda over an open database. */
export function agendaTable(db: DatabaseSync) {
  const interrupted = db.prepare(`update process set status = 'ready' where status = 'running' and endedAt is null`)
  const due = db.prepare('select p from process where wakeAt <= ?')
  const nextDue = db.prepare('select min(wakeAt) as at from process where wakeAt > ?')
  const unfinished = db.prepare(
    `select p from process where status in ('ready', 'parked') and endedAt is null order by p`,
  )
  const numbers = (rows: unknown[]): P[] => (rows as { readonly p: P }[]).map((row) => row.p)
  return {
    /** What an owner that died had resident is ready again. */
    releaseInterrupted: () => void interrupted.run(),
    due: (now: number) => numbers(due.all(now)),
    nextDue: (after: number) => (nextDue.get(after) as { readonly at: number | null }).at ?? undefined,
    /** What a new host takes over at once; parked processes are tried once per host. */
    unfinished: () => numbers(unfinished.all()),
  }
}
