/**
 * Streams as files: per process a folder of segments, each named for its first offset, a chunk a line.
 *
 * Invariants:
 * 1. Only the newest segment is written to, and only at its end; nothing is ever synced.
 * 2. A line without its newline is not there: a writer cuts it off before it goes on, a reader waits for the rest.
 * 3. A process keeps `bytesMax` at most, give or take a segment; whole segments go, the oldest first.
 */
import { existsSync } from 'node:fs'
import { appendFile, mkdir, open, readdir, readFile, rm, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import type { Hash, Pid } from '../../std/index.ts'
import { STREAM_BYTES_MAX, STREAM_READ_BYTES } from '../limits.ts'
import type { LiveChunk } from './live-event.ts'
import type { StreamMedium, StreamReader } from './stream-medium.ts'

const SEGMENTS_KEPT = 8
const DIGITS = 15
const SUFFIX = '.jsonl'
const NAME_DIGITS = 40

type Segment = { first: number; bytes: number; next: number }

/** Streams below `folder`; `bytesMax` bounds each. */
export function fileStreams(folder: string, hash: Hash, bytesMax = STREAM_BYTES_MAX): StreamMedium {
  const newest = new Map<Pid, Segment>()
  const at = (pid: Pid): string => join(folder, hash.sha256(pid).slice(0, NAME_DIGITS))
  const current = async (pid: Pid): Promise<Segment> => {
    const segment = newest.get(pid) ?? (await newestIn(at(pid)))
    newest.set(pid, segment)
    return segment
  }
  return {
    has: (pid) => newest.has(pid) || existsSync(at(pid)),
    next: async (pid) => (await current(pid)).next,
    async append(pid, chunks) {
      const segment = await current(pid)
      if (segment.bytes > bytesMax / SEGMENTS_KEPT) {
        Object.assign(segment, { first: segment.next, bytes: 0 })
        const names = await segmentNames(at(pid))
        for (const name of names.slice(0, -(SEGMENTS_KEPT - 1))) await rm(join(at(pid), name), { force: true })
      }
      const text = chunks.map((chunk) => `${JSON.stringify(chunk)}\n`).join('')
      try {
        await appendFile(join(at(pid), nameOf(segment.first)), text, { mode: 0o600 })
      } catch (thrown) {
        // Whatever has become of the folder, the next batch looks again.
        newest.delete(pid)
        throw thrown
      }
      segment.bytes += Buffer.byteLength(text)
      segment.next = (chunks.at(-1)?.offset ?? segment.next - 1) + 1
      // Read again from the file in the rare case that it goes on: a host sees many processes end.
      if (chunks.at(-1)?.type === 'ended') newest.delete(pid)
    },
    reader: (pid, from) => new SegmentReader(at(pid), from),
    async remove(pid) {
      newest.delete(pid)
      await rm(at(pid), { recursive: true, force: true })
    },
  }
}

const nameOf = (first: number): string => `${String(first).padStart(DIGITS, '0')}${SUFFIX}`
const firstOf = (name: string): number => Number(name.slice(0, -SUFFIX.length))

async function segmentNames(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch(() => [])
  return names.filter((name) => name.endsWith(SUFFIX)).toSorted((a, b) => firstOf(a) - firstOf(b))
}

/** The newest segment of a folder. Most streams are one batch of a process that is new: there is nothing to look for. */
async function newestIn(folder: string): Promise<Segment> {
  const made = await mkdir(folder, { recursive: true, mode: 0o700 })
  return made === undefined ? mend(folder) : { first: 0, bytes: 0, next: 0 }
}

/** The newest segment, with what was not written whole cut off. */
async function mend(folder: string): Promise<Segment> {
  const name = (await segmentNames(folder)).at(-1)
  if (name === undefined) return { first: 0, bytes: 0, next: 0 }
  const content = await readFile(join(folder, name))
  const bytes = content.lastIndexOf('\n') + 1
  if (bytes < content.length) await truncate(join(folder, name), bytes)
  const first = firstOf(name)
  const last = content.subarray(0, bytes).toString().trimEnd().split('\n').at(-1)
  return { first, bytes, next: last === undefined || last === '' ? first : (JSON.parse(last) as LiveChunk).offset + 1 }
}

class SegmentReader implements StreamReader {
  readonly #folder: string
  #next: number
  #name: string | undefined
  #position = 0

  constructor(folder: string, from: number) {
    this.#folder = folder
    this.#next = from
  }

  async read(): Promise<readonly LiveChunk[]> {
    for (;;) {
      const names = await segmentNames(this.#folder)
      if (this.#name === undefined || !names.includes(this.#name)) {
        // Never begun, or dropped while it was read: where the next chunk is, or the oldest that is left.
        this.#name = names.findLast((name) => firstOf(name) <= this.#next) ?? names[0]
        this.#position = 0
        if (this.#name === undefined) return []
      }
      const chunks = await this.#more(this.#name)
      if (chunks.length > 0) return chunks
      // Listed before it was read to its end: a segment with a later one beside it is complete.
      const later = names[names.indexOf(this.#name) + 1]
      if (later === undefined) return []
      this.#name = later
      this.#position = 0
    }
  }

  /** What has been written whole since the last look. */
  async #more(name: string): Promise<readonly LiveChunk[]> {
    const file = await open(join(this.#folder, name)).catch(() => undefined)
    if (file === undefined) return []
    try {
      const chunks: LiveChunk[] = []
      for (;;) {
        const { buffer, bytesRead } = await file.read(
          Buffer.alloc(STREAM_READ_BYTES),
          0,
          STREAM_READ_BYTES,
          this.#position,
        )
        const end = buffer.subarray(0, bytesRead).lastIndexOf('\n') + 1
        if (end === 0) return chunks
        this.#position += end
        for (const line of buffer.subarray(0, end).toString().trimEnd().split('\n')) {
          const chunk = JSON.parse(line) as LiveChunk
          if (chunk.offset < this.#next) continue
          this.#next = chunk.offset + 1
          chunks.push(chunk)
        }
        if (chunks.length > 0) return chunks
      }
    } finally {
      await file.close()
    }
  }
}
