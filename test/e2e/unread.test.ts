/** Journals that cannot be read whole, on engines whose payloads lie in a bucket: verbs about many show all others, and say which. */
import { createRequire } from 'node:module'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { open, tool, workflow } from 'skein'
import type { Skein } from 'skein'
import { postgres, restate, s3 } from 'skein/engine'
import type { BlobStore, Engine } from 'skein/engine'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { freePorts } from '../../src/testing/conformance/free-ports.ts'
import { postgresPrograms, restateProgram, startPostgres, startRestate } from '../../src/testing/index.ts'
import { anything } from '../../src/testing/world/anything.ts'
import { namesIn } from '../fixtures/outside-stage.ts'
import { hasS3, s3Server } from '../fixtures/s3-server.ts'
import type { LocalS3 } from '../fixtures/s3-server.ts'
import { typedHere } from '../fixtures/typed-here.ts'
import type { Said } from '../fixtures/typed-here.ts'

type Opening = { readonly blobs?: BlobStore; readonly serve?: 'mail' }
type Server = AsyncDisposable & { readonly place: string; readonly open: (about: Opening) => Promise<Engine> }

async function onRestate(program: string): Promise<Server> {
  const server = await startRestate(program)
  const { admin, ingress } = server
  const [port] = await freePorts(1)
  return {
    place: `restate://${new URL(ingress).host}?admin=${admin}`,
    // Whoever only answers comes where the one who ran it was.
    open: (about) => restate({ admin, ingress, worker: { port: port ?? 0, sharePort: true }, ...about }),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

async function onPostgres(programs: string): Promise<Server> {
  const server = await startPostgres(programs, { fsync: 'off' })
  return {
    place: server.url,
    open: ({ blobs }) => postgres({ connectionString: server.url, ...(blobs === undefined ? {} : { blobs }) }),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

const hasPackage = (name: string): boolean => {
  try {
    return createRequire(import.meta.url).resolve(name) !== ''
  } catch {
    return false
  }
}

const ENGINES = [
  { name: 'restate', program: restateProgram(), begin: onRestate },
  { name: 'postgres', program: hasPackage('pg') ? postgresPrograms() : undefined, begin: onPostgres },
] as const

const LARGE = 100_000
const SOON = { timeout: 60_000, interval: 50 }
const publish = tool({ name: 'publish', inputSchema: anything, needsApproval: true, execute: async () => 'published' })
const textOf = (input: unknown): string => 'x'.repeat(input === 'large' ? LARGE : 10)
const desk = workflow({ name: 'desk', input: anything }, async (ctx, input) => {
  await ctx.step('read', () => textOf(input), { effect: 'read' })
  return ctx.tool(publish, {})
})
const brief = workflow({ name: 'brief', input: anything, retention: '1ms' }, async (ctx, input) => {
  await ctx.step('read', () => textOf(input), { effect: 'read' })
})

const folder = mkdtempSync(join(tmpdir(), 'skein-unread-'))
afterAll(() => rmSync(folder, { recursive: true }))

const cli = (argv: readonly string[], env: Readonly<Record<string, string>>): Promise<Said> =>
  typedHere(argv, { cwd: folder, env })

async function untilAsked(skein: Skein, id: string): Promise<void> {
  await vi.waitFor(async () => expect((await skein.inspect(id))?.waits).toHaveLength(1), SOON)
}

for (const { name, program, begin } of ENGINES) {
  const isThere = program !== undefined && hasS3()
  if (!isThere) console.log(`what cannot be read is not tried on ${name}: its server, or a package, is not here`)

  describe.skipIf(!isThere)(`on ${name}`, () => {
    let server: Server
    let bucket: LocalS3
    let blobs: BlobStore
    let answering: Engine
    let withBucket: Readonly<Record<string, string>>
    const verb = (words: string, env = withBucket) => cli([...words.split(' '), '--engine', server.place], env)
    const json = async (words: string, env = withBucket): Promise<unknown> =>
      JSON.parse((await verb(`${words} --json`, env)).out)

    beforeAll(async () => {
      bucket = await s3Server()
      server = await begin(program ?? '')
      const { endpoint, credentials, bucket: named } = bucket.options
      blobs = s3(bucket.options)
      withBucket = {
        SKEIN_BLOBS: `s3://${named}/?endpoint=${endpoint}`,
        AWS_ACCESS_KEY_ID: credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      }
      const engine = await server.open({ blobs })
      {
        await using skein = await open({ data: join(folder, name), engine, models: {}, workflows: [desk] })
        await skein.start(desk, 'large', { id: 'kept' })
        await skein.start(desk, 'small', { id: 'small' })
        for (const id of ['kept', 'small']) await untilAsked(skein, id)
        const kept = new Set(await namesIn(blobs))
        await skein.start(desk, 'large', { id: 'lost' })
        await untilAsked(skein, 'lost')
        for (const object of await namesIn(blobs)) if (!kept.has(object)) await blobs.remove(object)
      }
      answering = await server.open({ blobs, serve: 'mail' })
    })
    afterAll(async () => {
      await answering[Symbol.asyncDispose]()
      await server[Symbol.asyncDispose]()
      await bucket[Symbol.asyncDispose]()
    })

    it('stuck, inbox and tree show the others, name what is lost, and do not say that all is well', async () => {
      const isLost = /^error BLOB_LOST: lost: the payload .*\n$/
      expect(await verb('stuck')).toEqual({ code: 1, out: '', err: expect.stringMatching(isLost) })
      expect(await json('stuck')).toEqual([
        expect.objectContaining({
          pid: 'lost',
          definition: 'desk',
          unread: expect.objectContaining({ code: 'BLOB_LOST' }),
        }),
      ])
      const inbox = await verb('inbox')
      expect([inbox.code, inbox.err]).toEqual([1, expect.stringMatching(isLost)])
      expect(inbox.out.match(/^\S+publish /gm)?.toSorted()).toEqual(['kept/publish ', 'small/publish '])
      expect(await json('inbox')).toMatchObject([{ pid: 'lost', unread: { code: 'BLOB_LOST' } }, {}, {}])
      const tree = await verb('tree')
      expect([tree.code, tree.err]).toEqual([1, expect.stringMatching(isLost)])
      expect(tree.out).toMatch(/^lost desk .*BLOB_LOST$/m)
      expect(tree.out.match(/^. \S+\/publish /gm)).toHaveLength(2)
      expect(await json('tree lost')).toMatchObject({ pid: 'lost', unread: { code: 'BLOB_LOST' }, children: [] })
    })

    it('export writes the others, and says which is missing in the file', async () => {
      expect(await verb('export --journals journals.jsonl')).toEqual({
        code: 1,
        out: '2 processes written to journals.jsonl\n',
        err: expect.stringMatching(/^error BLOB_LOST: lost: /),
      })
      expect(await json('export --journals journals.jsonl')).toMatchObject({ processes: 2, unread: [{ pid: 'lost' }] })
    })

    it('who has not the bucket sees what lies elsewhere, and which does not', async () => {
      const inbox = await verb('inbox', {})
      expect([inbox.code, inbox.out]).toEqual([1, expect.stringContaining('small/publish')])
      expect(inbox.err.match(/^error BLOBS_ABSENT: (kept|lost): /gm)).toHaveLength(2)
      expect((await verb('ps', {})).code).toBe(0)
    })

    it('many are acted on by what is known of them, and what cannot be read is said', async () => {
      const looked = await verb('approve --where workflow=desk')
      expect([looked.code, looked.err]).toEqual([1, expect.stringMatching(/^error BLOB_LOST: lost: /)])
      expect(looked.out).toMatch(/kept\/publish[^]*2 in all; nothing was done/)
      expect(await verb('deny --where workflow=desk,pid=small|lost --yes')).toEqual({
        code: 1,
        out: 'denied small/publish\ndenied 1 of 2\n',
        err: expect.stringMatching(/^error BLOB_LOST: lost: /),
      })
      // What needs no journal is done without it.
      const cancelled = await verb('cancel --where workflow=desk,pid=lost --yes')
      expect([cancelled.code, cancelled.out]).toEqual([0, 'cancelled lost\ncancelled 1 of 1\n'])
    })

    it('retention without the bucket goes on with the others, and says what it leaves', async () => {
      const about = { data: join(folder, name), models: {}, workflows: [brief] }
      {
        await using skein = await open({ ...about, workflows: [], engine: await server.open({ blobs }) })
        for (const [id, input] of [
          ['first', 'large'],
          ['second', 'small'],
        ] as const)
          await skein.run(brief, input, { id })
      }
      const warned = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
      try {
        await using skein = await open({ ...about, engine: await server.open({}) })
        await vi.waitFor(async () => expect((await skein.inspect('second'))?.erased?.by).toBe('retention'), SOON)
        expect((await skein.inspect('first'))?.erased).toBeUndefined()
        const said = (): string => warned.mock.calls.map(([text]) => String(text)).join('')
        await vi.waitFor(() => expect(said()).toMatch(/retention: first .*BLOBS_ABSENT/), SOON)
      } finally {
        warned.mockRestore()
      }
    })
  })
}
