import { mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { asPid, SkeinError } from '../../std/index.ts'
import type { Pid } from '../../std/index.ts'
import { nodeClock } from '../platform/node-clock.ts'
import { nodeHash } from '../platform/node-hash.ts'
import { fileStreams } from './file-streams.ts'
import type { LiveChunk, LiveEvent, LiveRead } from './live-event.ts'
import { LiveStreams } from './live-streams.ts'
import { memoryStreams } from './memory-streams.ts'
import { rowStreams, rowStreamsBeside, SAID_DATABASE } from './row-streams.ts'
import { SaidFile } from './said-file.ts'
import { SaidRows } from './said-rows.ts'
import type { StreamMedium } from './stream-medium.ts'

const P = asPid('run')
const Q = asPid('other')
const SECRET = 'Amaranth'
/** Far below the seconds that others hold a lock, far above the milliseconds that are waited for it. */
const BLOCKED_MS_MAX = 1_000
let root = ''
let folders = 0
const opened: { close?(): void }[] = []
beforeAll(async () => void (root = await mkdtemp(join(tmpdir(), 'skein-said-'))))
afterAll(async () => {
  for (const medium of opened) medium.close?.()
  await rm(root, { recursive: true, force: true })
})
const freshFolder = (): string => join(root, String(folders++))
const said = (text: string): LiveEvent => ({ type: 'log', text })
const linesOf = (from: number, texts: readonly string[]): LiveChunk[] =>
  texts.map((text, i): LiveChunk => ({ type: 'log', text, offset: from + i, at: 1 }))

function ownerOf(folder: string, options: { readonly bytesMax?: number; readonly damaged?: () => void } = {}) {
  const medium = rowStreams(folder, fileStreams(folder, nodeHash), options)
  opened.push(medium)
  return medium
}

function readerOf(folder: string): StreamMedium {
  const medium = rowStreamsBeside(folder, fileStreams(folder, nodeHash))
  opened.push(medium)
  return medium
}

/** A program that knows nothing of Skein. */
function foreign(folder: string): DatabaseSync {
  return new DatabaseSync(join(folder, SAID_DATABASE), { timeout: 1_000 })
}

async function say(medium: StreamMedium, pid: Pid, ...texts: string[]): Promise<void> {
  await medium.append(pid, linesOf(await medium.next(pid), texts))
}

async function textsOf(medium: StreamMedium, pid = P): Promise<readonly (string | false)[]> {
  const reader = medium.reader(pid, 0)
  const texts: (string | false)[] = []
  for (;;) {
    const chunks = await reader.read()
    if (chunks.length === 0) return texts
    texts.push(...chunks.map((chunk) => 'text' in chunk && chunk.text))
  }
}

async function holding(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder)
  const contents = await Promise.all(names.map((name) => readFile(join(folder, name), 'latin1')))
  return names.filter((_, i) => contents[i]?.includes(SECRET))
}

describe('what is removed', () => {
  it('is not said to be removed while somebody reads it, and is when he has left', async () => {
    const folder = freshFolder()
    const medium = ownerOf(folder)
    await say(medium, P, SECRET)
    const reader = foreign(folder)
    reader.exec('begin; select * from said')
    await expect(medium.remove(P)).rejects.toMatchObject({
      code: 'STREAM_NOT_REMOVED',
      retryable: true,
      message: expect.stringContaining('erase it again'),
    })
    setTimeout(() => reader.close(), 100)
    await medium.remove(P)
    expect(await holding(folder)).toEqual([])
    expect(medium.has(P)).toBe(false)
  })

  it('is wiped also where somebody died between the removal and the cut of the log', async () => {
    const folder = freshFolder()
    const medium = ownerOf(folder)
    await say(medium, P, SECRET)
    const dead = foreign(folder)
    dead.exec('pragma secure_delete = on')
    dead.prepare('delete from said where pid = ?').run(P)
    expect(await holding(folder)).not.toEqual([])
    await medium.remove(P)
    expect(await holding(folder)).toEqual([])
    dead.close()
  })

  it('is wiped where the database was taken away and its log was not', async () => {
    const folder = freshFolder()
    await say(ownerOf(folder), P, SECRET)
    await rm(join(folder, SAID_DATABASE))
    expect(await holding(folder)).not.toEqual([])
    await ownerOf(folder).remove(P)
    expect(await holding(folder)).toEqual([])
  })

  it('gives its space back, in pieces, while others go on', async () => {
    const folder = freshFolder()
    const medium = ownerOf(folder)
    await say(medium, P, ...Array.from({ length: 2_000 }, (_, n) => `${n} ${'x'.repeat(1_000)}`))
    const before = (await stat(join(folder, SAID_DATABASE))).size
    const removed = medium.remove(P)
    await say(medium, Q, 'meanwhile')
    await removed
    expect(await textsOf(medium, Q)).toEqual(['meanwhile'])
    expect((await stat(join(folder, SAID_DATABASE))).size).toBeLessThan(Math.max(before, 2_000_000) / 8)
  })

  it('goes with a damaged database', async () => {
    const folder = freshFolder()
    const first = ownerOf(folder)
    await say(first, P, SECRET)
    first.close?.()
    await writeFile(join(folder, SAID_DATABASE), `no database, but ${SECRET}`)
    const damaged = vi.fn<() => void>()
    const medium = ownerOf(folder, { damaged })
    await medium.remove(P)
    expect(await holding(folder)).toEqual([])
    expect(damaged).toHaveBeenCalledOnce()
  })

  it('says what mends it where the disk is full', async () => {
    const full = Object.assign(new Error('database or disk is full'), { errcode: 13 })
    const rows = new SaidRows({
      path: 'said.db',
      with: () => {
        throw full
      },
      transaction: () => undefined,
      throwAway: () => undefined,
      close: () => undefined,
    })
    await expect(rows.remove(P)).rejects.toMatchObject({
      code: 'STREAM_NOT_REMOVED',
      message: expect.stringContaining('free some space'),
    })
  })
})

describe('a stream that cannot be looked at', () => {
  it('is not taken for an empty one: nothing is overwritten, and what was lost is said', async () => {
    const folder = freshFolder()
    const before = ownerOf(folder)
    await say(before, P, 'a', 'b', 'c')
    before.close?.()
    const medium = ownerOf(folder)
    const lock = foreign(folder)
    lock.exec(
      "pragma locking_mode = exclusive; begin immediate; insert into said(pid, at, upto, text) values('x', 0, 0, '')",
    )
    await expect(medium.next(P)).rejects.toThrow('locked')
    const streams = new LiveStreams(medium, nodeClock)
    streams.write(P, said('lost'))
    await streams.flush()
    lock.exec('rollback')
    lock.close()
    streams.write(P, said('d'))
    await streams.flush()
    expect(await textsOf(medium)).toEqual(['a', 'b', 'c', 'd', false])
    expect(await medium.next(P)).toBe(5)
  })

  it('fails between its look and its batch: the next goes on behind it', async () => {
    const folder = freshFolder()
    const medium = ownerOf(folder)
    await say(medium, P, 'a')
    const next = await medium.next(P)
    const lock = foreign(folder)
    lock.exec('begin immediate')
    const asked = performance.now()
    await expect(medium.append(P, linesOf(next, ['lost']))).rejects.toThrow('locked')
    expect(performance.now() - asked).toBeLessThan(BLOCKED_MS_MAX)
    lock.close()
    await say(medium, P, 'b')
    expect(await textsOf(medium)).toEqual(['a', 'b'])
  })

  it('takes nobody else along: a batch is written whole, or not at all', async () => {
    const folder = freshFolder()
    const medium = ownerOf(folder)
    await say(medium, P, 'a')
    const failing = vi.spyOn(SaidFile.prototype, 'with').mockImplementationOnce(() => {
      throw new Error('for a moment')
    })
    const both = await Promise.allSettled([
      medium.append(P, linesOf(1, ['lost'])),
      medium.append(Q, linesOf(0, ['lost, too'])),
    ])
    failing.mockRestore()
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    await say(medium, P, 'b')
    expect([await textsOf(medium, P), await textsOf(medium, Q)]).toEqual([['a', 'b'], []])
  })

  it('is passed over where a row is torn', async () => {
    const folder = freshFolder()
    const medium = ownerOf(folder)
    await say(medium, P, 'a', 'b', 'c')
    const hand = foreign(folder)
    hand.exec(`update said set text = '{"type":"log","te' where at = 1`)
    hand.close()
    expect(await textsOf(medium)).toEqual(['a', 'c'])
    expect(await textsOf(readerOf(folder))).toEqual(['a', 'c'])
    await say(medium, P, 'd')
    expect(await textsOf(medium)).toEqual(['a', 'c', 'd'])
  })
})

describe('who reads beside the owner', () => {
  it('hears all of it in order while it is written', async () => {
    const folder = freshFolder()
    await using writer = new LiveStreams(ownerOf(folder), nodeClock)
    await using reader = new LiveStreams(readerOf(folder), nodeClock)
    let isOver = false
    const heard: LiveRead[] = []
    const following = (async () => {
      for await (const chunk of reader.follow(P, { isOver: () => Promise.resolve(isOver) })) heard.push(chunk)
    })()
    for (let n = 0; n < 60; n++) {
      writer.write(P, said(String(n)))
      await writer.flush()
    }
    isOver = true
    await following
    expect(heard.map((chunk) => [chunk.offset, 'text' in chunk && chunk.text])).toEqual(
      Array.from({ length: 60 }, (_, n) => [n, String(n)]),
    )
  })

  it('makes nothing where the folder was removed, and finds what its owner makes then', async () => {
    const folder = freshFolder()
    const owner = ownerOf(folder)
    const reader = readerOf(folder)
    await say(owner, P, 'before')
    expect(await textsOf(reader)).toEqual(['before'])
    await rm(folder, { recursive: true })
    expect(reader.has(P)).toBe(false)
    expect(await textsOf(reader)).toEqual([])
    expect(await readdir(folder).catch(() => 'no folder')).toBe('no folder')
    await say(owner, P, 'after')
    expect(await textsOf(reader)).toEqual(['after'])
    expect(await textsOf(owner)).toEqual(['after'])
  })

  it('makes nothing where nobody has said anything, and refuses to write', async () => {
    const folder = freshFolder()
    const reader = readerOf(folder)
    expect([reader.has(P), await textsOf(reader)]).toEqual([false, []])
    await expect(reader.append(P, linesOf(0, ['no']))).rejects.toThrow('only the owner')
    await expect(reader.remove(P)).rejects.toThrow('only the owner')
    expect(await readdir(folder).catch(() => 'no folder')).toBe('no folder')
  })

  it('removes no damaged database', async () => {
    const folder = freshFolder()
    const owner = ownerOf(folder)
    await say(owner, P, 'a')
    owner.close?.()
    await writeFile(join(folder, SAID_DATABASE), 'no database')
    expect(await textsOf(readerOf(folder))).toEqual([])
    expect(await readFile(join(folder, SAID_DATABASE), 'utf8')).toBe('no database')
  })

  it('and the owner, too, go on in the file that has the name', async () => {
    const [folder, another] = [freshFolder(), freshFolder()] as const
    for (const place of [folder, another]) {
      const medium = ownerOf(place)
      await say(medium, Q, place)
      medium.close?.()
    }
    const owner = ownerOf(folder)
    const reader = readerOf(folder)
    await say(owner, P, 'before')
    expect(await textsOf(reader, Q)).toEqual([folder])
    await rm(folder, { recursive: true })
    await rename(another, folder)
    await say(owner, P, 'after')
    expect(await textsOf(reader, Q)).toEqual([another])
    expect(await textsOf(reader)).toEqual(['after'])
  })
})

describe('an owner', () => {
  it('that has left writes nothing any more', async () => {
    const folder = freshFolder()
    const medium = ownerOf(folder)
    await say(medium, P, 'a')
    medium.close?.()
    await expect(medium.append(P, linesOf(1, ['late']))).rejects.toBeInstanceOf(SkeinError)
    await expect(medium.remove(P)).rejects.toMatchObject({ code: 'ENGINE_CLOSED' })
    expect(await textsOf(readerOf(folder))).toEqual(['a'])
  })

  it('after an older version that knew no rows goes on behind both, also where it has looked before', async () => {
    const folder = freshFolder()
    {
      const first = ownerOf(folder)
      await say(first, P, 'row 0', 'row 1')
      first.close?.()
    }
    const olderTexts = Array.from({ length: 9 }, (_, n) => `line ${n}`)
    await fileStreams(folder, nodeHash).append(P, linesOf(0, olderTexts))
    const medium = ownerOf(folder)
    expect(await medium.next(P)).toBe(9)
    await say(medium, P, 'row 9')
    expect(await textsOf(medium)).toEqual(['row 0', 'row 1', 'row 9'])
    expect(await textsOf(readerOf(folder))).toEqual(['row 0', 'row 1', 'row 9'])
    await medium.remove(P)
    expect((await readdir(folder)).filter((name) => !name.startsWith(SAID_DATABASE))).toEqual([])
    expect(await medium.next(P)).toBe(0)
  })

  it('names whose streams there are, page by page', async () => {
    const medium = ownerOf(freshFolder())
    expect(medium.pids?.('', 2)).toEqual([])
    for (const pid of ['c', 'a', 'b']) await say(medium, asPid(pid), 'x', 'y')
    expect(medium.pids?.('', 2)).toEqual(['a', 'b'])
    expect(medium.pids?.('b', 2)).toEqual(['c'])
  })
})

describe('the bound of a stream', () => {
  const bytesMax = 20_000

  it.each(['rows', 'memory'])('is of bytes, and no more goes than must: %s', async (kind) => {
    const medium = kind === 'rows' ? ownerOf(freshFolder(), { bytesMax }) : memoryStreams(bytesMax)
    const bytesOf = async (): Promise<number> => {
      const reader = medium.reader(P, 0)
      let bytes = 0
      for (;;) {
        const chunks = await reader.read()
        if (chunks.length === 0) return bytes
        for (const chunk of chunks) bytes += Buffer.byteLength(JSON.stringify(chunk))
      }
    }
    for (let n = 0; n < 40; n++) {
      await say(medium, P, ...Array.from({ length: 10 }, () => '€'.repeat(30)))
      const bytes = await bytesOf()
      expect(bytes).toBeLessThanOrEqual(bytesMax)
      // Of ten chunks a batch, no more than one too many has gone.
      expect(bytes).toBeGreaterThan(n > 20 ? bytesMax - 200 : 0)
    }
  })

  it('holds over lives of the host, and keeps a single chunk that is larger', async () => {
    const folder = freshFolder()
    for (let life = 0; life < 3; life++) {
      const medium = ownerOf(folder, { bytesMax })
      await say(medium, P, ...Array.from({ length: 100 }, () => 'x'.repeat(80)))
      expect((await textsOf(medium)).length).toBeLessThanOrEqual(bytesMax / 80)
      medium.close?.()
    }
    const medium = ownerOf(folder, { bytesMax })
    const large = 'y'.repeat(2 * bytesMax)
    await say(medium, P, large)
    expect(await textsOf(medium)).toEqual([large])
  })
})
