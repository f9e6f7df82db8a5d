import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { asPid } from '../../std/index.ts'
import { nodeClock } from '../platform/node-clock.ts'
import { nodeHash } from '../platform/node-hash.ts'
import { fileStreams } from './file-streams.ts'
import type { LiveEvent, LiveRead } from './live-event.ts'
import { LiveStreams } from './live-streams.ts'
import { rowStreams, SAID_DATABASE } from './row-streams.ts'
import type { StreamMedium } from './stream-medium.ts'

const P = asPid('a/../b')
let root = ''
let folders = 0
const opened: StreamMedium[] = []
beforeAll(async () => void (root = await mkdtemp(join(tmpdir(), 'skein-rows-'))))
afterAll(async () => {
  for (const medium of opened) medium.close?.()
  await rm(root, { recursive: true, force: true })
})
const freshFolder = (): string => join(root, String(folders++))
const said = (text: string): LiveEvent => ({ type: 'log', text })

/** As a data folder has them. */
function rowsIn(folder: string): StreamMedium {
  const medium = rowStreams(folder, fileStreams(folder, nodeHash))
  opened.push(medium)
  return medium
}

/** Everything, as it is now. */
async function all(streams: LiveStreams): Promise<LiveRead[]> {
  const read: LiveRead[] = []
  for await (const chunk of streams.follow(P, { isOver: () => Promise.resolve(true) })) read.push(chunk)
  return read
}

describe('streams in rows', () => {
  const other = asPid('other')

  it('what is removed stands in no file any more, and others are as they were', async () => {
    const folder = freshFolder()
    const medium = rowsIn(folder)
    const streams = new LiveStreams(medium, nodeClock)
    for (const pid of [P, other]) for (let n = 0; n < 200; n++) streams.write(pid, said(`secret of ${pid} ${n}`))
    await streams.flush()
    expect(await contentOf(folder)).toContain(`secret of ${P}`)
    await streams.remove(P)
    expect(await contentOf(folder)).not.toContain(`secret of ${P}`)
    expect(await all(streams)).toEqual([])
    expect(await contentOf(folder)).toContain('secret of other 199')
    expect(await medium.next(other)).toBe(200)
  })

  it('makes nothing for whoever only reads, or removes what is not there', async () => {
    const folder = freshFolder()
    const medium = rowsIn(folder)
    expect(medium.has(P)).toBe(false)
    expect(await medium.reader(P, 0).read()).toEqual([])
    await medium.remove(P)
    expect(await readdir(folder).catch(() => 'no folder')).toBe('no folder')
  })

  it.each(['by somebody', 'by a power cut'])('begins anew where the database was damaged %s', async (how) => {
    const folder = freshFolder()
    const streams = new LiveStreams(rowsIn(folder), nodeClock)
    streams.write(P, said('before'))
    await streams[Symbol.asyncDispose]()
    if (how === 'by somebody') await rm(folder, { recursive: true })
    else await writeFile(join(folder, SAID_DATABASE), 'no database')
    const later = new LiveStreams(rowsIn(folder), nodeClock)
    later.write(P, said('while it is damaged'))
    await later.flush()
    later.write(P, said('after'))
    await later.flush()
    const words = (await all(later)).flatMap((chunk) => ('text' in chunk ? [chunk.text] : []))
    expect(words).toContain('after')
    expect(words).not.toContain('before')
  })

  it('goes on in a folder that somebody has removed under it', async () => {
    const folder = freshFolder()
    const streams = new LiveStreams(rowsIn(folder), nodeClock)
    for (const text of ['before', 'after']) {
      streams.write(P, said(text))
      await streams.flush()
      if (text === 'before') await rm(folder, { recursive: true })
    }
    expect((await all(streams)).map((chunk) => ('text' in chunk ? chunk.text : chunk.type))).toEqual(['gap', 'after'])
  })

  it('goes on with a stream that an older version began as a file, beside new ones in rows, and removes both', async () => {
    const folder = freshFolder()
    {
      await using older = new LiveStreams(fileStreams(folder, nodeHash), nodeClock)
      older.write(P, said('older'))
    }
    const medium = rowsIn(folder)
    const streams = new LiveStreams(medium, nodeClock)
    for (const pid of [P, other]) streams.write(pid, said('newer'))
    await streams.flush()
    expect((await all(streams)).map((chunk) => [chunk.offset, 'text' in chunk && chunk.text])).toEqual([
      [0, 'older'],
      [1, 'newer'],
    ])
    expect(await readdir(folder)).toEqual(expect.arrayContaining([SAID_DATABASE, expect.stringMatching(/\.jsonl$/)]))
    for (const pid of [P, other]) await streams.remove(pid)
    expect((await readdir(folder)).filter((name) => !name.startsWith(SAID_DATABASE))).toEqual([])
    expect(medium.has(other)).toBe(false)
  })
})

async function contentOf(folder: string): Promise<string> {
  const files = await readdir(folder)
  return (await Promise.all(files.map((name) => readFile(join(folder, name), 'latin1')))).join('\n')
}
