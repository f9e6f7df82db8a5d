/**
 * Makes what has been written to the write-ahead log durable: at once where the disk is quick and nobody shares the commit,
 * else beside the main thread, so that other processes go on meanwhile.
 *
 * Invariants:
 * 1. A sync covers everything that was written before it was asked for.
 * 2. After one that failed nobody can say what is on the disk: it is for the caller to stop (rule T5).
 */
import { fdatasync, fdatasyncSync } from 'node:fs'
import { open } from 'node:fs/promises'
import type { Clock } from '../../../std/index.ts'
import { SYNC_IN_PLACE_MS_MAX, SYNCS_ASIDE_LEAST, SYNCS_ASIDE_MAX, SYNCS_AVERAGED } from '../../limits.ts'
import type { LogFile } from './log-file.ts'

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

/**
 * The log of one open database.
 *
 * Invariants:
 * 1. What shares its commit is synced beside the main thread: meanwhile more comes for the next one.
 * 2. While syncs in place are quick on the average they stay there: to hand one to another thread takes longer than it does.
 * 3. When they are not, many go beside the main thread before the next one is tried, twice as many each time and half as many
 *    after each quick one: a slow disk holds the main thread up seldom.
 */
export class LogSync implements AsyncDisposable {
  readonly #file: LogFile
  readonly #clock: Pick<Clock, 'monotonicMs'>
  #running: Promise<void> = Promise.resolve()
  /** Syncs that still go beside the main thread before one is tried in place. */
  #asideLeft = 0
  #asideNext = SYNCS_ASIDE_LEAST
  /** Of syncs in place since they were last found slow. */
  #averageMs: number | undefined

  constructor(file: LogFile, clock: Pick<Clock, 'monotonicMs'>) {
    this.#file = file
    this.#clock = clock
  }

  /** Undefined when it is durable already. `isAlone`: nothing shares the commit. */
  sync(isAlone: boolean): Promise<void> | undefined {
    this.#file.written()
    if (isAlone && this.#asideLeft === 0) return this.#inPlace()
    if (isAlone) this.#asideLeft -= 1
    const running = new Promise<void>((resolve, reject) =>
      fdatasync(this.#file.fd, (error) => (error === null ? resolve() : reject(error))),
    )
    this.#running = running.catch(() => {})
    return running
  }

  /** Waits for a sync that is under way: the number of a closed file may be another file's next. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#running
  }

  #inPlace(): undefined {
    const startedMs = this.#clock.monotonicMs()
    fdatasyncSync(this.#file.fd)
    const tookMs = this.#clock.monotonicMs() - startedMs
    const averageMs = this.#averageMs ?? tookMs
    this.#averageMs = averageMs + (tookMs - averageMs) / SYNCS_AVERAGED
    if (this.#averageMs <= SYNC_IN_PLACE_MS_MAX) {
      this.#asideNext = Math.max(this.#asideNext / 2, SYNCS_ASIDE_LEAST)
      return
    }
    this.#averageMs = undefined
    this.#asideLeft = this.#asideNext
    this.#asideNext = Math.min(2 * this.#asideNext, SYNCS_ASIDE_MAX)
  }
}
