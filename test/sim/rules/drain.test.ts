import { describe, expect, it } from 'vitest'
import { workflow } from '../../../src/kernel/index.ts'
import { CALM, simulate, worldTool } from '../../../src/testing/index.ts'

const SEEDS = Array.from({ length: 12 }, (_, seed) => seed)

describe('E9: a deploy at any moment', () => {
  it.each(SEEDS)('makes nothing unknown, repeats nothing, and skips nothing (seed %i)', async (seed) => {
    const seen = await simulate({ seed, habits: CALM, rebootMs: 'never' }, async (sim) => {
      const mail = worldTool(sim.world, { name: 'mail' })
      const pay = worldTool(sim.world, { name: 'pay', idempotent: true })
      const busy = workflow({ name: 'busy' }, (ctx) =>
        ctx.map([1, 2, 3, 4], async (c, n) => {
          for (let i = 0; i < 4; i++) {
            await c.tool(mail, { n, i })
            await c.tool(pay, { n, i })
          }
        }),
      )
      sim.define(busy)
      await sim.boot()
      const pid = await sim.start(busy)
      for (let deploys = 0; (await sim.inspect(pid))?.endedAt === undefined; deploys++) {
        await sim.loop.sleep(sim.random.between(1, 40))
        expect(await sim.drain()).toBe(true)
        await sim.boot()
        expect(deploys).toBeLessThan(1_000)
      }
      const facts = await sim.facts(pid)
      return { facts, ledger: sim.world.ledger }
    })
    const types = seen.facts.map(({ type }) => type)
    expect(types).not.toContain('unknown')
    expect(seen.facts.filter((fact) => fact.type === 'begun' && fact.attempt > 1)).toEqual([])
    expect(seen.ledger.filter(({ what }) => what === 'done')).toHaveLength(32)
  })
})
