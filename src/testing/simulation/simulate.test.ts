import { describe, expect, it } from 'vitest'
import { valueOf, workflow } from '../../kernel/index.ts'
import type { AnyDefinition } from '../../kernel/index.ts'
import { STORMY } from '../world/world.ts'
import { worldTool } from '../world/world-tool.ts'
import { AILING_DISK } from './disk.ts'
import { simulate } from './simulate.ts'
import type { Simulation } from './simulate.ts'

const shop = (sim: Simulation): AnyDefinition => {
  const look = worldTool(sim.world, { name: 'look', effect: 'read' })
  const pay = worldTool(sim.world, { name: 'pay', idempotent: true, timeout: '10s' })
  return workflow({ name: 'shop' }, async (ctx) => {
    const prices = await ctx.map([1, 2, 3], (c, n) => c.tool(look, { n }).catch(() => 'no price'))
    await ctx.sleep('1h')
    return { prices, paid: await ctx.tool(pay, { amount: 5 }).catch((error: Error) => error.message) }
  })
}

const play = (seed: number) =>
  simulate({ seed, habits: STORMY, disk: AILING_DISK, powerFails: (_moment, n) => n % 7 === 5 }, async (sim) => {
    sim.define(shop(sim))
    await sim.boot()
    const view = await sim.reached(await sim.start(shop(sim), {}, { pid: 'p' }))
    return { view, trace: sim.trace, ledger: sim.world.ledger, crashes: sim.crashes, endedAt: sim.loop.nowMs }
  })

describe('simulate', () => {
  it('runs hours in no time, through crashes, to the end', async () => {
    const { view, crashes, endedAt } = await play(1)
    expect(view.status).toBe('done')
    expect(valueOf(view.result?.type === 'ok' ? view.result.value : { text: '0' })).toHaveProperty('prices')
    expect(crashes).toBeGreaterThan(0)
    expect(endedAt).toBeGreaterThan(3_600_000)
  })

  it('is a function of its seed', async () => {
    const [one, same, other] = [await play(7), await play(7), await play(8)]
    expect(same).toEqual(one)
    expect(other.trace).not.toEqual(one.trace)
  })

  it('says so when nothing can happen any more', async () => {
    await expect(simulate({ seed: 1 }, () => new Promise(() => {}))).rejects.toThrow('stands still')
  })
})
