/**
 * Copies the write-ahead log into the database, off the commit path: checkpoints are what makes slow commits slow.
 *
 * Invariants:
 * 1. Under load only the last few pages are copied on the main thread; the bulk is copied by a worker, which blocks no writer.
 * 2. After a pause without commits the log has been copied.
 */
import type { DatabaseSync } from 'node:sqlite'
import { Worker } from 'node:worker_threads'
import type { Clock } from '../../../std/index.ts'
import { CHECKPOINT_IDLE_MS, WAL_BYTES_MAX, WAL_KEPT_BYTES } from '../../limits.ts'
import type { LogFile } from './log-file.ts'

/** A connection of its own for the time of one checkpoint. */
const WORKER = `
const { DatabaseSync } = require('node:sqlite')
const db = new DatabaseSync(require('node:worker_threads').workerData)
try { db.prepare('pragma wal_checkpoint(passive)').get() } finally { db.close() }`

/** The database to look after, and its log. */
export type CheckpointParts = {
  readonly db: DatabaseSync
  readonly database: string
  readonly log: Pick<LogFile, 'bytes' | 'look' | 'lookNext'>
  readonly clock: Clock
}

/** The checkpoints of one open database. */
export class Checkpoints implements AsyncDisposable {
  readonly #parts: CheckpointParts
  #lastCommitAt = 0
  #idle: Disposable | undefined
  #running: Promise<void> | undefined
  #nextAtBytes = WAL_BYTES_MAX
  #isClosed = false

  constructor(parts: CheckpointParts) {
    this.#parts = parts
    parts.db.exec(`pragma journal_size_limit = ${WAL_KEPT_BYTES}`)
  }

  /** A commit has been made. */
  committed(): void {
    // A commit whose sync was under way when its store was given up: the folder may be another owner's.
    if (this.#isClosed) return
    this.#lastCommitAt = this.#parts.clock.monotonicMs()
    this.#idle ??= this.#parts.clock.timer(CHECKPOINT_IDLE_MS, () => this.#whenIdle())
    if (this.#running === undefined && this.#parts.log.bytes >= this.#nextAtBytes) this.#copyAside()
  }

  /** Waits for a running copy; the database may be closed after that. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    this.#idle?.[Symbol.dispose]()
    await this.#running
  }

  #whenIdle(): void {
    this.#idle = undefined
    const { clock } = this.#parts
    const restMs = this.#lastCommitAt + CHECKPOINT_IDLE_MS - clock.monotonicMs()
    if (restMs > 0) this.#idle = clock.timer(restMs, () => this.#whenIdle())
    else if (this.#running !== undefined) this.#idle = clock.timer(CHECKPOINT_IDLE_MS, () => this.#whenIdle())
    else if (this.#parts.log.look() > WAL_KEPT_BYTES) this.#copyAside()
    else this.#copyRest()
  }

  #copyAside(): void {
    this.#running = new Promise<void>((resolve) => {
      const worker = new Worker(WORKER, { eval: true, workerData: this.#parts.database })
      // A failed copy is made up for by the next one.
      worker.on('error', () => {})
      worker.on('exit', () => resolve())
    }).then(() => {
      this.#running = undefined
      if (!this.#isClosed) this.#copyRest()
    })
  }

  #copyRest(): void {
    // A reader, or a full disk, may hold a part back: do not try again at every commit.
    const { db, log } = this.#parts
    const isCopied = copyNow(db)
    this.#nextAtBytes = isCopied ? WAL_BYTES_MAX : log.look() + WAL_BYTES_MAX
    // SQLite cuts it back with the next commit: by the length before that it would be copied once more at once.
    if (isCopied) log.lookNext()
  }
}

/** True when the whole log has been copied. */
function copyNow(db: DatabaseSync): boolean {
  try {
    const row = db.prepare('pragma wal_checkpoint(passive)').get()
    return row?.['log'] === row?.['checkpointed']
  } catch {
    return false
  }
}
