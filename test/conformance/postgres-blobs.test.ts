/** Payloads of the Postgres engine in a bucket. */
import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { memoryBlobs, nodeClock, nodeHash, nodeRandom, openPostgres, s3 } from '../../src/engine/index.ts'
import type { BlobStore } from '../../src/engine/index.ts'
import { askPostgres } from '../../src/testing/conformance/ask-postgres.ts'
import { payloadOf } from '../../src/kernel/index.ts'
import { limits, SkeinError } from '../../src/std/index.ts'
import { keyOf, messageOf, Puppet, startOf } from '../../src/testing/conformance/puppet.ts'
import { postgresPrograms, startPostgres } from '../../src/testing/index.ts'
import type { LocalPostgres } from '../../src/testing/index.ts'
import { gather } from '../../src/testing/simulation/gather.ts'
import { describePayloadsOutside } from '../fixtures/payloads-outside.ts'
import { hasS3, s3Server } from '../fixtures/s3-server.ts'
import type { LocalS3 } from '../fixtures/s3-server.ts'

const programs = hasPackage() && hasS3() ? postgresPrograms() : undefined
const ports = { clock: nodeClock, random: nodeRandom, hash: nodeHash }
let server: LocalPostgres
let bucket: LocalS3
let prefixes = 0

if (programs === undefined)
  console.log('payloads of postgres in a bucket are not tried: PostgreSQL, or a package, is not installed here')

function hasPackage(): boolean {
  try {
    return createRequire(import.meta.url).resolve('pg') !== ''
  } catch {
    return false
  }
}

const KILLS = 5
const urlOf = (path: string): string => JSON.stringify(new URL(`../../src/${path}`, import.meta.url).href)

/** A program that records one large payload after the other, and says how many it knows to be recorded. */
const WORKER = (about: object, options: object): string => `
import { nodeClock as clock, nodeHash as hash, nodeRandom as random, openPostgres, s3 } from ${urlOf('engine/index.ts')}
import { payloadOf } from ${urlOf('kernel/index.ts')}
import { keyOf, Puppet, startOf } from ${urlOf('testing/conformance/puppet.ts')}
const blobs = s3(${JSON.stringify(options)})
const engine = await openPostgres({ ...${JSON.stringify(about)}, blobs, clock, random, hash })
const puppet = new Puppet()
await engine.host(puppet.run)
await engine.start(startOf('p'))
const lane = await puppet.next()
const first = lane.activation.facts.length
for (let i = first; ; i++) {
  const value = payloadOf(String(i).repeat(100_000))
  lane.frameFacts([{ type: 'settled', key: keyOf('s' + i), attempt: 0, outcome: { type: 'ok', value } }])
  void lane.durable().then(() => process.stdout.write((i - first + 1) + '!'))
  await new Promise((resolve) => setTimeout(resolve, 3))
}`

const store = () => s3({ ...bucket.options, prefix: `p${(prefixes += 1)}/` })

describe.skipIf(programs === undefined)('on servers of their own', () => {
  beforeAll(async () => {
    bucket = await s3Server()
    server = await startPostgres(programs ?? '', { fsync: 'off' })
  })
  afterAll(async () => {
    await server[Symbol.asyncDispose]()
    await bucket[Symbol.asyncDispose]()
  })

  describePayloadsOutside(
    'postgres',
    async (n, options) => {
      const schema = `blobs_${n}`
      const engine = await openPostgres({ connectionString: server.url, schema, ...options, ...ports })
      const abandon = engine.abandon.bind(engine)
      // The lease of whoever is killed has run out.
      engine.abandon = () => {
        abandon()
        void askPostgres(server.url, `delete from ${schema}.member where id = ${engine.member}`)
      }
      return engine
    },
    { store, describe, it },
  )

  it('a worker that is killed again and again leaves no fact without its payload, and an erasure leaves nothing', async () => {
    const blobs = store()
    const about = { connectionString: server.url, schema: 'killed', leaseMs: 2_000 }
    const program = WORKER(about, { ...bucket.options, prefix: `p${prefixes}/` })
    for (let i = 0; i < KILLS; i++) {
      const child = spawn(
        process.execPath,
        ['--conditions=skein-source', '--no-warnings', '--input-type=module', '-e', program],
        {
          stdio: ['ignore', 'pipe', 'inherit'],
        },
      )
      try {
        // Each dies somewhere on the way of another payload.
        await new Promise<void>((resolve, reject) => {
          child.once('exit', () => reject(new Error('the worker has ended')))
          child.stdout.on('data', (said) => String(said).includes(`${(i % 3) + 1}!`) && resolve())
        })
      } finally {
        child.kill('SIGKILL')
      }
      // The lease of whoever is dead has run out.
      await askPostgres(server.url, 'delete from killed.member')
    }
    await using engine = await openPostgres({ ...about, blobs, ...ports })
    const frames = async () => gather(engine.history('p' as never))
    const named = new Set(
      (await frames()).flatMap(({ facts }) => facts.flatMap((fact) => (fact.type === 'settled' ? [fact.key] : []))),
    )
    expect(named.size).toBeGreaterThanOrEqual(KILLS)
    expect(await gather(engine.verify())).toEqual([])
    const puppet = new Puppet()
    await engine.host(puppet.run)
    await (await puppet.next()).end()
    expect((await gather(blobs.names(''))).length).toBeGreaterThanOrEqual(named.size)
    await engine.erase('p' as never, { by: 'ann' })
    expect(await gather(blobs.names(''))).toEqual([])
    expect(await gather(engine.verify())).toEqual([])
  })

  it('a run that moves takes its payloads along, also to where no bucket is', async () => {
    const blobs = store()
    await using here = await openPostgres({ connectionString: server.url, schema: 'leaving', blobs, ...ports })
    await using there = await openPostgres({ connectionString: server.url, schema: 'arriving', ...ports })
    const puppet = new Puppet()
    const host = await here.host(puppet.run)
    await here.start(startOf('p'))
    const lane = await puppet.next()
    const value = payloadOf('moved '.repeat(limits.PAYLOAD_INLINE_BYTES_MAX))
    lane.frameFacts([{ type: 'settled', key: keyOf('a'), attempt: 0, outcome: { type: 'ok', value } }])
    await lane.rest()
    await host[Symbol.asyncDispose]()
    await there.arrive(await here.depart('p' as never, { id: 'm', target: 'there', by: 'ann' }))
    await here.confirm('p' as never, 'm')
    const frames = await gather(there.history('p' as never))
    expect(frames.flatMap(({ facts }) => facts)).toMatchObject([{ outcome: { value } }])
    expect(await gather(there.verify())).toEqual([])
  })

  it('while a run that moves waits for its payloads, nobody waits for it', async () => {
    const blobs = store()
    const getNow = blobs.get.bind(blobs)
    const { promise: isAsked, resolve: ask } = Promise.withResolvers<void>()
    const { promise: isBack, resolve: comeBack } = Promise.withResolvers<void>()
    let gets = 0
    const get = async (name: string) => {
      gets += 1
      ask()
      await isBack
      return getNow(name)
    }
    await using here = await openPostgres({ connectionString: server.url, schema: 'slow', blobs, ...ports })
    const puppet = new Puppet()
    const host = await here.host(puppet.run)
    await here.start(startOf('p'))
    const lane = await puppet.next()
    const value = payloadOf('moved '.repeat(limits.PAYLOAD_INLINE_BYTES_MAX))
    lane.frameFacts([{ type: 'settled', key: keyOf('a'), attempt: 0, outcome: { type: 'ok', value } }])
    await lane.rest()
    await host[Symbol.asyncDispose]()
    Object.assign(blobs, { get })
    const departing = here.depart('p' as never, { id: 'm', target: 'there', by: 'ann' })
    await isAsked
    expect(await here.deliver(messageOf('p', 'm'))).toBe('queued')
    expect(await here.switch({ target: 'agent:other', to: 'off', by: 'ann' })).toBe(true)
    comeBack()
    expect((await departing).processes).toMatchObject([{ mail: [{ kind: 'm' }] }])
    expect(gets).toBe(1)
  })

  it('who waits for payloads that cannot be reached keeps nobody out, and goes on when they can', async () => {
    const behind = memoryBlobs()
    let isAway = false
    const blobs: BlobStore = {
      ...behind,
      async get(name) {
        if (isAway) throw new SkeinError('BLOBS_UNREACHABLE', 'away')
        return behind.get(name)
      },
    }
    const about = { connectionString: server.url, schema: 'seats', blobs, ...ports }
    {
      await using engine = await openPostgres(about)
      const puppet = new Puppet()
      await engine.host(puppet.run)
      await engine.start(startOf('p'))
      const lane = await puppet.next()
      const value = payloadOf('seat '.repeat(limits.PAYLOAD_INLINE_BYTES_MAX))
      lane.frameFacts([{ type: 'settled', key: keyOf('a'), attempt: 0, outcome: { type: 'ok', value } }])
      await lane.durable()
    }
    isAway = true
    await using engine = await openPostgres(about)
    const puppet = new Puppet()
    await engine.host(puppet.run, { residentMax: 1 })
    for (const pid of ['other', 'another']) {
      await engine.start(startOf(pid))
      await (await puppet.nextOf(pid)).end()
    }
    isAway = false
    const again = await puppet.nextOf('p')
    expect(again.activation.facts).toHaveLength(1)
    await again.end()
  })

  it('a process whose rows cannot be read is parked, and stops no other', async () => {
    const blobs = store()
    await using engine = await openPostgres({ connectionString: server.url, schema: 'unread', blobs, ...ports })
    for (const pid of ['p', 'other']) await engine.start(startOf(pid))
    await askPostgres(
      server.url,
      `update unread.birth set request = '{' where p = (select p from unread.process where pid = 'p')`,
    )
    const puppet = new Puppet()
    await engine.host(puppet.run)
    await (await puppet.next()).end()
    await vi.waitFor(
      async () =>
        expect(
          await askPostgres(server.url, `select status, parked::json->>'code' code from unread.process order by p`),
        ).toEqual([
          { status: 'parked', code: 'DATA_FOLDER_CORRUPT' },
          { status: 'done', code: null },
        ]),
      { timeout: 60_000, interval: 20 },
    )
  })

  it('a bucket that cannot be used is told when the engine is opened', async () => {
    const blobs = s3({ ...bucket.options, bucket: 'nothing' })
    const opening = openPostgres({ connectionString: server.url, schema: 'unusable', blobs, ...ports })
    await expect(opening).rejects.toMatchObject({ code: 'BLOBS_REFUSED' })
  })
})
