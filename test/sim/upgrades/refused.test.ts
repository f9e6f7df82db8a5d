/** Code that cannot be gone on with by itself: what the run does instead, and what is not done for it. */
import { describe, expect, it } from 'vitest'
import { workflow } from '../../../src/kernel/index.ts'
import type { AnyDefinition, Ctx } from '../../../src/kernel/index.ts'
import { ENDED, factsOf, simulate, worldTool } from '../../../src/testing/index.ts'
import { edited, hold } from './desk.ts'
import { deedsOf, flow, outcomeOf, waited } from '../rules/stage.ts'

describe('U: code that is refused', () => {
  it('U4: a migrate that has no answer leaves the question to people', async () => {
    const run = await edited({
      before: async (ctx, { charge }) => [await ctx.uuid(), await ctx.tool(charge, 10), await hold(ctx)],
      after: async (ctx, { charge }) => [await ctx.uuid(), await ctx.tool(charge, 11), await hold(ctx)],
      settings: { migrate: { writes: () => ({}) } },
    })
    expect([run.view.parked?.code, run.deeds]).toEqual(['UPGRADE_AMBIGUOUS', ['charge 10']])
    expect(run.report?.ambiguous).toHaveLength(1)
    expect(run.report?.hits).toBe(1)
  })

  it('U3: a resident that is told to move and cannot says so, and goes on with the code that it has', async () => {
    await simulate({ seed: 1, rebootMs: 'never', idleMs: 30_000 }, async (sim) => {
      const pay = worldTool(sim.world, { name: 'pay' })
      const code = (version: string, amount: number): AnyDefinition => ({
        ...workflow({ name: 'waiter', version }, async (ctx) => {
          await ctx.tool(pay, amount)
          for (const topic of ['wake', 'go']) await ctx.receive({ topic })
          return version
        }),
        source: version,
      })
      const one = code('1', 10)
      sim.define(one)
      await sim.boot()
      const pid = await sim.start(one, null, { pid: 'p' })
      await waited(sim, pid, 'message')
      sim.crash()
      sim.define(code('2', 11))
      await sim.boot()
      await sim.send(pid, null, { topic: 'wake' })
      await sim.loop.sleep(1_000)
      await sim.control(pid, { id: 'up', type: 'upgrade', verdicts: [], by: 'ann' })
      await sim.send(pid, null, { topic: 'go' })
      const view = await sim.reached(pid, [...ENDED, 'parked'])
      expect(outcomeOf(view.result).value).toBe('1')
      const answers = factsOf(await sim.facts(pid), 'answered').filter(({ by }) => by === 'ann')
      expect(answers.map(({ outcome }) => outcome.type)).toEqual(['error'])
      expect(deedsOf(sim.world.ledger, 'pay')).toHaveLength(1)
    })
  })

  it('U5: a race that was won, and that the new code has not come to, is not open again', async () => {
    const race = (ctx: Ctx): Promise<unknown> => ctx.race([(c) => c.uuid(), (c) => c.sleep('1h')])
    const run = await edited({
      before: async (ctx) => [await race(ctx), await hold(ctx)],
      after: async (ctx) => [await ctx.receive({ topic: 'go' }), await race(ctx)],
    })
    expect(run.adopted).toHaveLength(1)
    expect(run.adopted[0]?.ahead).toBeUndefined()
  })

  it('X2: what the new code never comes to is told to stop when it ends', async () => {
    const child = flow((ctx) => ctx.receive({ topic: 'never' }), 'child')
    const run = await edited({
      define: () => [child],
      before: async (ctx) => [await ctx.spawn(child as never, null as never), await hold(ctx)],
      after: async (ctx) => ctx.receive({ topic: 'go' }).then(() => 'done'),
    })
    expect([run.view.status, run.offences]).toEqual(['done', []])
    const [started] = factsOf(run.facts, 'sent')
    expect(
      factsOf(run.facts, 'sent')
        .filter(({ what }) => what === 'cancel')
        .map(({ to }) => to),
    ).toEqual([started?.to])
  })
})
