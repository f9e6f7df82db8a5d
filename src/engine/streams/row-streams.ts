/**
 * Streams as rows of one database: what a thousand processes say within one batch is one transaction, where a file for each
 * would have to be made, opened and closed.
 *
 * Invariants:
 * 1. A batch is there whole or not at all; nothing is ever synced.
 * 2. A process keeps `bytesMax` at most; beyond it the oldest chunks go. The newest always stays.
 * 3. A stream that an older version began as a file goes on there, unless it has rows: then it goes on in those, behind what
 *    either of them holds. Both are removed together.
 * 4. Only the owner of the data folder writes and removes; whoever reads beside it makes nothing.
 */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers'
import { assert, SkeinError } from '../../std/index.ts'
import type { Pid } from '../../std/index.ts'
import { STREAM_BYTES_MAX } from '../limits.ts'
import { chunkOf } from './live-event.ts'
import type { LiveChunk } from './live-event.ts'
import { SaidFile } from './said-file.ts'
import { SaidRows } from './said-rows.ts'
import type { RowsWritten, StreamEnd } from './said-rows.ts'
import type { StreamMedium, StreamReader } from './stream-medium.ts'

/** Name of the database in the folder of the streams. */
export const SAID_DATABASE = 'said.db'

const ROWS_AT_ONCE = 256

type Batch = {
  readonly pid: Pid
  readonly chunks: readonly LiveChunk[]
  readonly done: () => void
  readonly failed: (error: unknown) => void
}

/** How the owner keeps streams. */
export type RowStreamsOptions = {
  /** Bounds each stream. */
  readonly bytesMax?: number
  /** The database was damaged, and is begun anew. */
  readonly damaged?: (() => void) | undefined
}

/**
 * Streams in a database in `folder`, for the one who owns the data folder. `files`: those of older versions in the same
 * folder.
 */
export function rowStreams(folder: string, files: StreamMedium, options: RowStreamsOptions = {}): StreamMedium {
  const rows = new SaidRows(new SaidFile(join(folder, SAID_DATABASE), 'owner', options.damaged))
  const writer = new Writer(rows, options.bytesMax ?? STREAM_BYTES_MAX)
  // Once: as long as we own the folder, no older version begins one.
  let areThereFiles: boolean | undefined
  const hasFile = (pid: Pid): boolean => {
    areThereFiles ??= existsSync(folder) && readdirSync(folder).some((name) => !name.startsWith(SAID_DATABASE))
    return areThereFiles && files.has(pid)
  }
  const isInFiles = (pid: Pid): boolean => hasFile(pid) && !writer.knows(pid) && !rows.has(pid)
  return {
    has: (pid) => writer.knows(pid) || hasUnlessItFails(rows, pid) || hasFile(pid),
    next: async (pid) => {
      if (isInFiles(pid)) return files.next(pid)
      return hasFile(pid) ? writer.goOn(pid, await files.next(pid)) : writer.end(pid).next
    },
    append: async (pid, chunks) => (isInFiles(pid) ? files.append(pid, chunks) : writer.append(pid, chunks)),
    reader: (pid, from) => new RowReader(rows, hasFile, { files, pid, from }),
    async remove(pid) {
      if (hasFile(pid)) await files.remove(pid)
      await rows.remove(pid)
      writer.forget(pid)
    },
    pids: (after, limit) => rows.pids(after, limit),
    close: () => rows.close(),
  }
}

/** The same, for whoever looks at it beside the owner, or without one. */
export function rowStreamsBeside(folder: string, files: StreamMedium): StreamMedium {
  const rows = new SaidRows(new SaidFile(join(folder, SAID_DATABASE), 'reader'))
  const refuse = (): never => {
    throw new SkeinError('INTERNAL', 'only the owner of a data folder writes what is said in it')
  }
  return {
    has: (pid) => hasUnlessItFails(rows, pid) || files.has(pid),
    next: async () => refuse(),
    append: async () => refuse(),
    reader: (pid, from) => new RowReader(rows, (one) => files.has(one), { files, pid, from }),
    remove: async () => refuse(),
    close: () => rows.close(),
  }
}

/** True where that cannot be told now: what was said must not stay without its end. */
function hasUnlessItFails(rows: SaidRows, pid: Pid): boolean {
  try {
    return rows.has(pid)
  } catch {
    return true
  }
}

/** Gathers what is appended in one turn of the event loop. */
class Writer {
  readonly #rows: SaidRows
  readonly #bytesMax: number
  readonly #ends = new Map<Pid, StreamEnd>()
  /** Of batches that failed: they are looked up again, and go on behind what readers may have seen. */
  readonly #floors = new Map<Pid, number>()
  #waiting: Batch[] = []

  constructor(rows: SaidRows, bytesMax: number) {
    this.#rows = rows
    this.#bytesMax = bytesMax
  }

  knows(pid: Pid): boolean {
    return (this.#ends.get(pid)?.next ?? 0) > 0
  }

  /** Throws where that cannot be looked up. */
  end(pid: Pid): StreamEnd {
    const known = this.#ends.get(pid)
    if (known !== undefined) return known
    const found = this.#rows.end(pid)
    const end = { ...found, next: Math.max(found.next, this.#floors.get(pid) ?? 0) }
    this.#floors.delete(pid)
    this.#ends.set(pid, end)
    return end
  }

  /** At `next` at least; where it goes on. */
  goOn(pid: Pid, next: number): number {
    const end = this.end(pid)
    if (end.next < next) this.#ends.set(pid, { ...end, next })
    return Math.max(end.next, next)
  }

  forget(pid: Pid): void {
    this.#ends.delete(pid)
    this.#floors.delete(pid)
  }

  append(pid: Pid, chunks: readonly LiveChunk[]): Promise<void> {
    return new Promise((done, failed) => {
      if (this.#waiting.length === 0) setImmediate(() => this.#write(this.#waiting.splice(0)))
      this.#waiting.push({ pid, chunks, done, failed })
    })
  }

  #write(batches: readonly Batch[]): void {
    const ends = new Map<Pid, StreamEnd>()
    try {
      // Before the transaction: a look that fails must not end it.
      for (const { pid } of batches) ends.set(pid, this.end(pid))
      this.#rows.transaction((written) => {
        for (const { pid, chunks } of batches) ends.set(pid, this.#put(written, { pid, chunks, end: ends.get(pid) }))
      })
    } catch (error) {
      for (const { pid, failed } of batches) {
        this.#doubt(pid)
        failed(error)
      }
      return
    }
    for (const [pid, end] of ends) this.#ends.set(pid, end)
    for (const { pid, chunks, done } of batches) {
      // Looked up again in the rare case that it goes on: a host sees many processes end.
      if (chunks.at(-1)?.type === 'ended') this.#ends.delete(pid)
      done()
    }
  }

  #doubt(pid: Pid): void {
    const end = this.#ends.get(pid)
    if (end !== undefined) this.#floors.set(pid, end.next)
    this.#ends.delete(pid)
  }

  #put(
    written: RowsWritten,
    { pid, chunks, end }: Pick<Batch, 'pid' | 'chunks'> & { readonly end: StreamEnd | undefined },
  ): StreamEnd {
    assert(end !== undefined, 'the end of a stream is looked up before it is written')
    let { next, upto } = end
    for (const chunk of chunks) {
      const text = JSON.stringify(chunk)
      upto += Buffer.byteLength(text)
      written.put(pid, { at: chunk.offset, text }, upto)
      next = chunk.offset + 1
    }
    return written.cut(pid, { next, upto, gone: end.gone }, this.#bytesMax)
  }
}

/** Reads the rows; the file where there are none. A look that fails sees nothing yet. */
class RowReader implements StreamReader {
  readonly #rows: SaidRows
  readonly #hasFile: (pid: Pid) => boolean
  readonly #files: StreamMedium
  readonly #pid: Pid
  #next: number
  #file: StreamReader | undefined

  constructor(
    rows: SaidRows,
    hasFile: (pid: Pid) => boolean,
    { files, pid, from }: { readonly files: StreamMedium; readonly pid: Pid; readonly from: number },
  ) {
    this.#rows = rows
    this.#hasFile = hasFile
    this.#files = files
    this.#pid = pid
    this.#next = from
  }

  async read(): Promise<readonly LiveChunk[]> {
    try {
      const chunks = this.#fromRows()
      if (chunks.length > 0 || !this.#hasFile(this.#pid) || this.#rows.has(this.#pid)) return chunks
    } catch {
      return []
    }
    this.#file ??= this.#files.reader(this.#pid, this.#next)
    const chunks = await this.#file.read()
    this.#next = (chunks.at(-1)?.offset ?? this.#next - 1) + 1
    return chunks
  }

  #fromRows(): readonly LiveChunk[] {
    for (;;) {
      const found = this.#rows.from(this.#pid, this.#next, ROWS_AT_ONCE)
      this.#next = (found.at(-1)?.at ?? this.#next - 1) + 1
      const chunks = found.flatMap(({ at, text }) => {
        const chunk = chunkOf(text)
        return chunk?.offset === at ? [chunk] : []
      })
      if (chunks.length > 0 || found.length === 0) return chunks
    }
  }
}
