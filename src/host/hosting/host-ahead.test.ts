import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { nodeClock, nodeHash, nodeRandom, openEmbedded } from '../../engine/index.ts'
import type { Engine } from '../../engine/index.ts'
import { workflow } from '../../kernel/index.ts'
import { openHost } from './open-host.ts'
import { startRun } from './start.ts'

/** An engine that says of every activation that it has begun when `begun` resolves. */
const beginningWith = (engine: Engine, begun: Promise<void>): Engine =>
  new Proxy(engine, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target)
      if (name === 'host')
        return (run: Parameters<Engine['host']>[0]) =>
          target.host((activation) => run(Object.assign(activation, { begun })))
      return typeof value === 'function' ? value.bind(target) : value
    },
  })

it('E3: what a process says live reaches nobody before its beginning is durable', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'skein-ahead-'))
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>()
  const { promise: saidAll, resolve: sayAll } = Promise.withResolvers<void>()
  const chatty = workflow({ name: 'chatty' }, async (ctx) => {
    await ctx.sleep(1)
    ctx.log('hello')
    sayAll()
    await ctx.sleep('1h')
  })
  const engine = await openEmbedded({ folder, clock: nodeClock, random: nodeRandom, hash: nodeHash })
  {
    await using host = await openHost({ data: folder, models: {}, engine: beginningWith(engine, begun) })
    const heard: string[] = []
    using _ = host.news.listen((news) => heard.push(news.type))
    await startRun(host, chatty, null, {})
    await saidAll
    expect(heard).toEqual([])
    begin()
    await begun
    expect(heard.slice(0, 2)).toEqual(['frame', 'log'])
  }
  await rm(folder, { recursive: true, force: true })
})
