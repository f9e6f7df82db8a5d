/**
 * Streams as files, a chunk a line: the first segment of a process is a file, later ones lie in a folder of its own, each
 * named for its first offset. Most streams are short, and a folder would cost as much as all that is in it.
 *
 * Invariants:
 * 1. Only the newest segment is written to, and only at its end; nothing is ever synced.
 * 2. A line without its newline is not there: a writer cuts it off before it goes on, also after an append that failed; a reader
 *    waits for the rest. A whole line that is no chunk is passed over, so that one damaged line costs no other.
 * 3. A process keeps `bytesMax` at most, give or take a segment; whole segments go, the oldest first.
 * 4. Where the folder holds the segment of offset 0 too, as older versions wrote it, there is no file beside it.
 */
import { existsSync } from 'node:fs'
import { appendFile, mkdir, open, readdir, readFile, rm, truncate } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Hash, Pid } from '../../std/index.ts'
import { STREAM_BYTES_MAX, STREAM_READ_BYTES } from '../limits.ts'
import { chunkOf } from './live-event.ts'
import type { LiveChunk } from './live-event.ts'
import type { StreamMedium, StreamReader } from './stream-medium.ts'

const SEGMENTS_KEPT = 8
const DIGITS = 15
const SUFFIX = '.jsonl'
const NAME_DIGITS = 40

/** Where a segment is, and the offset of its first chunk. */
type Place = { readonly path: string; readonly first: number }
/** The newest segment: how long it is, and the offset of the chunk to come. */
type Segment = Place & { readonly bytes: number; readonly next: number }

/** Streams below `folder`; `bytesMax` bounds each. */
export function fileStreams(folder: string, hash: Hash, bytesMax = STREAM_BYTES_MAX): StreamMedium {
  const newest = new Map<Pid, Segment>()
  const at = (pid: Pid): string => join(folder, hash.sha256(pid).slice(0, NAME_DIGITS))
  const current = async (pid: Pid): Promise<Segment> => {
    const segment = newest.get(pid) ?? (await mend(at(pid)))
    newest.set(pid, segment)
    return segment
  }
  return {
    has: (pid) => newest.has(pid) || isThere(at(pid)),
    next: async (pid) => (await current(pid)).next,
    async append(pid, chunks) {
      let segment = await current(pid)
      if (segment.bytes > bytesMax / SEGMENTS_KEPT) {
        segment = { ...segment, ...later(at(pid), segment.next), bytes: 0 }
        for (const { path } of (await places(at(pid))).slice(0, -(SEGMENTS_KEPT - 1))) await rm(path, { force: true })
      }
      const text = chunks.map((chunk) => `${JSON.stringify(chunk)}\n`).join('')
      try {
        await appendTo(segment.path, text)
      } catch (thrown) {
        // How much of it a full disk took, only the file tells.
        newest.delete(pid)
        throw thrown
      }
      const last = chunks.at(-1)
      // Read again from the file in the rare case that it goes on: a host sees many processes end.
      if (last?.type === 'ended') newest.delete(pid)
      else
        newest.set(pid, {
          ...segment,
          bytes: segment.bytes + Buffer.byteLength(text),
          next: (last?.offset ?? segment.next - 1) + 1,
        })
    },
    reader: (pid, from) => new SegmentReader(at(pid), from),
    async remove(pid) {
      newest.delete(pid)
      await rm(early(at(pid)).path, { force: true })
      await rm(at(pid), { recursive: true, force: true })
    },
  }
}

const early = (base: string): Place => ({ path: `${base}${SUFFIX}`, first: 0 })
const later = (base: string, first: number): Place => ({
  path: join(base, `${String(first).padStart(DIGITS, '0')}${SUFFIX}`),
  first,
})
const isThere = (base: string): boolean => existsSync(early(base).path) || existsSync(base)

/** The segments of one stream, the oldest first. */
async function places(base: string): Promise<readonly Place[]> {
  const names = existsSync(base) ? await readdir(base).catch(() => []) : []
  const firsts = names.filter((name) => name.endsWith(SUFFIX)).map((name) => Number(name.slice(0, -SUFFIX.length)))
  const inFolder = firsts.toSorted((a, b) => a - b).map((first) => later(base, first))
  return existsSync(early(base).path) ? [early(base), ...inFolder] : inFolder
}

/** At the end of a file; whoever is first, or comes after somebody who has removed them, makes the folders above it. */
async function appendTo(path: string, text: string): Promise<void> {
  const append = (): Promise<void> => appendFile(path, text, { mode: 0o600 })
  try {
    await append()
  } catch (thrown) {
    if (!existsSync(dirname(path))) await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    else throw thrown
    await append()
  }
}

/** The newest segment, with what was not written whole cut off. */
async function mend(base: string): Promise<Segment> {
  const place = (await places(base)).at(-1)
  if (place === undefined) return { ...early(base), bytes: 0, next: 0 }
  const content = await readFile(place.path)
  const bytes = content.lastIndexOf('\n') + 1
  if (bytes < content.length) await truncate(place.path, bytes)
  const lines = content.subarray(0, bytes).toString().split('\n')
  let last: LiveChunk | undefined
  while (last === undefined && lines.length > 0) last = chunkOf(lines.pop() ?? '')
  return { ...place, bytes, next: last === undefined ? place.first : last.offset + 1 }
}

class SegmentReader implements StreamReader {
  readonly #base: string
  #next: number
  #path: string | undefined
  #position = 0

  constructor(base: string, from: number) {
    this.#base = base
    this.#next = from
  }

  async read(): Promise<readonly LiveChunk[]> {
    for (;;) {
      const found = await places(this.#base)
      let index = found.findIndex(({ path }) => path === this.#path)
      if (index < 0) {
        // Never begun, or dropped while it was read: where the next chunk is, or the oldest that is left.
        index = Math.max(
          found.findLastIndex(({ first }) => first <= this.#next),
          0,
        )
        this.#path = found[index]?.path
        this.#position = 0
      }
      if (this.#path === undefined) return []
      const chunks = await this.#more(this.#path)
      if (chunks.length > 0) return chunks
      // Listed before it was read to its end: a segment with a later one beside it is complete.
      const next = found[index + 1]
      if (next === undefined) return []
      this.#path = next.path
      this.#position = 0
    }
  }

  /** What has been written whole since the last look. */
  async #more(path: string): Promise<readonly LiveChunk[]> {
    const file = await open(path).catch(() => undefined)
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
          const chunk = chunkOf(line)
          if (chunk === undefined || chunk.offset < this.#next) continue
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
