/** Controls that wait for their receivers, and the tombstones of processes that were cancelled before they started (rule C5). */
import type { DatabaseSync } from 'node:sqlite'
import type { Pid } from '../../../std/index.ts'
import type { Mail } from './mailbox-table.ts'
import type { P } from './process-table.ts'

/** The control tables over an open database. */
export function controlTable(db: DatabaseSync) {
  const put = db.prepare('insert into control(seq, p, text) values(?, ?, ?)')
  const remove = db.prepare('delete from control where seq = ?')
  const all = db.prepare('select seq, text from control where p = ? order by seq')
  const bury = db.prepare(
    'insert into dead_letter(pid, at, why, text) select ?, ?, ?, text from control where p = ? order by seq',
  )
  const clear = db.prepare('delete from control where p = ?')
  const entomb = db.prepare('insert or ignore into tombstone(pid, at, text) values(?, ?, ?)')
  const tombstone = db.prepare('select text from tombstone where pid = ?')
  return {
    put: (seq: number, p: P, text: string) => void put.run(seq, p, text),
    remove: (seq: number) => void remove.run(seq),
    all: (p: P) => all.all(p) as Mail[],
    /** What is left for a process that ended goes to the dead letters: it may carry what an account gets back. */
    bury(p: P, pid: Pid, at: number, why: string): void {
      bury.run(pid, at, why, p)
      clear.run(p)
    },
    /** False when there is one already. */
    entomb: (pid: Pid, at: number, text: string) => entomb.run(pid, at, text).changes === 1,
    tombstone: (pid: Pid) => (tombstone.get(pid) as { readonly text: string } | undefined)?.text,
  }
}
