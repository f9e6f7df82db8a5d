import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { agent } from '../../../src/agents/index.ts'
import type { AnyDefinition, Ctx, Fact } from '../../../src/kernel/index.ts'
import { CALM, factsOf, scriptedModel, worldTool } from '../../../src/testing/index.ts'
import { crashOnceAt, deedsOf, flow, stage } from './stage.ts'

const keysOf = (facts: readonly Fact[]): readonly string[] => factsOf(facts, 'intended').map((fact) => fact.key)

/** The keys that calls of one pure tool get. */
async function keysOfInputs(inputs: readonly unknown[]): Promise<readonly string[]> {
  const { facts } = await stage({}, async (ctx, tool) => {
    for (const input of inputs) await ctx.tool(tool('look', { effect: 'read' }), input)
  })
  return keysOf(facts)
}

/** Their idents: what stands between the name and the count. */
const identsOf = async (inputs: readonly unknown[]): Promise<readonly (string | undefined)[]> =>
  (await keysOfInputs(inputs)).map((key) => /^tool:look:(.*)#\d+$/.exec(key)?.[1])

describe('K: keys', () => {
  it('K1: a key is scope, kind, name, ident and the number of earlier equal asks', async () => {
    const { facts } = await stage({}, async (ctx, tool) => {
      const look = tool('look', { effect: 'read' })
      await ctx.tool(look, { n: 1 })
      await ctx.tool(look, { n: 1 })
      await ctx.tool(look, { n: 2 })
      await ctx.tool(look, { n: 3 }, { key: 'mine/[a]#1' })
      await ctx.tool(look, { n: 4 }, { key: 'mine/[a]#1' })
      await ctx.all({ left: (c) => c.tool(look, { n: 1 }) })
    })
    const [one, again, two, own, ownAgain, branch] = keysOf(facts)
    expect(one).toMatch(/^tool:look:[0-9a-f]{32}#0$/)
    expect(again).toBe(one?.replace(/#0$/, '#1'))
    expect(two).toMatch(/^tool:look:[0-9a-f]{32}#0$/)
    expect(two).not.toBe(one)
    expect(own).toBe('tool:look:=mine%2f%5ba%5d%231#0')
    expect(ownAgain).toBe('tool:look:=mine%2f%5ba%5d%231#1')
    expect(branch).toBe(`0.all[left]/${one}`)
  })

  it('K2: the key is of what the author wrote; what the schema adds is recorded and not keyed', async () => {
    let drawn = 0
    const seen: unknown[] = []
    const tool = {
      name: 'tag',
      idempotent: true,
      inputSchema: z.object({ n: z.number(), tag: z.string().default(() => `drawn ${++drawn}`) }),
      execute: (input: unknown, options: { attempt?: number }) => {
        seen.push([input, options.attempt])
        if (seen.length === 1) throw Object.assign(new Error('cut'), { code: 'ECONNRESET' })
        return 'ok'
      },
    }
    const { facts } = await stage({}, (ctx) => ctx.tool(tool as never, { n: 1 } as never))
    const asWritten = await stage({}, (ctx) => ctx.tool({ ...tool, inputSchema: z.any() } as never, { n: 1 } as never))
    expect(seen.slice(0, 2)).toEqual([
      [{ n: 1, tag: 'drawn 1' }, 1],
      [{ n: 1, tag: 'drawn 1' }, 2],
    ])
    expect(new Set([...keysOf(facts), ...keysOf(asWritten.facts)]).size).toBe(1)
  })

  it('K2: time-outs, attempts, approval and again are not part of the key, nor are schemas of a model call', async () => {
    const keys = async (body: (ctx: Ctx, tool: Parameters<Parameters<typeof stage>[1]>[1]) => unknown) =>
      keysOf((await stage({}, body)).facts)
    const look = (options: object) => keys((ctx, tool) => ctx.tool(tool('look', { effect: 'read' }), { n: 1 }, options))
    expect(await look({ timeout: '1m', attempts: 3, again: true })).toEqual(await look({}))
    const model = (description: string, prompt = 'hello') =>
      keys((ctx) => {
        const tools = [{ name: 't', description, inputSchema: { type: 'object' } }]
        return ctx.model({ model: scriptedModel(['x']), prompt, tools: tools })
      })
    expect(await model('one')).toEqual(await model('another'))
    expect(await model('one')).not.toEqual(await model('one', 'good-bye'))
  })

  it('K3: equal data has equal keys, different data different ones', async () => {
    const equal = await identsOf([
      { a: 1, b: [0, null] },
      { b: [-0, null], a: 1, c: undefined },
    ])
    expect(equal[0]).toBe(equal[1])
    const different = [
      ...[{ v: 1 }, { v: '1' }, { v: 1n }, { v: null }, { v: true }, { v: [1] }, {}, { v: new Date(1) }],
      ...[{ v: '\ud800' }, { v: '\ud801' }, { v: new Uint8Array([1]) }, { v: 'AQ==' }],
    ]
    expect(new Set(await identsOf(different)).size).toBe(different.length)
  })

  it('K3: what is not data is refused with its path, and nothing is asked', async () => {
    const cycle: unknown[] = []
    cycle.push(cycle)
    const bad = [() => 1, new Map(), Number.NaN, [undefined], new URL('file://x'), { toJSON: () => 1 }, cycle]
    const { value, facts, ledger } = await stage({}, async (ctx, tool) => {
      const said: unknown[] = []
      for (const v of bad) {
        const call = async () => ctx.tool(tool('pay'), { deep: { v } })
        await call().catch((error: Error & { code: string }) =>
          said.push([error.code, error.message.includes('deep.v')]),
        )
      }
      return said
    })
    expect(value).toEqual(bad.map(() => ['ARGS_NOT_DATA', true]))
    expect(facts.map((fact) => fact.type)).toEqual(['born', 'ended'])
    expect(ledger).toEqual([])
  })

  it('K4: the keys of an agent are slots of its state, whatever is said in them', async () => {
    const play = async (word: string): Promise<readonly string[]> => {
      let made: AnyDefinition | undefined
      const run = await stage(
        {
          define(world) {
            const look = worldTool(world, { name: 'look', effect: 'read' })
            const calls = [1, 2].map((n) => ({ tool: 'look', input: { word, n } }))
            made = agent({ name: 'clerk', model: scriptedModel([{ calls }, 'done']), tools: { look } })
            return [made]
          },
          async during(sim) {
            await sim.start(made as AnyDefinition, word, { pid: 'clerk' })
            await sim.reached('clerk' as never)
          },
        },
        (ctx) => ctx.sleep('1h'),
      ).then(async ({ sim }) => sim)
      return run.news.flatMap((news) => (news.type === 'frame' && news.pid === 'clerk' ? keysOf(news.facts) : []))
    }
    const keys = await play('tea')
    expect(keys).toEqual(['r1/model', 'r1/tool/0', 'r1/tool/1', 'r2/model'])
    expect(await play('coffee')).toEqual(keys)
  })

  it('K5: the effect id is pid, incarnation, segment and key: one for all attempts, another in the next segment', async () => {
    const { ledger, facts } = await stage(
      {
        input: 0,
        habits: { ...CALM, losing: 1 },
        during: async (sim) => {
          await sim.loop.sleep(100)
          sim.world.habits = CALM
        },
      },
      async (ctx, tool, segment) => {
        await ctx.tool(tool('pay', { idempotent: true }), { amount: 1 })
        return segment === 0 ? ctx.continueAsNew(1) : undefined
      },
    )
    const [key] = keysOf(facts)
    expect(new Set(keysOf(facts)).size).toBe(1)
    expect(factsOf(facts, 'begun').map((fact) => fact.attempt)).toContain(2)
    expect(new Set(ledger.map((deed) => deed.key))).toEqual(new Set([`flow/0/0/${key}`, `flow/0/1/${key}`]))
    expect(deedsOf(ledger, 'pay')).toHaveLength(2)
  })

  it('K5: the pid of a child follows from its effect, so that a crash starts no second one', async () => {
    const child = flow((ctx) => ctx.sleep('1h'), 'child')
    const pids = async (crash: boolean) => {
      const { sim } = await stage(
        { define: () => [child], during: async (sim, pid) => (crash ? crashOnceAt(sim, pid, 'child') : undefined) },
        async (ctx) => {
          await ctx.run(child as never, 1 as never)
          await ctx.run(child as never, 1 as never)
        },
      )
      return new Set(sim.news.flatMap((news) => (news.pid === 'flow' ? [] : [news.pid])))
    }
    const calm = await pids(false)
    expect(calm.size).toBe(2)
    expect(await pids(true)).toEqual(calm)
  })

  it('K5: two processes that do the same have different ids', async () => {
    const ids = async (pid: string) =>
      (await stage({ pid }, (ctx, tool) => ctx.tool(tool('pay'), {}))).ledger.map((deed) => deed.key)
    const [a, b] = [await ids('a'), await ids('b')]
    expect(a).toHaveLength(1)
    expect(a[0]?.replace(/^a/, 'b')).toBe(b[0])
  })
})
