/** What comes too late: an ask in a race that is decided, a timer whose host has died. */
import { expect, it } from 'vitest'
import { workflow } from '../../../src/kernel/index.ts'
import { ENDED, factsOf, simulate, worldTool } from '../../../src/testing/index.ts'
import { outcomeOf } from './stage.ts'

it('X6, P7: what is asked for in the stretch in which its race is decided is not decided any more', async () => {
  await simulate({ seed: 1, rebootMs: 'never' }, async (sim) => {
    const pay = worldTool(sim.world, { name: 'pay' })
    const raced = workflow({ name: 'raced' }, (ctx) =>
      ctx.race([(c) => c.tool(pay, 1), () => Promise.resolve('at once')]),
    )
    sim.define(raced)
    await sim.boot()
    const pid = await sim.start(raced, null, { pid: 'p' })
    const view = await sim.reached(pid, ENDED)
    const facts = await sim.facts(pid)
    expect([outcomeOf(view.result).value, sim.world.ledger]).toEqual(['at once', []])
    expect(factsOf(facts, 'intended')).toEqual([])
  })
})

it.each([0, 3_000, 9_000])(
  'T6, P1: a sleep of ten seconds takes ten seconds, though its host dies after %d ms of it',
  async (dead) => {
    await simulate({ seed: 1, rebootMs: 'never' }, async (sim) => {
      let tries = 0
      // With something under way it goes on as soon as there is a host, and not only when it is due.
      const slow = (): Promise<number> => (tries++ === 0 ? new Promise(() => {}) : Promise.resolve(tries))
      const sleeper = workflow({ name: 'sleeper' }, async (ctx) => {
        const from = await ctx.now()
        await ctx.all([(c) => c.sleep('10s'), (c) => c.step('slow', slow, { effect: 'read' })])
        return (await ctx.now()) - from
      })
      sim.define(sleeper)
      await sim.boot()
      const pid = await sim.start(sleeper, null, { pid: 'p' })
      await sim.loop.sleep(100 + dead)
      sim.crash()
      await sim.boot()
      const view = await sim.reached(pid, ENDED)
      expect([tries, outcomeOf(view.result).value]).toEqual([2, expect.closeTo(10_000, -3)])
    })
  },
)
