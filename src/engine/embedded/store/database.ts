/** Opening a database as a Skein store, and what its errors mean. */
import { DatabaseSync } from 'node:sqlite'
import { SkeinError } from '../../../std/index.ts'
import { APPLICATION_ID, SCHEMA, SCHEMA_ADDED, SCHEMA_VERSION } from './schema.ts'

/** SQLite's primary result codes that mean something to an operator. */
const SQLITE = { BUSY: 5, READONLY: 8, CORRUPT: 11, FULL: 13, CANTOPEN: 14, NOTADB: 26 } as const

/** Others hold a lock for moments: a reader that restores the log of a killed owner, an owner that closes. */
const BUSY_MS = 5_000

/** What the system says when a folder or file may not be written. */
const NOT_WRITABLE = ['EACCES', 'EROFS', 'EPERM', 'ENOENT']

const primaryCode = (error: unknown): number | undefined => {
  const code = (error as { errcode?: unknown } | null)?.errcode
  return typeof code === 'number' ? code & 0xff : undefined
}

/** True when another connection holds the lock. */
export const isBusy = (error: unknown): boolean => primaryCode(error) === SQLITE.BUSY

/** What a failure of the store at `where` means, and its mend. */
export function storeError(error: unknown, where: string): SkeinError {
  if (SkeinError.isInstance(error)) return error
  const said = error instanceof Error ? error.message : String(error)
  const system = (error as { code?: unknown } | null)?.code
  const code = primaryCode(error)
  if (code === SQLITE.FULL || system === 'ENOSPC' || system === 'EDQUOT') {
    return new SkeinError(
      'STORE_FULL',
      `the disk of ${where} is full (${said}); everything up to the last commit is kept: free some space and start again`,
      { cause: error },
    )
  }
  if (code === SQLITE.READONLY || code === SQLITE.CANTOPEN || NOT_WRITABLE.includes(String(system))) {
    return new SkeinError(
      'DATA_FOLDER_READ_ONLY',
      `${where} cannot be written (${said}); make it writable for this user, or choose another folder with --data`,
      { cause: error },
    )
  }
  if (system === 'ENOTDIR' || system === 'EEXIST') {
    return new SkeinError('USAGE', `${where} is not a folder (${said}); choose another one with --data`, {
      cause: error,
    })
  }
  if (code === SQLITE.CORRUPT || code === SQLITE.NOTADB) {
    return new SkeinError(
      'DATA_FOLDER_CORRUPT',
      `${where} is damaged or not a Skein store (${said}); restore a backup, or move it away to start afresh`,
      { cause: error },
    )
  }
  return new SkeinError(
    'STORE_FAILED',
    `the store ${where} failed (${said}); nothing up to the last commit is lost: start again`,
    { cause: error },
  )
}

const pragma = (db: DatabaseSync, name: 'application_id' | 'user_version'): number =>
  (db.prepare(`pragma ${name}`).get() as Record<typeof name, number>)[name]

/** Checks that a database is a Skein store of a version this build knows. True when it is still empty. */
function checkVersion(db: DatabaseSync, where: string): boolean {
  const application = pragma(db, 'application_id')
  const version = pragma(db, 'user_version')
  const tables = (db.prepare('select count(*) as n from sqlite_schema').get() as { n: number }).n
  if (application === 0 && version === 0 && tables === 0) return true
  if (application !== APPLICATION_ID)
    throw new SkeinError(
      'DATA_FOLDER_CORRUPT',
      `${where} is a database, but not a Skein store; choose another folder with --data`,
    )
  if (version > SCHEMA_VERSION) {
    throw new SkeinError(
      'DATA_FOLDER_NEWER',
      `${where} was written by a newer Skein (store version ${version}, this one reads up to ${SCHEMA_VERSION}); ` +
        'update Skein: it is left as it is',
    )
  }
  return false
}

/**
 * From here on whoever calls syncs the log after a commit; a checkpoint is still synced by SQLite, on both sides of
 * what it copies (`normal`).
 */
export function leaveLogSync(db: DatabaseSync): void {
  db.exec('pragma synchronous = normal')
}

/** Opens a database for its owner and creates the tables of a new one. `path` may be `:memory:`. */
export function openForOwner(path: string): DatabaseSync {
  let db: DatabaseSync | undefined
  try {
    // From the first read on: whoever comes after a kill may find a reader restoring the log.
    db = new DatabaseSync(path, { timeout: BUSY_MS })
    const empty = checkVersion(db, path)
    db.exec(
      'pragma journal_mode = wal; pragma synchronous = full; pragma wal_autocheckpoint = 0; ' +
        'pragma cache_size = -65536; pragma secure_delete = on',
    )
    if (empty)
      db.exec(
        `begin immediate; ${SCHEMA} pragma application_id = ${APPLICATION_ID}; pragma user_version = ${SCHEMA_VERSION}; commit`,
      )
    db.exec(SCHEMA_ADDED)
    return db
  } catch (error) {
    db?.close()
    throw storeError(error, path)
  }
}

/** Opens a database beside its owner, or without one, for reading. */
export function openForReader(path: string): DatabaseSync {
  let db: DatabaseSync | undefined
  try {
    db = new DatabaseSync(path, { readOnly: true, timeout: BUSY_MS })
    if (checkVersion(db, path))
      throw new SkeinError('DATA_FOLDER_CORRUPT', `${path} is empty; run something with this folder first`)
    return db
  } catch (error) {
    db?.close()
    throw storeError(error, path)
  }
}
