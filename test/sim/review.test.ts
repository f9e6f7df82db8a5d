/** What a hostile review found: each a rule that was broken in a corner. */
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { failureOf, valueOf, workflow } from '../../src/kernel/index.ts'
import type { Outcome } from '../../src/kernel/index.ts'
import { CALM, factsOf, simulate, worldTool } from '../../src/testing/index.ts'

const shown = (result: Outcome | undefined): unknown =>
  result?.type === 'ok' ? valueOf(result.value) : result === undefined ? undefined : failureOf(result)

const echo = {
  name: 'echo',
  effect: 'read' as const,
  inputSchema: z.object({ n: z.number() }),
  execute: ({ n }: { n: number }) => n,
}

describe('X5: children that never end', () => {
  it('are reported as orphans after a time, and do not hold their cancelled parent', async () => {
    await simulate({ seed: 1 }, async (sim) => {
      const never = workflow({ name: 'never' }, async (ctx) =>
        ctx.step('stuck', () => new Promise<number>(() => undefined), { timeout: '1h' }),
      )
      const parent = workflow({ name: 'parent' }, async (ctx) => ctx.run(never, undefined))
      sim.define(never, parent)
      await sim.boot()
      const pid = await sim.start(parent)
      await sim.loop.sleep(1_000)
      const begun = sim.loop.nowMs
      await sim.control(pid, { id: 'c', type: 'cancel', reason: 'enough', by: 'ann' })
      const view = await sim.reached(pid)
      expect(view.status).toBe('cancelled')
      expect(sim.loop.nowMs - begun).toBeLessThan(60_000)
      const [end] = factsOf(await sim.facts(pid), 'ended')
      expect(end?.warning).toMatch(/ORPHANS: .*never-/)
    })
  })
})

describe('E4: a write in doubt', () => {
  it('E6: that may not be repeated for lack of money is unknown, not refused', async () => {
    await simulate({ seed: 1, habits: { ...CALM, dropping: 1 } }, async (sim) => {
      const pay = worldTool(sim.world, { name: 'pay', idempotent: true })
      const flow = workflow({ name: 'flow' }, async (ctx) => ctx.tool(pay, { amount: 1 }, { onUnknown: 'throw' }))
      sim.define(flow)
      await sim.boot()
      const view = await sim.reached(await sim.start(flow, undefined, { cap: { toolCalls: 1 }, strict: true }))
      expect(shown(view.result)).toMatchObject({ code: 'UNKNOWN_OUTCOME' })
    })
  })

  it('is not repeated after its key has been forgotten, however long it paused', async () => {
    await simulate({ seed: 1, idleMs: 0, rebootMs: 'never' }, async (sim) => {
      let calls = 0
      const pay = {
        name: 'pay',
        idempotent: true,
        keyTtl: '1h' as const,
        inputSchema: z.object({}),
        execute: () => {
          calls += 1
          throw Object.assign(new Error('cut'), { code: 'ECONNRESET' })
        },
      }
      const flow = workflow({ name: 'flow' }, async (ctx) => ctx.tool(pay, {}))
      sim.define(flow)
      await sim.boot()
      const pid = await sim.start(flow)
      const isCalled = (): boolean => calls > 0
      while (!isCalled()) await sim.loop.sleep(10)
      await sim.loop.sleep(20)
      sim.crash()
      await sim.loop.sleep(2 * 3600 * 1000)
      await sim.boot()
      await sim.loop.sleep(5_000)
      expect(calls).toBe(1)
      expect((await sim.inspect(pid))?.waits.map((wait) => wait.on.kind)).toEqual(['operator'])
    })
  })
})

describe('K5: the next segment', () => {
  it('C3: a detached child of an earlier segment does not answer for a later one of equal key', async () => {
    await simulate({ seed: 1 }, async (sim) => {
      let runs = 0
      const child = workflow({ name: 'child', input: z.number() }, async (ctx) => {
        const run = await ctx.step('which', () => ++runs, { effect: 'read' })
        await ctx.sleep(run === 1 ? 1_000 : 5_000)
        return run
      })
      const flow = workflow({ name: 'flow', input: z.number() }, async (ctx, round): Promise<unknown> => {
        if (round === 1) return ctx.run(child, 7)
        await ctx.spawn(child, 7, { detached: true })
        await ctx.sleep(100)
        return ctx.continueAsNew(1)
      })
      sim.define(child, flow)
      await sim.boot()
      const view = await sim.reached(await sim.start(flow, 0))
      expect(shown(view.result)).toBe(2)
    })
  })
})

describe('M4: the oldest receive that matches', () => {
  it('keeps its place when a younger one refuses a message', async () => {
    await simulate({ seed: 1 }, async (sim) => {
      const flow = workflow({ name: 'flow' }, async (ctx) => {
        const old = ctx.receive({ topic: 'a' }).then(({ id }) => `old ${id}`)
        const young = ctx.receive({ schema: z.number() }).then(({ id }) => `young ${id}`)
        return [await old, await young]
      })
      sim.define(flow)
      await sim.boot()
      const pid = await sim.start(flow)
      await sim.loop.sleep(100)
      await sim.send(pid, 'no number', { topic: 'b', id: 'bad' as never })
      await sim.send(pid, 1, { topic: 'a', id: 'first' as never })
      await sim.send(pid, 2, { topic: 'a', id: 'second' as never })
      expect(shown((await sim.reached(pid)).result)).toEqual(['old first', 'young second'])
    })
  })
})

describe('G5: money on demand', () => {
  it('a second wait of a child is not forgotten when the first is paid', async () => {
    await simulate({ seed: 1, timeMsMax: 3600 * 1000 }, async (sim) => {
      const worker = workflow({ name: 'worker' }, async (ctx) => {
        await ctx.all([
          (c) => c.tool(echo, { n: 1 }, { timeout: 1_000 }),
          (c) => c.tool(echo, { n: 2 }, { timeout: 3_000 }),
        ])
        return 'both'
      })
      const parent = workflow({ name: 'parent' }, async (ctx) => ctx.run(worker, undefined))
      sim.define(worker, parent)
      await sim.boot()
      const pid = await sim.start(parent, undefined, { cap: { effectMs: 0 } })
      await sim.loop.sleep(1_000)
      await sim.control(pid, { id: 't', type: 'topUp', amounts: { effectMs: 4_000 }, by: 'ann' })
      expect(shown((await sim.reached(pid)).result)).toBe('both')
    })
  })
})

describe('DESIGN 7: approvals', () => {
  it('bind to the version of the tool: other code is asked about anew', async () => {
    await simulate({ seed: 1, rebootMs: 'never' }, async (sim) => {
      const done: string[] = []
      let version = '1'
      const pay = {
        name: 'pay',
        get version() {
          return version
        },
        needsApproval: true,
        inputSchema: z.object({}),
        execute: () => done.push(version),
      }
      const flow = workflow({ name: 'flow' }, async (ctx) => ctx.tool(pay, {}))
      sim.define(flow)
      await sim.boot()
      const pid = await sim.start(flow, undefined, { cap: { toolCalls: 0 } })
      const wait = async () => (await sim.reached(pid, ['waiting'])).waits[0]
      const approve = async (id: string) =>
        sim.control(pid, { id, type: 'approve', key: (await wait())?.key as never, verdict: 'approved', by: 'ann' })
      await approve('a1')
      await sim.loop.sleep(1_000)
      expect((await wait())?.on.kind).toBe('budget')
      sim.crash()
      version = '2'
      await sim.boot()
      await sim.control(pid, { id: 't', type: 'topUp', amounts: { toolCalls: 1 }, by: 'ann' })
      await sim.loop.sleep(1_000)
      expect(done).toEqual([])
      expect((await wait())?.on).toMatchObject({ kind: 'approval', toolVersion: '2' })
      await approve('a2')
      await sim.reached(pid)
      expect(done).toEqual(['2'])
    })
  })
})

describe('S1: branches of map', () => {
  it('with author keys that look like an occurrence have scopes of their own', async () => {
    await simulate({ seed: 1 }, async (sim) => {
      const flow = workflow({ name: 'flow' }, async (ctx) =>
        ctx.map(['a', 'a', 'a~1'], (c, item) => c.all([async (d) => `${item} ${await d.tool(echo, { n: 1 })}`]), {
          key: (item: string) => item,
        }),
      )
      sim.define(flow)
      await sim.boot()
      expect(shown((await sim.reached(await sim.start(flow))).result)).toEqual([['a 1'], ['a 1'], ['a~1 1']])
    })
  })
})
