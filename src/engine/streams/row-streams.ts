/**
 * Streams as rows of one database: what a thousand processes say within one batch is one transaction, where a file for each
 * would have to be made, opened and closed.
 *
 * Invariants:
 * 1. A batch is there whole or not at all; nothing is ever synced.
 * 2. A process keeps `bytesMax` at most; beyond it the oldest chunks go, some at once. The newest always stays.
 * 3. A stream that an older version began as files goes on there, and is removed there.
 */
import { existsSync, readdirSync } from 'node:fs'
import { setImmediate } from 'node:timers'
import type { Pid } from '../../std/index.ts'
import { STREAM_BYTES_MAX } from '../limits.ts'
import type { LiveChunk } from './live-event.ts'
import { SAID_DATABASE, SaidRows } from './said-rows.ts'
import type { StreamEnd } from './said-rows.ts'
import type { StreamMedium, StreamReader } from './stream-medium.ts'

/** What is left of a stream that was too long. */
const SHARE_KEPT = 7 / 8
const ROWS_AT_ONCE = 256

type Batch = {
  readonly pid: Pid
  readonly chunks: readonly LiveChunk[]
  readonly done: () => void
  readonly failed: (error: unknown) => void
}

/** Streams in a database in `folder`; `bytesMax` bounds each. `files`: those of older versions in the same folder. */
export function rowStreams(folder: string, files: StreamMedium, bytesMax = STREAM_BYTES_MAX): StreamMedium {
  const rows = new SaidRows(folder)
  const writer = new Writer(rows, bytesMax)
  let areThereFiles: boolean | undefined
  const isInFiles = (pid: Pid): boolean => {
    areThereFiles ??= existsSync(folder) && readdirSync(folder).some((name) => !name.startsWith(SAID_DATABASE))
    return areThereFiles && files.has(pid)
  }
  return {
    has: (pid) => writer.knows(pid) || rows.has(pid) || isInFiles(pid),
    next: async (pid) => (isInFiles(pid) ? files.next(pid) : writer.end(pid).next),
    append: (pid, chunks) => (isInFiles(pid) ? files.append(pid, chunks) : writer.append(pid, chunks)),
    reader: (pid, from) => (isInFiles(pid) ? files.reader(pid, from) : new RowReader(rows, pid, from)),
    async remove(pid) {
      if (isInFiles(pid)) await files.remove(pid)
      writer.forget(pid)
      rows.remove(pid)
    },
    close: () => rows.close(),
  }
}

/** Gathers what is appended in one turn of the event loop. */
class Writer {
  readonly #rows: SaidRows
  readonly #bytesMax: number
  readonly #ends = new Map<Pid, StreamEnd>()
  #waiting: Batch[] = []

  constructor(rows: SaidRows, bytesMax: number) {
    this.#rows = rows
    this.#bytesMax = bytesMax
  }

  knows(pid: Pid): boolean {
    return (this.#ends.get(pid)?.next ?? 0) > 0
  }

  end(pid: Pid): StreamEnd {
    const end = this.#ends.get(pid) ?? this.#rows.end(pid)
    this.#ends.set(pid, end)
    return end
  }

  forget(pid: Pid): void {
    this.#ends.delete(pid)
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
      this.#rows.transaction(() => {
        for (const { pid, chunks } of batches) ends.set(pid, this.#put(pid, chunks, ends.get(pid) ?? this.end(pid)))
      })
    } catch (error) {
      for (const { pid, failed } of batches) {
        this.#ends.delete(pid)
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

  #put(pid: Pid, chunks: readonly LiveChunk[], end: StreamEnd): StreamEnd {
    let { next, bytes } = end
    for (const chunk of chunks) {
      const text = JSON.stringify(chunk)
      this.#rows.put(pid, { at: chunk.offset, text })
      next = chunk.offset + 1
      bytes += text.length
    }
    if (bytes > this.#bytesMax) bytes = this.#rows.cut(pid, bytes, this.#bytesMax * SHARE_KEPT)
    return { next, bytes }
  }
}

class RowReader implements StreamReader {
  readonly #rows: SaidRows
  readonly #pid: Pid
  #next: number

  constructor(rows: SaidRows, pid: Pid, from: number) {
    this.#rows = rows
    this.#pid = pid
    this.#next = from
  }

  async read(): Promise<readonly LiveChunk[]> {
    const found = this.#rows.from(this.#pid, this.#next, ROWS_AT_ONCE)
    this.#next = (found.at(-1)?.at ?? this.#next - 1) + 1
    return found.map(({ text }) => JSON.parse(text) as LiveChunk)
  }
}
