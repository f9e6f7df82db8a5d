/**
 * One connection to the database of what processes say: that of the data folder's owner, or of somebody who looks beside it.
 *
 * Invariants:
 * 1. Only who holds the lock of the data folder opens it as its owner: makes it, writes it, throws it away. Whoever else
 *    looks opens it for reading, and makes and removes nothing; an empty log may stay beside it, as SQLite leaves it.
 * 2. A connection is to the file that has the name now. Where that was removed or replaced, the next act opens what is there.
 * 3. An act waits for a lock of another program for some milliseconds at most: the event loop stands still meanwhile.
 * 4. It is never synced. What a power cut has damaged is thrown away by the owner: it held glances, not facts.
 */
import { closeSync, mkdirSync, openSync, rmSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { StatementSync } from 'node:sqlite'
import { SkeinError } from '../../std/index.ts'
import { STREAM_BUSY_MS } from '../limits.ts'

/** Whether this program may write. */
export type SaidAccess = 'owner' | 'reader'

const LOG_BYTES_MAX = 1_048_576
/** The form of the table; another one is thrown away. */
const FORM = 1
/** What stands beside the database, and holds what it holds. */
const BESIDE = ['-wal', '-shm']

const OPENING = `
pragma auto_vacuum = incremental; pragma journal_mode = wal; pragma synchronous = off; pragma secure_delete = on;
pragma temp_store = memory; pragma journal_size_limit = ${LOG_BYTES_MAX};
`
/** `upto`: bytes of all that the process has said so far, with this row and with what has gone. */
const TABLE = `
begin immediate;
create table said(pid text not null, at integer not null, upto integer not null, text text not null);
create unique index said_at on said(pid, at);
pragma user_version = ${FORM};
commit
`

/** SQLite's primary result codes that mean something here. */
const SQLITE = { BUSY: 5, CORRUPT: 11, FULL: 13, NOTADB: 26 } as const

/** An open database, with what is asked of it often. */
export type OpenSaid = {
  readonly db: DatabaseSync
  readonly there: StatementSync
  readonly from: StatementSync
  readonly pidAfter: StatementSync
  readonly first: StatementSync
  readonly last: StatementSync
  readonly reached: StatementSync
  readonly before: StatementSync
  readonly put: StatementSync
  readonly dropUpTo: StatementSync
}

type Identity = { readonly dev: bigint; readonly ino: bigint }

/** A database of another form. */
class OtherForm extends Error {}

/** The database at `path`; `damaged` hears that it was thrown away. */
export class SaidFile {
  readonly path: string
  readonly #access: SaidAccess
  readonly #damaged: (() => void) | undefined
  #isClosed = false
  #opened: (OpenSaid & Identity) | undefined

  constructor(path: string, access: SaidAccess, damaged?: () => void) {
    this.path = path
    this.#access = access
    this.#damaged = damaged
  }

  /** Does something with what is there; undefined where nothing is. */
  with<T>(act: (to: OpenSaid) => T): T | undefined {
    return this.#guarded(() => {
      const opened = this.#there()
      return opened === undefined ? undefined : act(opened)
    })
  }

  /** All of it, or nothing; what is not there is made. */
  transaction(act: (to: OpenSaid) => void): void {
    this.#guarded(() => {
      const opened = this.#there() ?? this.#made()
      opened.db.exec('begin immediate')
      try {
        act(opened)
        opened.db.exec('commit')
      } catch (error) {
        if (opened.db.isTransaction) opened.db.exec('rollback')
        throw error
      }
    })
  }

  /** For good: the folder may have another owner from now on. */
  close(): void {
    this.#isClosed = true
    this.#letGo()
  }

  /** For the owner. The log first: while the database has its name, somebody comes back for the rest. */
  throwAway(): void {
    this.#letGo()
    for (const suffix of [...BESIDE, '']) rmSync(`${this.path}${suffix}`, { force: true })
  }

  #letGo(): void {
    this.#opened?.db.close()
    this.#opened = undefined
  }

  #there(): OpenSaid | undefined {
    if (this.#isClosed) throw new SkeinError('ENGINE_CLOSED', 'the streams of this folder are closed')
    const found = statSync(this.path, { bigint: true, throwIfNoEntry: false })
    if (this.#opened !== undefined) {
      // As long as we hold it, no other file gets its number.
      if (found?.ino === this.#opened.ino && found.dev === this.#opened.dev) return this.#opened
      this.#letGo()
    }
    if (found === undefined) return undefined
    const { dev, ino } = found
    this.#opened = Object.assign(openSaid(this.path, this.#access), { dev, ino })
    return this.#opened
  }

  #made(): OpenSaid {
    mkdirSync(dirname(this.path), { recursive: true, mode: 0o700 })
    closeSync(openSync(this.path, 'ax', 0o600))
    const opened = this.#there()
    if (opened === undefined) throw new Error(`${this.path} was removed while it was made`)
    return opened
  }

  #guarded<T>(act: () => T): T {
    try {
      return act()
    } catch (error) {
      if (isDamaged(error)) {
        if (this.#access === 'owner') {
          this.throwAway()
          this.#damaged?.()
        } else this.#letGo()
      }
      throw error
    }
  }
}

const primaryCode = (error: unknown): number | undefined => {
  const code = (error as { readonly errcode?: unknown } | null)?.errcode
  return typeof code === 'number' ? code & 0xff : undefined
}

/** Nothing can be read of it any more. */
export const isDamaged = (error: unknown): boolean =>
  error instanceof OtherForm || [SQLITE.CORRUPT, SQLITE.NOTADB].some((code) => code === primaryCode(error))

/** Another program holds a lock. */
export const isBusy = (error: unknown): boolean => primaryCode(error) === SQLITE.BUSY

/** There is no room for what is written. */
export const isFull = (error: unknown): boolean =>
  primaryCode(error) === SQLITE.FULL || (error as { readonly code?: unknown } | null)?.code === 'ENOSPC'

function openSaid(path: string, access: SaidAccess): OpenSaid {
  const db = new DatabaseSync(path, { timeout: STREAM_BUSY_MS, readOnly: access === 'reader' })
  try {
    if (access === 'owner') {
      db.exec(OPENING)
      if (count(db, 'select count(*) as n from sqlite_schema') === 0) db.exec(TABLE)
    }
    if (count(db, 'select user_version as n from pragma_user_version') !== FORM) throw new OtherForm(path)
    return {
      db,
      there: db.prepare('select 1 as there from said where pid = ? limit 1'),
      from: db.prepare('select at, text from said where pid = ? and at >= ? order by at limit ?'),
      pidAfter: db.prepare('select pid from said where pid > ? order by pid limit 1'),
      first: db.prepare('select upto - octet_length(text) as gone from said where pid = ? order by at limit 1'),
      last: db.prepare('select at, upto from said where pid = ? order by at desc limit 1'),
      reached: db.prepare('select at, upto from said where pid = ? and at < ? and upto >= ? order by at limit 1'),
      before: db.prepare('select at, upto from said where pid = ? and at < ? order by at desc limit 1'),
      put: db.prepare('insert into said(pid, at, upto, text) values(?, ?, ?, ?)'),
      dropUpTo: db.prepare('delete from said where pid = ? and at <= ?'),
    }
  } catch (error) {
    db.close()
    throw error
  }
}

function count(db: DatabaseSync, query: string): number {
  return (db.prepare(query).get() as { readonly n: number }).n
}
