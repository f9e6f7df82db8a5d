/** What processes wait for, so that a process wakes without having been loaded (rule T6). */
import type { DatabaseSync } from 'node:sqlite'
import type { P } from './process-table.ts'

/** The wait table over an open database. */
export function waitTable(db: DatabaseSync) {
  const put = db.prepare('insert or replace into wait(p, key, kind, text) values(?, ?, ?, ?)')
  const remove = db.prepare('delete from wait where p = ? and key = ?')
  const all = db.prepare('select text from wait where p = ?')
  const ofKind = db.prepare('select text from wait where p = ? and kind = ?')
  // By an index of its own: every host asks when it begins, and most folders hold none.
  const held = db.prepare(`select distinct p from wait where kind = 'switch'`)
  const clear = db.prepare('delete from wait where p = ?')
  return {
    put: (p: P, key: string, kind: string, text: string) => void put.run(p, key, kind, text),
    remove: (p: P, key: string) => void remove.run(p, key),
    all: (p: P) => (all.all(p) as { readonly text: string }[]).map((row) => row.text),
    ofKind: (p: P, kind: string) => (ofKind.all(p, kind) as { readonly text: string }[]).map((row) => row.text),
    /** Processes that wait for a switch. */
    held: () => (held.all() as { readonly p: P }[]).map(({ p }) => p),
    clear: (p: P) => void clear.run(p),
  }
}
