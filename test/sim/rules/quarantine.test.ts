import { describe, expect, it } from 'vitest'
import { workflow } from '../../../src/kernel/index.ts'
import type { Tool } from '../../../src/kernel/index.ts'
import { asEffectKey } from '../../../src/std/index.ts'
import type { Pid } from '../../../src/std/index.ts'
import { CALM, simulate, worldTool } from '../../../src/testing/index.ts'
import type { Simulation, WorldToolSettings } from '../../../src/testing/index.ts'

const RESTORED = { incarnation: 1, takenAt: 0, restoredAt: 1, by: 'ann' }

/** Runs one workflow in a store that was restored. */
function restored<T>(
  scenario: (sim: Simulation, tool: (name: string, rest?: Omit<WorldToolSettings, 'name'>) => Tool) => Promise<T>,
): Promise<T> {
  return simulate({ seed: 1, habits: CALM, rebootMs: 'never', graceMs: 50 }, async (sim) => {
    await sim.boot()
    await (await sim.engine()).setQuarantine(RESTORED)
    return scenario(sim, (name, rest = {}) => worldTool(sim.world, { name, ...rest }))
  })
}

/** Its waits, once one of them is for an operator. */
async function heldWaits(sim: Simulation, pid: Pid) {
  for (;;) {
    const { waits } = await sim.reached(pid, ['waiting'])
    if (waits.some(({ on }) => on.kind === 'operator')) return waits
    await sim.loop.sleep(10)
  }
}

const deeds = (sim: Simulation) => sim.world.ledger.map(({ what, service }) => `${what} ${service}`)

describe('quarantine', () => {
  it('what a key protects goes on, what can be looked up is looked up first, and any other write waits for an operator', () =>
    restored(async (sim, tool) => {
      const all = workflow({ name: 'all' }, async (ctx) => [
        await ctx.tool(tool('look', { effect: 'read' }), {}),
        await ctx.tool(tool('pay', { idempotent: true }), {}),
        await ctx.tool(tool('book', { reconcile: true }), {}),
        await ctx.tool(tool('mail'), {}),
      ])
      sim.define(all)
      await sim.drain()
      await sim.boot()
      const pid = await sim.start(all)
      const waits = await heldWaits(sim, pid)
      expect(deeds(sim).filter((deed) => !deed.endsWith('look'))).toEqual([
        'done pay',
        'looked book',
        'looked book',
        'done book',
      ])
      expect(waits.map(({ on }) => on)).toEqual([
        { kind: 'operator', held: 1, question: expect.stringContaining('was mail done already?') },
      ])
      const key = asEffectKey(waits[0]!.key.replace('!resolve', ''))
      await sim.control(pid, { id: 'r', type: 'resolve', key, how: 'again', by: 'ann' })
      expect((await sim.reached(pid)).status).toBe('done')
      expect(deeds(sim).filter((deed) => deed.endsWith('mail'))).toEqual(['done mail'])
    }))

  it('a write that an operator knows to be done is not done', () =>
    restored(async (sim, tool) => {
      const mailing = workflow({ name: 'mailing' }, (ctx) => ctx.tool(tool('mail'), {}))
      sim.define(mailing)
      await sim.drain()
      await sim.boot()
      const pid = await sim.start(mailing)
      const waits = await heldWaits(sim, pid)
      const key = asEffectKey(waits[0]!.key.replace('!resolve', ''))
      await sim.control(pid, { id: 'r', type: 'resolve', key, how: 'done', value: { text: '"as it was"' }, by: 'ann' })
      expect((await sim.reached(pid)).result).toEqual({ type: 'ok', value: { text: '"as it was"' } })
      expect(deeds(sim)).toEqual([])
    }))

  it('what waits stays held when the quarantine is lifted and the host dies before it is told', () =>
    restored(async (sim, tool) => {
      const mailing = workflow({ name: 'mailing' }, (ctx) => ctx.tool(tool('mail'), {}))
      sim.define(mailing)
      await sim.drain()
      await sim.boot()
      const pid = await sim.start(mailing)
      await sim.reached(pid, ['waiting'])
      await (await sim.engine()).setQuarantine(undefined)
      sim.crash()
      await sim.boot()
      expect((await sim.reached(pid, ['waiting'])).waits).toHaveLength(1)
      expect(deeds(sim)).toEqual([])
      const later = await sim.start(mailing, undefined, { pid: 'later' })
      expect((await sim.reached(later)).status).toBe('done')
      expect(deeds(sim)).toEqual(['done mail'])
    }))
})
