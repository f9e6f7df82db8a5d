/**
 * What processes say as rows, for the one who owns them; looks are for everybody.
 *
 * Invariants:
 * 1. A batch is there whole or not at all. A look that fails is an error, and never an empty stream.
 * 2. What is removed is gone from the files when `remove` resolves: freed pages are wiped, and the log was cut behind it. What
 *    cannot be removed is an error, and a second call does all of it again.
 * 3. No act touches more rows of a stream than it was given, or removes.
 */
import { setImmediate, setTimeout } from 'node:timers/promises'
import { SkeinError } from '../../std/index.ts'
import type { Pid } from '../../std/index.ts'
import {
  STREAM_PAGES_FREED_AT_ONCE,
  STREAM_REMOVE_MS,
  STREAM_REMOVE_POLL_MS,
  STREAM_ROWS_REMOVED_AT_ONCE,
} from '../limits.ts'
import { isBusy, isDamaged, isFull } from './said-file.ts'
import type { OpenSaid, SaidFile } from './said-file.ts'

/** A chunk as it is kept: its offset and its line. */
export type SaidRow = { readonly at: number; readonly text: string }
/** Where a stream ends: the offset of the chunk to come, the bytes that were said so far, and how many of them are gone. */
export type StreamEnd = { readonly next: number; readonly upto: number; readonly gone: number }

const EMPTY: StreamEnd = { next: 0, upto: 0, gone: 0 }

type SaidPlace = Pick<SaidFile, 'path' | 'with' | 'transaction' | 'throwAway' | 'close'>

/** Rows of chunks in `file`. */
export class SaidRows {
  readonly #file: SaidPlace

  constructor(file: SaidPlace) {
    this.#file = file
  }

  has(pid: Pid): boolean {
    return this.#file.with((to) => to.there.get(pid)) !== undefined
  }

  end(pid: Pid): StreamEnd {
    return this.#file.with((to) => endOf(to, pid)) ?? EMPTY
  }

  from(pid: Pid, at: number, limit: number): readonly SaidRow[] {
    return (this.#file.with((to) => to.from.all(pid, at, limit)) ?? []) as SaidRow[]
  }

  /** Of whom there is something, in their order. */
  pids(after: string, limit: number): readonly Pid[] {
    const found: Pid[] = []
    this.#file.with(({ pidAfter }) => {
      while (found.length < limit) {
        const row = pidAfter.get(found.at(-1) ?? after) as { readonly pid: Pid } | undefined
        if (row === undefined) break
        found.push(row.pid)
      }
    })
    return found
  }

  /** All that is written in `act`, or nothing. */
  transaction(act: (rows: RowsWritten) => void): void {
    this.#file.transaction((to) => act(new RowsWritten(to)))
  }

  async remove(pid: Pid): Promise<void> {
    try {
      while (await this.#patiently(() => this.#removeSome(pid))) await setImmediate()
      await this.#patiently(() => this.#file.with(cutLog))
    } catch (error) {
      // The owner has thrown it away, with all that was in it.
      if (!isDamaged(error)) throw notRemoved(error, pid, this.#file.path)
    }
  }

  close(): void {
    this.#file.close()
  }

  /** Whether there may be more. */
  #removeSome(pid: Pid): boolean {
    const areGone = this.#file.with(({ db }) => {
      const some = `select rowid from said where pid = ? order by at limit ${STREAM_ROWS_REMOVED_AT_ONCE}`
      const { changes } = db.prepare(`delete from said where rowid in (${some})`).run(pid)
      if (changes > 0) db.exec(`pragma incremental_vacuum(${STREAM_PAGES_FREED_AT_ONCE})`)
      return Number(changes) < STREAM_ROWS_REMOVED_AT_ONCE
    })
    // Its log may have been left alone.
    if (areGone === undefined) this.#file.throwAway()
    return areGone === false
  }

  async #patiently<T>(act: () => T): Promise<T> {
    for (let waitedMs = 0; ; waitedMs += STREAM_REMOVE_POLL_MS) {
      try {
        return act()
      } catch (error) {
        if (!(isBusy(error) || error instanceof LogInUse) || waitedMs >= STREAM_REMOVE_MS) throw error
      }
      await setTimeout(STREAM_REMOVE_POLL_MS)
    }
  }
}

/** One transaction of the owner. */
export class RowsWritten {
  readonly #to: OpenSaid

  constructor(to: OpenSaid) {
    this.#to = to
  }

  put(pid: Pid, { at, text }: SaidRow, upto: number): void {
    this.#to.put.run(pid, at, upto, text)
  }

  /** Lets the oldest go until `bytesMax` are left, but never the last. */
  cut(pid: Pid, end: StreamEnd, bytesMax: number): StreamEnd {
    if (end.upto - end.gone <= bytesMax) return end
    const last = end.next - 1
    const newest = (this.#to.reached.get(pid, last, end.upto - bytesMax) ?? this.#to.before.get(pid, last)) as
      | { readonly at: number; readonly upto: number }
      | undefined
    if (newest === undefined) return end
    this.#to.dropUpTo.run(pid, newest.at)
    return { ...end, gone: newest.upto }
  }
}

/** Somebody reads what is only in the log. */
class LogInUse extends Error {}

function endOf(to: OpenSaid, pid: Pid): StreamEnd {
  const last = to.last.get(pid) as { readonly at: number; readonly upto: number } | undefined
  if (last === undefined) return EMPTY
  const { gone } = to.first.get(pid) as { readonly gone: number }
  return { next: last.at + 1, upto: last.upto, gone }
}

/** What was removed still stands in the log until that has been copied and cut. */
function cutLog({ db }: OpenSaid): void {
  const { busy } = db.prepare('pragma wal_checkpoint(truncate)').get() as { readonly busy: number }
  if (busy !== 0) throw new LogInUse('another program reads it')
}

function notRemoved(cause: unknown, pid: Pid, path: string): SkeinError {
  if (SkeinError.isInstance(cause)) return cause
  const said = cause instanceof Error ? cause.message : String(cause)
  const mend = isFull(cause)
    ? 'the disk is full: free some space'
    : 'close other programs that have it open, see that it can be written'
  return new SkeinError(
    'STREAM_NOT_REMOVED',
    `what ${pid} said live is not gone from ${path} (${said}), and nothing else of it was erased; ${mend}, and erase it again`,
    { cause },
  )
}
