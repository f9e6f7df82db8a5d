import { appendFile, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { asPid } from '../../std/index.ts'
import { STREAM_BUFFER_CHARS_MAX } from '../limits.ts'
import { nodeClock } from '../platform/node-clock.ts'
import { nodeHash } from '../platform/node-hash.ts'
import { fileStreams } from './file-streams.ts'
import type { LiveEvent, LiveRead } from './live-event.ts'
import { LiveStreams } from './live-streams.ts'
import { memoryStreams } from './memory-streams.ts'
import { rowStreams } from './row-streams.ts'
import type { StreamMedium } from './stream-medium.ts'

const P = asPid('a/../b')
let root = ''
let folders = 0
const opened: StreamMedium[] = []
beforeAll(async () => void (root = await mkdtemp(join(tmpdir(), 'skein-streams-'))))
afterAll(async () => {
  for (const medium of opened) medium.close?.()
  await rm(root, { recursive: true, force: true })
})
const freshFolder = (): string => join(root, String(folders++))

const said = (text: string): LiveEvent => ({ type: 'log', text })
const over = { isOver: () => Promise.resolve(true) }

/** Everything from `from` on, as it is now. */
async function all(streams: LiveStreams, from = 0): Promise<LiveRead[]> {
  const read: LiveRead[] = []
  for await (const chunk of streams.follow(P, { from, ...over })) read.push(chunk)
  return read
}

const MEDIA: readonly (readonly [
  string,
  (bytesMax?: number) => { readonly medium: StreamMedium; readonly again: () => StreamMedium },
])[] = [
  [
    'memory',
    (bytesMax) => {
      const medium = memoryStreams(bytesMax)
      return { medium, again: () => medium }
    },
  ],
  [
    'files',
    (bytesMax) => {
      const folder = freshFolder()
      return { medium: fileStreams(folder, nodeHash, bytesMax), again: () => fileStreams(folder, nodeHash, bytesMax) }
    },
  ],
  [
    'rows',
    (bytesMax) => {
      const folder = freshFolder()
      return { medium: rowsIn(folder, bytesMax), again: () => rowsIn(folder, bytesMax) }
    },
  ],
]

/** As a data folder has them. */
function rowsIn(folder: string, bytesMax?: number): StreamMedium {
  const medium = rowStreams(folder, fileStreams(folder, nodeHash, bytesMax), bytesMax === undefined ? {} : { bytesMax })
  opened.push(medium)
  return medium
}

describe.each(MEDIA)('live streams: %s', (_name, make) => {
  it('keeps what was said in order, under dense offsets, over writers, for readers from any offset', async () => {
    const { medium, again } = make()
    {
      await using streams = new LiveStreams(medium, nodeClock)
      for (const text of ['a', 'b', 'c']) streams.write(P, said(text))
    }
    await using streams = new LiveStreams(again(), nodeClock)
    streams.write(P, said('d'))
    await streams.flush()
    const read = await all(streams)
    expect(read.map((chunk) => [chunk.offset, 'text' in chunk && chunk.text])).toEqual([
      [0, 'a'],
      [1, 'b'],
      [2, 'c'],
      [3, 'd'],
    ])
    expect(await all(streams, 2)).toEqual(read.slice(2))
    expect(await all(streams, 9)).toEqual([])
    await streams.remove(P)
    expect(await all(streams)).toEqual([])
  })

  it('loses no chunk and shows none twice to a reader that comes back a hundred times at random offsets', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 100, maxLength: 100 }),
        fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 100, maxLength: 100 }),
        async (reads, writes) => {
          const { medium, again } = make()
          await using writer = new LiveStreams(medium, nodeClock)
          await using reader = new LiveStreams(again(), nodeClock)
          const heard: string[] = []
          let count = 0
          const sayTo = async (n: number): Promise<void> => {
            for (let i = 0; i < n; i++) writer.write(P, said(String(count++)))
            await writer.flush()
          }
          let next = 0
          for (const [visit, most] of reads.entries()) {
            await sayTo(writes[visit] ?? 0)
            if (next >= count) continue
            let seen = 0
            for await (const chunk of reader.follow(P, { from: next, ...over })) {
              expect(chunk.offset).toBe(next)
              heard.push('text' in chunk ? chunk.text : chunk.type)
              next = chunk.offset + 1
              if (++seen >= most) break
            }
          }
          for (const chunk of next < count ? await all(reader, next) : [])
            heard.push('text' in chunk ? chunk.text : chunk.type)
          expect(heard).toEqual(Array.from({ length: count }, (_, n) => String(n)))
        },
      ),
      { numRuns: 8 },
    )
  })

  it('drops the oldest beyond its bound, and says so to whoever asks for it', async () => {
    await using streams = new LiveStreams(make(8_000).medium, nodeClock)
    for (let n = 0; n < 400; n++) {
      streams.write(P, said(`chunk ${n}`))
      if (n % 10 === 0) await streams.flush()
    }
    await streams.flush()
    const [gap, first] = await all(streams)
    expect(gap).toEqual({ type: 'gap', from: 0, offset: (first?.offset ?? 0) - 1 })
    expect(first?.offset).toBeGreaterThan(100)
    expect((await all(streams)).at(-1)).toMatchObject({ offset: 399, text: 'chunk 399' })
  })

  it('is told at once of what is written in the same host, until the process has ended or the reader leaves', async () => {
    await using streams = new LiveStreams(make().medium, nodeClock)
    const heard: LiveRead[] = []
    const following = (async () => {
      for await (const chunk of streams.follow(P, { isOver: () => Promise.resolve(false) })) heard.push(chunk)
    })()
    streams.write(P, said('a'))
    await streams.flush()
    streams.write(P, { type: 'ended', how: 'ok' })
    await following
    expect(heard.map(({ type }) => type)).toEqual(['log', 'ended'])
    const leaving = new AbortController()
    const left = all(streams, 5)
    leaving.abort()
    expect(await left).toEqual([])
  })

  it('the end of a process that said nothing begins no stream, unless somebody listens', async () => {
    const { medium, again } = make()
    await using streams = new LiveStreams(medium, nodeClock)
    const end: LiveEvent = { type: 'ended', how: 'ok' }
    streams.write(P, end)
    await streams.flush()
    expect(medium.has(P)).toBe(false)
    expect(await all(streams)).toEqual([])
    const listener = streams.follow(P, { isOver: () => Promise.resolve(false) })
    const first = listener.next()
    streams.write(P, end)
    expect((await first).value).toMatchObject({ type: 'ended', offset: 0 })
    // It goes on after its end, in another life of the host.
    await using later = new LiveStreams(again(), nodeClock)
    later.write(P, end)
    await later.flush()
    expect(await all(later, 1)).toMatchObject([{ type: 'ended', offset: 1 }])
    expect(medium.has(P)).toBe(true)
  })

  it('joins deltas of one attempt, and counts what is more than it may write', async () => {
    await using streams = new LiveStreams(make().medium, nodeClock)
    const text = (attempt: number, words: string): LiveEvent => ({
      type: 'text',
      effect: 'm',
      key: 'k',
      attempt,
      text: words,
    })
    for (const words of ['Once ', 'upon ', 'a ']) streams.write(P, text(1, words))
    for (const words of ['A ', 'time']) streams.write(P, text(2, words))
    await streams.flush()
    expect((await all(streams)).map((chunk) => 'text' in chunk && chunk.text)).toEqual(['Once upon a ', 'A time'])
    for (let n = 0; n < 40; n++) streams.write(P, said('x'.repeat(10_000)))
    streams.write(P, { type: 'emit', stream: 's', chunk: 1n })
    await streams.flush()
    const last = (await all(streams)).at(-1)
    expect(last).toMatchObject({ type: 'dropped', chunks: 41 - Math.floor(STREAM_BUFFER_CHARS_MAX / 10_030) })
  })
})

describe('streams in files', () => {
  it('goes on after a writer that died in the middle of a line; a reader waits for the rest of it', async () => {
    const folder = freshFolder()
    {
      await using streams = new LiveStreams(fileStreams(folder, nodeHash), nodeClock)
      streams.write(P, said('whole'))
    }
    const [segment = ''] = await readdir(folder)
    await appendFile(join(folder, segment), '{"type":"log","te')
    await using streams = new LiveStreams(fileStreams(folder, nodeHash), nodeClock)
    expect(await all(streams)).toHaveLength(1)
    streams.write(P, said('next'))
    await streams.flush()
    expect((await all(streams)).map((chunk) => [chunk.offset, 'text' in chunk && chunk.text])).toEqual([
      [0, 'whole'],
      [1, 'next'],
    ])
  })

  it('goes on after a batch of which the disk took two lines and a half, also in another life of the host', async () => {
    const folder = freshFolder()
    const linesOf = async (streams: LiveStreams): Promise<unknown[]> =>
      (await all(streams)).map((chunk) => [chunk.offset, 'text' in chunk ? chunk.text : chunk.type])
    {
      await using streams = new LiveStreams(fileStreams(folder, nodeHash), nodeClock)
      streams.write(P, said('a'))
      await streams.flush()
      const [segment = ''] = await readdir(folder)
      const path = join(folder, segment)
      const aside = join(folder, 'aside')
      // Nothing can be appended to a folder.
      await rename(path, aside)
      await mkdir(path)
      for (const text of ['b', 'c', 'd']) streams.write(P, said(text))
      await streams.flush()
      await rm(path, { recursive: true })
      await rename(aside, path)
      const batch = ['b', 'c', 'd']
        .map((text, i) => `${JSON.stringify({ ...said(text), offset: 1 + i, at: 1 })}\n`)
        .join('')
      await appendFile(path, batch.slice(0, -9))
      streams.write(P, said('e'))
      await streams.flush()
      expect(await linesOf(streams)).toEqual([
        [0, 'a'],
        [1, 'b'],
        [2, 'c'],
        [3, 'e'],
        [4, 'dropped'],
      ])
    }
    await using streams = new LiveStreams(fileStreams(folder, nodeHash), nodeClock)
    streams.write(P, said('f'))
    await streams.flush()
    expect((await linesOf(streams)).slice(3)).toEqual([
      [3, 'e'],
      [4, 'dropped'],
      [5, 'f'],
    ])
  })

  it.each(['{"type":"log","te{"type":"log","text":"glued","offset":1,"at":1}', 'null', ''])(
    'passes over a line that is no chunk, and writes on behind it: %s',
    async (damaged) => {
      const folder = freshFolder()
      {
        await using streams = new LiveStreams(fileStreams(folder, nodeHash), nodeClock)
        streams.write(P, said('whole'))
      }
      const [segment = ''] = await readdir(folder)
      const after = JSON.stringify({ ...said('after'), offset: 2, at: 1 })
      await appendFile(join(folder, segment), `${damaged}\n${after}\n${damaged}\n`)
      await using streams = new LiveStreams(fileStreams(folder, nodeHash), nodeClock)
      streams.write(P, said('next'))
      await streams.flush()
      expect(await all(streams)).toMatchObject([
        { offset: 0, text: 'whole' },
        { type: 'gap', from: 1, offset: 1 },
        { offset: 2, text: 'after' },
        { offset: 3, text: 'next' },
      ])
    },
  )

  it('goes on in a folder that somebody has removed', async () => {
    const folder = freshFolder()
    await using streams = new LiveStreams(fileStreams(folder, nodeHash), nodeClock)
    for (const text of ['before', 'after']) {
      streams.write(P, said(text))
      await streams.flush()
      if (text === 'before') await rm(folder, { recursive: true })
    }
    expect((await all(streams)).map((chunk) => ('text' in chunk ? chunk.text : chunk.type))).toEqual(['gap', 'after'])
  })

  it('goes on with a stream whose first segment lies in a folder, as older versions wrote it, and removes all of it', async () => {
    const folder = freshFolder()
    const older = join(folder, nodeHash.sha256(P).slice(0, 40))
    await mkdir(older, { recursive: true })
    const line = JSON.stringify({ ...said('older'), offset: 0, at: 1 })
    await writeFile(join(older, '000000000000000.jsonl'), `${line}\n`)
    await using streams = new LiveStreams(fileStreams(folder, nodeHash), nodeClock)
    streams.write(P, said('newer'))
    await streams.flush()
    expect((await all(streams)).map((chunk) => [chunk.offset, 'text' in chunk && chunk.text])).toEqual([
      [0, 'older'],
      [1, 'newer'],
    ])
    await streams.remove(P)
    expect(await readdir(folder)).toEqual([])
  })

  it('a medium that fails stops nobody, and what was lost is said', async () => {
    const sound = memoryStreams()
    let isFull = true
    const full: StreamMedium = {
      ...sound,
      append: async (pid, chunks) => (isFull ? Promise.reject(new Error('full')) : sound.append(pid, chunks)),
    }
    await using streams = new LiveStreams(full, nodeClock)
    streams.write(P, said('lost'))
    await streams.flush()
    isFull = false
    streams.write(P, said('kept'))
    await streams.flush()
    expect(await all(streams)).toMatchObject([{ text: 'kept' }, { type: 'dropped', chunks: 1 }])
  })
})
