/**
 * Settlements of pending effects by token (rule E10): kept until their wait is there, then the mark that they were passed on.
 *
 * Statements are prepared when they are first used: a reader may look at a store that has no such table yet.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { P } from './process-table.ts'

/** A wait for a token. */
export type TokenWait = { readonly p: P; readonly key: string }

/** The settlement table over an open database. */
export function settlementTable(db: DatabaseSync) {
  const statements = new Map<string, StatementSync>()
  const statement = (sql: string): StatementSync => {
    const known = statements.get(sql) ?? db.prepare(sql)
    statements.set(sql, known)
    return known
  }
  return {
    /** Who waits under `token`; found by index. */
    waiting: (token: string) =>
      statement(
        `select p, key from wait where kind = 'pending' and json_extract(text, '$.on.token') = ? order by p desc limit 1`,
      ).get(token) as TokenWait | undefined,
    /** The settlement of `token`: its text while it is held, null once it was passed on. */
    find: (token: string) =>
      statement('select text from settlement where token = ?').get(token) as
        | { readonly text: string | null }
        | undefined,
    put: (token: string, at: number, text: string | null) =>
      void statement('insert or replace into settlement(token, at, text) values(?, ?, ?)').run(token, at, text),
    remove: (token: string) => void statement('delete from settlement where token = ?').run(token),
    held: () =>
      (statement('select count(*) as n from settlement where text is not null').get() as { readonly n: number }).n,
    forget: (before: number) => void statement('delete from settlement where at <= ?').run(before),
  }
}
