import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { payloadOf } from '../../../kernel/index.ts'
import type { Payload } from '../../../kernel/index.ts'
import { asPid, limits } from '../../../std/index.ts'
import { all, captured, codeOf, endWith, factsFrom, HandClock, note, request, settle } from '../../engine.fixture.ts'
import { openForOwner } from '../store/database.ts'
import { SCHEMA_VERSION } from '../store/schema.ts'
import { sqliteStore } from '../store/sqlite-store.ts'
import { createEngine } from '../create-engine.ts'
import type { LocalEngine } from '../local-engine.ts'
import { nodeSoon } from '../../platform/node-soon.ts'
import { attachEmbedded } from './attach-embedded.ts'
import { fileActs } from './file-acts.fixture.ts'
import { ownerProcess, ports, temporaryFolder } from './folder.fixture.ts'
import { openEmbedded } from './open-embedded.ts'
import { noteOf } from './owner-lock.ts'
import { readEmbedded } from './read-embedded.ts'

const mode = (path: string): string => (statSync(path).mode & 0o777).toString(8)

describe('a data folder', () => {
  it('is made for its user only, and leaves nothing open behind', async () => {
    using folder = temporaryFolder('deep/er')
    const engine = await openEmbedded({ folder: folder.path, ...ports })
    expect(mode(folder.path)).toBe('700')
    expect(readdirSync(folder.path).map((file) => [file, mode(join(folder.path, file))])).toEqual([
      ['control.sock', '600'],
      ['owner', '600'],
      ['skein.db', '600'],
      ['skein.db-shm', '600'],
      ['skein.db-wal', '600'],
    ])
    expect(JSON.parse(noteOf(folder.path, 'owner') ?? '{}')).toEqual(engine.owner)
    await engine[Symbol.asyncDispose]()
    expect(readdirSync(folder.path)).toEqual(['owner', 'skein.db'])
  })

  it('is found again after a power cut, and leaves no timer behind when it is let go of', async () => {
    using folder = temporaryFolder()
    const clock = new HandClock()
    const acts = await fileActs(async () => {
      const engine = await openEmbedded({ folder: folder.path, ...ports, clock })
      await engine.start(request('p'))
      expect(clock.timers).toBeGreaterThan(0)
      await engine[Symbol.asyncDispose]()
    })
    expect(clock.timers).toBe(0)
    expect(acts.slice(0, 2)).toEqual([`sync ${basename(dirname(folder.path))}`, 'sync data'])
  })

  it('keeps what was written, and raises the epoch at every opening', async () => {
    using folder = temporaryFolder()
    for (const epoch of [1, 2, 3]) {
      await using engine = await openEmbedded({ folder: folder.path, ...ports })
      expect(engine.owner).toMatchObject({ pid: process.pid, hostname: hostname(), epoch })
      await engine.start(request(`p${epoch}`))
      expect(await all(engine.list({}))).toHaveLength(epoch)
    }
  })

  it('has one owner: a second one is told who it is, also in the same process', async () => {
    using folder = temporaryFolder()
    await using owner = await ownerProcess(folder.path)
    const second = openEmbedded({ folder: folder.path, ...ports })
    await expect(second).rejects.toMatchObject({ code: 'DATA_FOLDER_OWNED', data: { pid: owner.child.pid, epoch: 1 } })
    await expect(openEmbedded({ folder: folder.path, ...ports })).rejects.toThrow(`process ${owner.child.pid}`)
    await owner.kill()
    await using engine = await openEmbedded({ folder: folder.path, ...ports })
    expect(await codeOf(openEmbedded({ folder: folder.path, ...ports }))).toBe('DATA_FOLDER_OWNED')
    expect(engine.owner.epoch).toBe(2)
  })

  it('is free at once after kill -9, and its processes go on with every fact they had', async () => {
    using folder = temporaryFolder()
    await using owner = await ownerProcess(
      folder.path,
      `await engine.host(async (activation) => {
        activation.frame(factsFrom(0, [note('kept')]), {})
        activation.perform({ key: 'r', attempt: 1, class: 'write' }, async () => { say('began'); return new Promise(() => {}) })
        await activation.next()
      })
      await engine.start(request('p'))`,
    )
    await owner.said('began')
    await owner.kill()
    await using engine = await openEmbedded({ folder: folder.path, ...ports })
    const host = captured()
    await engine.host(host.run)
    const activation = await host.next()
    expect(activation.facts).toHaveLength(1)
    expect(activation).toMatchObject({ epoch: 2, ownerDeath: 'known' })
    await endWith(activation)
    expect(await engine.inspect(asPid('p'))).toMatchObject({ status: 'done', activations: 2 })
    expect(await all(engine.verify())).toEqual([])
  })

  it('is handed over in under a second when its owner drains', async () => {
    using folder = temporaryFolder()
    await using owner = await ownerProcess(
      folder.path,
      `await engine.host(async (a) => { await a.next().catch(() => {}) }); await engine.start(request('p'))`,
    )
    const opening = openEmbedded({ folder: folder.path, ...ports, waitMs: 5_000 })
    const began = performance.now()
    owner.child.kill('SIGTERM')
    await using engine = await opening
    expect(performance.now() - began).toBeLessThan(1_000)
    expect(await engine.inspect(asPid('p'))).toMatchObject({ status: 'ready' })
  })

  it('waiting for it can be given up', async () => {
    using folder = temporaryFolder()
    await using _ = await openEmbedded({ folder: folder.path, ...ports })
    const giveUp = new AbortController()
    const waiting = openEmbedded({ folder: folder.path, ...ports, waitMs: 60_000, signal: giveUp.signal })
    giveUp.abort()
    expect(await codeOf(waiting)).toBe('CANCELLED')
  })

  it('from a newer Skein is refused, and left as it is', async () => {
    using folder = temporaryFolder()
    await (await openEmbedded({ folder: folder.path, ...ports }))[Symbol.asyncDispose]()
    const path = join(folder.path, 'skein.db')
    const db = new DatabaseSync(path)
    db.exec(`pragma user_version = ${SCHEMA_VERSION + 1}`)
    db.close()
    const before = readFileSync(path)
    await expect(openEmbedded({ folder: folder.path, ...ports })).rejects.toThrow('update Skein')
    expect(await codeOf(openEmbedded({ folder: folder.path, ...ports }))).toBe('DATA_FOLDER_NEWER')
    expect(() => readEmbedded(folder.path, ports.hash)).toThrow('update Skein')
    expect(readFileSync(path).equals(before)).toBe(true)
  })

  it.each([
    ['garbage', () => Buffer.from('this is no database at all, only text that goes on for a while '.repeat(20))],
    ['a database of something else', (path: string) => foreignDatabase(`${path}.other`)],
  ])('with %s in place of the store is refused, and left as it is', async (_, content) => {
    using folder = temporaryFolder()
    mkdirSync(folder.path)
    const path = join(folder.path, 'skein.db')
    const bytes = content(path)
    writeFileSync(path, bytes)
    expect(await codeOf(openEmbedded({ folder: folder.path, ...ports }))).toBe('DATA_FOLDER_CORRUPT')
    expect(readFileSync(path).equals(bytes)).toBe(true)
    expect(() => readEmbedded(folder.path, ports.hash)).toThrow('not a Skein store')
  })

  it('that is a file, or under one, is a mistake of the caller', async () => {
    using folder = temporaryFolder()
    writeFileSync(folder.path, 'a file')
    expect(await codeOf(openEmbedded({ folder: folder.path, ...ports }))).toBe('USAGE')
    expect(await codeOf(openEmbedded({ folder: join(folder.path, 'x'), ...ports }))).toBe('USAGE')
  })

  it.skipIf(process.getuid?.() === 0)('that may not be written is refused', async () => {
    using folder = temporaryFolder()
    mkdirSync(folder.path)
    chmodSync(folder.path, 0o500)
    expect(await codeOf(openEmbedded({ folder: folder.path, ...ports }))).toBe('DATA_FOLDER_READ_ONLY')
    chmodSync(folder.path, 0o700)
  })

  it('a store that may not be written says so', () => {
    using folder = temporaryFolder()
    mkdirSync(folder.path)
    const path = join(folder.path, 'skein.db')
    openForOwner(path).close()
    const db = new DatabaseSync(path, { readOnly: true })
    expect(() => sqliteStore(db, { where: path, durability: 'fsync' })).toThrow(
      expect.objectContaining({ code: 'DATA_FOLDER_READ_ONLY' }),
    )
    db.close()
  })

  it('a full disk stops the engine with everything acknowledged kept', async () => {
    using folder = temporaryFolder()
    mkdirSync(folder.path)
    const path = join(folder.path, 'skein.db')
    const full = openForOwner(path)
    full.exec('pragma max_page_count = 200')
    const engine = createEngine({
      ...ports,
      soon: nodeSoon,
      store: sqliteStore(full, { where: path, durability: 'fsync' }),
    })
    const input = payloadOf('x'.repeat(10_000))
    const kept: string[] = []
    const code = await codeOf(startUntilRefused(engine, input, kept))
    expect(code).toBe('STORE_FULL')
    expect(engine.failed.reason).toMatchObject({ code: 'STORE_FULL' })
    await engine[Symbol.asyncDispose]()
    full.close()
    await using again = await openEmbedded({ folder: folder.path, ...ports })
    expect(await all(again.list({}))).toHaveLength(kept.length)
  })

  it('F34: a blob over 1 MiB is a synced file before its frame is durable; the same content is written once', async () => {
    using folder = temporaryFolder()
    const large = payloadOf('z'.repeat(limits.BLOB_IN_STORE_BYTES_MAX + 1))
    const small = payloadOf('y'.repeat(limits.PAYLOAD_INLINE_BYTES_MAX + 1))
    const outcome = (value: typeof large) => ({ ...note('k'), outcome: { type: 'ok', value } }) as never
    {
      await using engine = await openEmbedded({ folder: folder.path, ...ports })
      const host = captured()
      await engine.host(host.run)
      await engine.start(request('p', { input: large }))
      const activation = await host.next()
      activation.frame(factsFrom(0, [outcome(large), outcome(small)]), {})
      await settle()
    }
    const files = readdirSync(join(folder.path, 'blobs'), { recursive: true }).filter(
      (file) => String(file).length > 60,
    )
    expect(files).toEqual([expect.stringMatching(/^([0-9a-f]{2})\/\1[0-9a-f]{62}$/)])
    await using engine = await openEmbedded({ folder: folder.path, ...ports })
    const host = captured()
    await engine.host(host.run)
    const activation = await host.next()
    expect(activation.start.input).toEqual(large)
    expect(activation.facts).toEqual(factsFrom(0, [outcome(large), outcome(small)]))
    expect(await all(engine.verify())).toEqual([])
  })

  it('can be read with no owner, and shows what a dead one had running as ready', async () => {
    using folder = temporaryFolder()
    await using owner = await ownerProcess(
      folder.path,
      `await engine.host(async (a) => { a.frame(factsFrom(0, [note('a')]), {}); await a.next() }); await engine.start(request('p'))`,
    )
    const status = async (): Promise<unknown> => {
      using reader = readEmbedded(folder.path, ports.hash)
      expect(await all(reader.list({ root: asPid('p') }))).toHaveLength(1)
      return (await reader.inspect(asPid('p')))?.status
    }
    while ((await status()) === 'ready') await settle(1)
    expect(await status()).toBe('running')
    await owner.kill()
    expect(await status()).toBe('ready')
    using reader = readEmbedded(folder.path, ports.hash)
    expect(await all(reader.history(asPid('p')))).toHaveLength(1)
    expect(await all(reader.verify())).toEqual([])
    expect(await attachEmbedded(folder.path, ports)).toBeUndefined()
    expect(existsSync(join(folder.path, 'control.sock'))).toBe(true)
    await using _engine = await openEmbedded({ folder: folder.path, ...ports })
    await using attached = await attachEmbedded(folder.path, ports)
    expect(await attached?.inspect(asPid('p'))).toMatchObject({ pid: 'p' })
  })

  it('a folder that does not exist has no owner and nothing to read', async () => {
    using folder = temporaryFolder()
    expect(await attachEmbedded(folder.path, ports)).toBeUndefined()
    expect(() => readEmbedded(folder.path, ports.hash)).toThrow('no data of Skein')
    expect(existsSync(folder.path)).toBe(false)
  })
})

async function startUntilRefused(engine: LocalEngine, input: Payload, kept: string[]): Promise<void> {
  for (;;) {
    const { pid } = await engine.start(request(`p${kept.length}`, { input }))
    kept.push(pid)
  }
}

function foreignDatabase(path: string): Buffer {
  const db = new DatabaseSync(path)
  db.exec('create table t(x)')
  db.close()
  return readFileSync(path)
}
