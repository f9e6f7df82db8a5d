/** Traps between a process and the world: done twice, charged wrong, or lost with a crash. */
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { nodeHash } from '../../../src/engine/index.ts'
import { createRegistry } from '../../../src/kernel/index.ts'
import type { Ctx } from '../../../src/kernel/index.ts'
import { balanceOf, CALM, endOffences, worldTool } from '../../../src/testing/index.ts'
import { asPid } from '../../../src/std/index.ts'
import { about, codeOf, deedsOf, flow, stage, throughCrashes, waited } from '../rules/stage.ts'
import type { ToolMaker } from '../rules/stage.ts'

const slow = (ms: number) => ({ ...CALM, transitMs: [ms, ms] as const })

describe('traps of the world', () => {
  it('F6: a host that dies in a call again and again spends what it has, and then waits: the books agree with the far side', async () => {
    let deaths = 0
    const { facts, ledger, sim } = await stage(
      {
        cap: { toolCalls: 3 },
        habits: slow(200),
        rebootMs: 10,
        until: ['waiting'],
        async during(sim, pid) {
          for (; deaths < 6 && (await sim.inspect(pid))?.status !== 'waiting'; deaths++) {
            await sim.loop.sleep(250)
            sim.crash()
          }
        },
      },
      (ctx, tool) => ctx.tool(tool('search', { effect: 'read' }), {}),
    )
    const { spent, forfeited } = balanceOf({ pid: asPid('flow'), facts })
    expect((spent.toolCalls ?? 0) + (forfeited.toolCalls ?? 0)).toBe(3)
    expect(about(facts, 'begun', 'search')).toHaveLength(3)
    expect(deedsOf(ledger, 'search').length).toBeLessThanOrEqual(3)
    expect(sim.crashes).toBeGreaterThanOrEqual(3)
  })

  it('F8: the same payment in the next segment has another key, and is made again', async () => {
    const { ledger } = await stage({ input: 1 }, async (ctx, tool, month) => {
      await ctx.tool(tool('pay', { idempotent: true }), { to: 'ann', amount: 100 })
      await ctx.sleep('30d')
      return (month as number) < 3 ? ctx.continueAsNew((month as number) + 1) : 'over'
    })
    const paid = deedsOf(ledger, 'pay')
    expect(paid).toHaveLength(3)
    expect(new Set(paid.map((deed) => deed.key)).size).toBe(3)
  })

  it('F9: a payment that timed out is unknown, and the same one in the catch is refused', async () => {
    const { value, ledger } = await stage({ habits: slow(4_000) }, async (ctx, tool) => {
      const pay = tool('pay')
      const order = { to: 'ann', amount: 5 }
      const first = await codeOf(() => ctx.tool(pay, order, { timeout: '5s', onUnknown: 'throw' }))
      const second = await codeOf(() => ctx.tool(pay, order, { onUnknown: 'throw' }))
      await ctx.sleep('1m')
      return [first, second]
    })
    expect(value).toEqual(['UNKNOWN_OUTCOME', 'UNKNOWN_FIRST'])
    expect(deedsOf(ledger, 'pay').length).toBeLessThanOrEqual(1)
  })

  it('F12: what was approved after days is judged by what holds then: without money it does not run', async () => {
    const { value, ledger } = await stage(
      {
        cap: { toolCalls: 1 },
        strict: true,
        async during(sim, pid) {
          const key = await waited(sim, pid, 'approval')
          await sim.loop.sleep(3 * 24 * 3600 * 1000)
          await sim.control(pid, { type: 'approve', id: 'a', key, verdict: 'approved', by: 'ann' })
        },
      },
      (ctx, tool) =>
        ctx.all([
          (c) => codeOf(() => c.tool(tool('pay', { needsApproval: true }), {})),
          async (c) => {
            await c.sleep('1d')
            return codeOf(() => c.tool(tool('other', { effect: 'read' }), {}))
          },
        ]),
    )
    expect(value).toEqual(['BUDGET_EXCEEDED', 'none'])
    expect(deedsOf(ledger, 'pay')).toHaveLength(0)
  })

  it('F18: one commit per read in a row: what settles and what begins next share a frame', async () => {
    const commits = async (reads: number): Promise<number> => {
      const { sim } = await stage({}, async (ctx, tool) => {
        for (let i = 0; i < reads; i++) await ctx.tool(tool('look', { effect: 'read' }), { i })
      })
      return sim.trace.filter((line) => / commit \d+$/.test(line)).length
    }
    expect((await commits(20)) - (await commits(10))).toBe(10)
  })

  it('F27: a host that drains while a call runs records no failure; the next life does it again', async () => {
    const { value, facts } = await stage(
      {
        habits: slow(1_000),
        async during(sim) {
          await sim.loop.sleep(500)
          await sim.drain()
          await sim.boot()
        },
      },
      (ctx, tool) => ctx.tool(tool('look', { effect: 'read' }), {}),
    )
    expect(value).toHaveProperty('look')
    expect(about(facts, 'settled', 'look').map((fact) => fact.outcome.type)).toEqual(['ok'])
    expect(about(facts, 'intended', 'look').map((fact) => fact.attempt)).toEqual([1, 2])
  })

  it('F29: after a failed commit nothing is done that is not written, and nobody else’s data is lost', async () => {
    const body = async (ctx: Ctx, tool: ToolMaker): Promise<void> => {
      for (let i = 0; i < 5; i++) await ctx.tool(tool('save', { idempotent: true }), { i })
    }
    for (let seed = 0; seed < 20; seed++) {
      const { view, ledger, sim } = await stage({ seed, disk: { slow: 0.5, slowMs: [1, 50], failing: 0.15 } }, body)
      expect(view.status).toBe('done')
      expect(deedsOf(ledger, 'save').map((deed) => (deed.input as { i: number }).i)).toEqual([0, 1, 2, 3, 4])
      expect(sim.crashes).toBeGreaterThanOrEqual(0)
    }
  })

  it('F31: shape is looked at before anybody is asked, an approval is asked once, also through crashes', async () => {
    const refused = await stage({}, (ctx, tool) => {
      const pay = { ...tool('pay', { needsApproval: true }), inputSchema: z.object({ amount: z.number() }) }
      return codeOf(() => ctx.tool(pay as never, { amount: 'much' } as never))
    })
    expect(refused.value).toBe('INPUT_INVALID')
    expect(refused.facts.some((fact) => fact.type === 'waiting')).toBe(false)
    const asked = await stage(
      {
        async during(sim, pid) {
          for (let crash = 0; crash < 3; crash++) {
            await waited(sim, pid, 'approval')
            sim.crash()
          }
          const key = await waited(sim, pid, 'approval')
          await sim.control(pid, { type: 'approve', id: 'a', key, verdict: 'approved', by: 'ann' })
        },
      },
      (ctx, tool) => ctx.tool(tool('pay', { needsApproval: true }), {}),
    )
    expect(about(asked.facts, 'waiting', '!approval')).toHaveLength(1)
    expect(deedsOf(asked.ledger, 'pay')).toHaveLength(1)
  })

  it('F34: a large value is whole or not there, wherever the host dies', async () => {
    const large = 'x'.repeat(300_000)
    const body = async (ctx: Ctx): Promise<number> => (await ctx.step('fetch', () => large, { effect: 'read' })).length
    await throughCrashes({}, body, ({ value }) => expect(value).toBe(large.length))
  })

  it('F35: what was read and lost is read anew; the result is that of a run with the same settled facts', async () => {
    const { facts, ledger, sim } = await stage(
      {
        habits: slow(100),
        async during(sim) {
          await sim.loop.sleep(150)
          sim.crash()
        },
      },
      (ctx, tool) => ctx.tool(tool('draw', { effect: 'read' }), {}),
    )
    expect(deedsOf(ledger, 'draw')).toHaveLength(2)
    const code = createRegistry(nodeHash)
    const draw = worldTool(sim.world, { name: 'draw', effect: 'read' })
    code.register(flow((ctx) => ctx.tool(draw, {})))
    expect(await endOffences({ pid: asPid('flow'), facts }, code)).toEqual([])
  })
})
