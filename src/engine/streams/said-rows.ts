/**
 * The database of what processes say: opened by the first who needs it, never synced.
 *
 * Invariants:
 * 1. A reader makes nothing: where there is no file, nobody has said anything.
 * 2. What a power cut has damaged is thrown away at the next look: it held glances, not facts.
 * 3. What is removed is gone from the files, too: freed pages are wiped, and the log beside the database is cut.
 */
import { closeSync, existsSync, mkdirSync, openSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { StatementSync } from 'node:sqlite'
import type { Pid } from '../../std/index.ts'

/** Name of the database in the folder of the streams. */
export const SAID_DATABASE = 'said.db'

const BUSY_MS = 5_000
/** SQLite's codes for what is damaged, or no database. */
const DAMAGED = [11, 26]
const LOG_BYTES_MAX = 1_048_576

const OPENING = `
pragma journal_mode = wal; pragma synchronous = off; pragma secure_delete = on; pragma journal_size_limit = ${LOG_BYTES_MAX};
create table if not exists said(pid text not null, at integer not null, text text not null);
create unique index if not exists said_at on said(pid, at);
`

/** A chunk as it is kept: its offset and its line. */
export type SaidRow = { readonly at: number; readonly text: string }
/** Where a stream ends: the offset of the chunk to come, and what is kept of it. */
export type StreamEnd = { readonly next: number; readonly bytes: number }

type Opened = {
  readonly db: DatabaseSync
  readonly there: StatementSync
  readonly last: StatementSync
  readonly from: StatementSync
  readonly put: StatementSync
  readonly sizes: StatementSync
  readonly dropBefore: StatementSync
  readonly dropAll: StatementSync
}

/** Rows of chunks below `folder`. */
export class SaidRows {
  readonly #folder: string
  readonly #path: string
  #opened: Opened | undefined

  constructor(folder: string) {
    this.#folder = folder
    this.#path = join(folder, SAID_DATABASE)
  }

  has(pid: Pid): boolean {
    return this.#look((to) => to.there.get(pid)) !== undefined
  }

  end(pid: Pid): StreamEnd {
    const last = this.#look((to) => to.last.get(pid)) as { at: number | null; bytes: number | null } | undefined
    return { next: (last?.at ?? -1) + 1, bytes: last?.bytes ?? 0 }
  }

  from(pid: Pid, at: number, limit: number): readonly SaidRow[] {
    return (this.#look((to) => to.from.all(pid, at, limit)) ?? []) as SaidRow[]
  }

  /** All of it, or nothing. */
  transaction(act: () => void): void {
    this.#guarded(() => {
      const { db } = this.#open()
      db.exec('begin immediate')
      act()
      db.exec('commit')
    })
  }

  put(pid: Pid, { at, text }: SaidRow): void {
    this.#open().put.run(pid, at, text)
  }

  /** Lets the oldest go until `bytesMax` are left, but not the last; how many are left. */
  cut(pid: Pid, bytes: number, bytesMax: number): number {
    const { sizes, dropBefore } = this.#open()
    let left = bytes
    let from = 0
    for (const row of (sizes.all(pid) as { at: number; bytes: number }[]).slice(0, -1)) {
      if (left <= bytesMax) break
      left -= row.bytes
      from = row.at + 1
    }
    dropBefore.run(pid, from)
    return left
  }

  remove(pid: Pid): void {
    if (!existsSync(this.#path)) return
    this.#guarded(() => {
      const { db, dropAll } = this.#open()
      if (dropAll.run(pid).changes !== 0) db.exec('pragma wal_checkpoint(truncate)')
    })
  }

  close(): void {
    this.#opened?.db.close()
    this.#opened = undefined
  }

  #open(): Opened {
    // Somebody may have removed the folder: what is written to a file without a name, nobody reads.
    if (this.#opened?.db.isTransaction === true) return this.#opened
    if (existsSync(this.#path)) {
      if (this.#opened !== undefined) return this.#opened
    } else {
      this.close()
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 })
      closeSync(openSync(this.#path, 'ax', 0o600))
    }
    const db = new DatabaseSync(this.#path, { timeout: BUSY_MS })
    try {
      db.exec(OPENING)
      return (this.#opened = statementsOf(db))
    } catch (error) {
      db.close()
      throw error
    }
  }

  /** For whoever only looks: undefined where nothing is there, or nothing that can be read. */
  #look<T>(act: (to: Opened) => T): T | undefined {
    if (this.#opened === undefined && !existsSync(this.#path)) return undefined
    try {
      return this.#guarded(() => act(this.#open()))
    } catch {
      return undefined
    }
  }

  #guarded<T>(act: () => T): T {
    try {
      return act()
    } catch (error) {
      if (this.#opened?.db.isTransaction === true) this.#opened.db.exec('rollback')
      const code = (error as { readonly errcode?: unknown }).errcode
      if (typeof code === 'number' && DAMAGED.includes(code & 0xff)) this.#throwAway()
      throw error
    }
  }

  #throwAway(): void {
    this.close()
    for (const suffix of ['', '-wal', '-shm']) rmSync(`${this.#path}${suffix}`, { force: true })
  }
}

function statementsOf(db: DatabaseSync): Opened {
  return {
    db,
    there: db.prepare('select 1 as there from said where pid = ? limit 1'),
    last: db.prepare('select max(at) as at, sum(length(text)) as bytes from said where pid = ?'),
    from: db.prepare('select at, text from said where pid = ? and at >= ? order by at limit ?'),
    put: db.prepare('insert or replace into said(pid, at, text) values(?, ?, ?)'),
    sizes: db.prepare('select at, length(text) as bytes from said where pid = ? order by at'),
    dropBefore: db.prepare('delete from said where pid = ? and at < ?'),
    dropAll: db.prepare('delete from said where pid = ?'),
  }
}
