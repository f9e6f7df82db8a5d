/**
 * Makes what has been written to the write-ahead log durable, beside the main thread: a disk takes its time, and while
 * it does, other processes go on.
 *
 * Invariants:
 * 1. A sync covers everything that was written before it was asked for.
 * 2. After one that failed nobody can say what is on the disk: it is for the caller to stop (rule T5).
 */
import { closeSync, fdatasync, openSync } from 'node:fs'
import { open } from 'node:fs/promises'

/** What a reader beside the owner has seen in the log is durable after this. A folder without a log has nothing to sync. */
export async function syncLog(wal: string): Promise<void> {
  const log = await open(wal, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
  })
  if (log === undefined) return
  try {
    await log.datasync()
  } finally {
    await log.close()
  }
}

/** The log of one open database. */
export class LogSync implements AsyncDisposable {
  readonly #fd: number
  #running: Promise<void> = Promise.resolve()

  /** The log is there as long as its database is open, and is the same file. */
  constructor(wal: string) {
    this.#fd = openSync(wal, 'r+')
  }

  sync(): Promise<void> {
    const running = new Promise<void>((resolve, reject) =>
      fdatasync(this.#fd, (error) => (error === null ? resolve() : reject(error))),
    )
    this.#running = running.catch(() => {})
    return running
  }

  /** Waits for a sync that is under way: the number of a closed file may be another file's next. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#running
    closeSync(this.#fd)
  }
}
