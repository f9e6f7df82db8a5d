/** The embedded engine: one data folder, one owner, `node:sqlite` with every commit synced. */
import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs'
import { hostname } from 'node:os'
import { dirname, resolve } from 'node:path'
import type { Clock, Hash, Random } from '../../../std/index.ts'
import { nodeSoon } from '../../platform/node-soon.ts'
import { ControlServer } from '../control/control-server.ts'
import type { OwnersActs } from '../control/control-server.ts'
import { createEngine } from '../create-engine.ts'
import type { LocalEngine } from '../local-engine.ts'
import { leaveLogSync, openForOwner, storeError } from '../store/database.ts'
import { sqliteStore } from '../store/sqlite-store.ts'
import { blobFiles } from './blob-files.ts'
import { Checkpoints } from './checkpoints.ts'
import { Holdings } from './holdings.ts'
import { layoutOf } from './layout.ts'
import { LogFile } from './log-file.ts'
import { LogSync } from './log-sync.ts'
import { askOwnerToLeave } from './hand-over.ts'
import { ownersStore } from './owners-store.ts'
import { acquireOwnerLock } from './owner-lock.ts'
import { syncFolder } from './sync-folder.ts'
import type { OwnerInfo } from './owner-lock.ts'

/** Which folder to take, and the ports to run on. */
export type EmbeddedOptions = OwnersActs & {
  /** Made, for this user only, when it does not exist. */
  readonly folder: string
  readonly clock: Clock
  readonly random: Random
  readonly hash: Hash
  /** How long to wait for another owner to leave. */
  readonly waitMs?: number
  /** While waiting, asks the owner to hand over: one that can drains and leaves. */
  readonly askToLeave?: boolean
  readonly signal?: AbortSignal
}

/** An engine that owns a data folder. */
export interface EmbeddedEngine extends LocalEngine {
  readonly folder: string
  readonly owner: OwnerInfo
}

/**
 * Takes a data folder as its owner. Throws `DATA_FOLDER_OWNED`, `DATA_FOLDER_READ_ONLY`, `DATA_FOLDER_CORRUPT`,
 * `DATA_FOLDER_NEWER` or `STORE_FULL`; the folder is then as it was.
 */
export async function openEmbedded(options: EmbeddedOptions): Promise<EmbeddedEngine> {
  const holdings = new Holdings()
  try {
    return await takeFolder(options, holdings)
  } catch (error) {
    await holdings[Symbol.asyncDispose]()
    throw storeError(error, options.folder)
  }
}

async function takeFolder(options: EmbeddedOptions, holdings: Holdings): Promise<EmbeddedEngine> {
  const { clock, waitMs = 0, signal, askToLeave = false, onHandOver, forget } = options
  const folder = resolve(options.folder)
  const { database, wal, blobs, owner: lockFile } = layoutOf(folder)
  makeFolder(folder)
  makePrivate(lockFile)
  const lock = await acquireOwnerLock(folder, {
    clock,
    waitMs,
    signal,
    onOwned: askToLeave ? () => askOwnerToLeave(folder, clock) : undefined,
  })
  holdings.add(() => lock[Symbol.dispose]())
  makePrivate(database)
  const db = openForOwner(database)
  syncFolder(folder)
  holdings.add(() => db.close())
  const sqlite = sqliteStore(db, { where: database, durability: 'fsync', large: blobFiles(blobs) })
  const owner: OwnerInfo = { pid: process.pid, hostname: hostname(), epoch: sqlite.epoch, since: clock.now() }
  sqlite.commit(() => sqlite.tables.meta.set('owner', JSON.stringify(owner)))
  const file = new LogFile(wal)
  holdings.add(() => file[Symbol.dispose]())
  const checkpoints = new Checkpoints({ db, database, log: file, clock })
  holdings.add(() => checkpoints[Symbol.asyncDispose]())
  // Until here SQLite has synced every commit: the log and its name are durable.
  leaveLogSync(db)
  const log = new LogSync(file, clock)
  holdings.add(() => log[Symbol.asyncDispose]())
  const store = ownersStore(sqlite, { checkpoints, log, close: () => holdings[Symbol.asyncDispose]() })
  const engine = createEngine({ ...options, soon: nodeSoon, store })
  const server = await ControlServer.open(engine, {
    store,
    folder,
    ...(onHandOver === undefined ? {} : { onHandOver }),
    ...(forget === undefined ? {} : { forget }),
  })
  holdings.add(() => server[Symbol.asyncDispose]())
  return Object.assign(engine, { folder, owner })
}

/** For this user only. Not `recursive` for the folder itself: Node would try for ever where the system says ENOENT. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return
  mkdirSync(dirname(folder), { recursive: true, mode: 0o700 })
  unlessThere(() => mkdirSync(folder, { mode: 0o700 }))
  syncFolder(dirname(folder))
}

/** SQLite gives its other files the mode of the first. */
function makePrivate(file: string): void {
  if (!existsSync(file)) unlessThere(() => closeSync(openSync(file, 'ax', 0o600)))
}

/** Another process may have made it a moment ago. */
function unlessThere(make: () => void): void {
  try {
    make()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}
