/** Messages that wait for their receivers, the ids that were seen (rule M2), and the dead letters. */
import type { DatabaseSync } from 'node:sqlite'
import type { Pid } from '../../../std/index.ts'
import type { P } from './process-table.ts'

/** A stored message or control: `seq` is its place in the order of commits of the whole store. */
export type Mail = { readonly seq: number; readonly text: string }

/** The mailbox tables of a store. */
export type MailboxTable = ReturnType<typeof mailboxTable>

/** The mailbox tables over an open database. */
export function mailboxTable(db: DatabaseSync) {
  const put = db.prepare('insert into message(seq, p, text) values(?, ?, ?)')
  const remove = db.prepare('delete from message where seq = ?')
  const all = db.prepare('select seq, text from message where p = ? order by seq')
  const size = db.prepare(
    'select count(*) as count, coalesce(sum(octet_length(text)), 0) as bytes from message where p = ?',
  )
  const count = db.prepare('select count(*) as count from message where p = ?')
  const see = db.prepare('insert or ignore into seen(p, id, forgetAt) values(?, ?, ?)')
  const unsee = db.prepare('delete from seen where p = ? and id = ?')
  const forget = db.prepare('delete from seen where forgetAt <= ?')
  const deadLetter = db.prepare('insert into dead_letter(pid, at, why, text) values(?, ?, ?, ?)')
  const bury = db.prepare(
    'insert into dead_letter(pid, at, why, text) select ?, ?, ?, text from message where p = ? order by seq',
  )
  const buryOne = db.prepare(
    'insert into dead_letter(pid, at, why, text) select ?, ?, ?, text from message where seq = ?',
  )
  const clear = db.prepare('delete from message where p = ?')
  const lastSeq = db.prepare(
    'select max(coalesce((select max(seq) from message), 0), coalesce((select max(seq) from control), 0)) as seq',
  )
  const eraseDead = db.prepare(`update dead_letter set text = '{"erased":true}' where pid = ?`)
  const deadLetters = db.prepare('select pid, at, why, text from dead_letter where pid = ? order by seq')
  const exhume = db.prepare('select seq, text from dead_letter where pid = ? order by seq')
  const removeDead = db.prepare('delete from dead_letter where seq = ?')
  return {
    put: (seq: number, p: P, text: string) => void put.run(seq, p, text),
    remove: (seq: number) => void remove.run(seq),
    all: (p: P) => all.all(p) as Mail[],
    size: (p: P) => size.get(p) as { readonly count: number; readonly bytes: number },
    count: (p: P) => (count.get(p) as { readonly count: number }).count,
    /** False when the id was seen before. */
    see: (p: P, id: string, forgetAt: number) => see.run(p, id, forgetAt).changes === 1,
    unsee: (p: P, id: string) => void unsee.run(p, id),
    forget: (now: number) => void forget.run(now),
    deadLetter: (pid: Pid, at: number, why: string, text: string) => void deadLetter.run(pid, at, why, text),
    /** What is left in the mailbox of a process that ended goes to the dead letters. */
    bury(p: P, pid: Pid, at: number, why: string): void {
      bury.run(pid, at, why, p)
      clear.run(p)
    },
    /** One message that its receiver refused; removing it is the caller's. */
    buryOne: (seq: number, pid: Pid, at: number, why: string) => void buryOne.run(pid, at, why, seq),
    /** What came for a process that had ended. */
    exhume: (pid: Pid) => exhume.all(pid) as Mail[],
    removeDead: (seq: number) => void removeDead.run(seq),
    /** What nobody received is erased too; that it came, and why it lies here, stays. */
    eraseDead: (pid: Pid) => void eraseDead.run(pid),
    deadLetters: (pid: Pid) =>
      deadLetters.all(pid) as { readonly pid: Pid; readonly at: number; readonly why: string; readonly text: string }[],
    /** The highest `seq` in use by messages and controls. */
    lastSeq: () => (lastSeq.get() as { readonly seq: number }).seq,
  }
}
