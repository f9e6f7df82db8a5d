import { describe, expect, it } from 'vitest'
import { agent } from '../../../src/agents/index.ts'
import { workflow } from '../../../src/kernel/index.ts'
import type { AnyDefinition } from '../../../src/kernel/index.ts'
import { anything, bornOf, ENDED, factsOf, scriptedModel, simulate, worldTool } from '../../../src/testing/index.ts'
import type { Simulation } from '../../../src/testing/index.ts'
import { outcomeOf } from './stage.ts'

const order = (text: string, extra: object = {}): AnyDefinition =>
  workflow(
    { name: 'order', ...extra },
    text === 'old' ? async (ctx) => (await ctx.sleep('1h'), 'old') : async (ctx) => (await ctx.sleep('1h'), 'new'),
  )

/** Starts `before`, and boots again with `after` in its place while it sleeps. */
async function swap(sim: Simulation, before: AnyDefinition, after: readonly AnyDefinition[]) {
  sim.define(before)
  await sim.boot()
  const pid = await sim.start(before, 'go', { pid: 'p' })
  await sim.reached(pid, ['waiting'])
  sim.crash()
  sim.forget(before.name)
  sim.define(...after)
  await sim.boot()
  return pid
}

describe('U: code that changes', () => {
  it('U1: a process goes on with the code it was born with, or not at all; it is parked, seen, and not tried in a loop', async () => {
    await simulate({ seed: 1, rebootMs: 'never' }, async (sim) => {
      // Not the realm's: a definition that was made here would be found again by itself.
      const gone = { ...order('old'), source: 'code that is gone' } as AnyDefinition
      const pid = await swap(sim, gone, [order('new')])
      const view = await sim.reached(pid, ['parked'])
      expect(view.parked).toMatchObject({ code: 'CODE_ABSENT' })
      expect(view.parked?.message).toContain('other code of order')
      await sim.loop.sleep(24 * 3600 * 1000)
      const later = await sim.inspect(pid)
      expect([later?.status, later?.activations]).toEqual(['parked', view.activations])
      expect(factsOf(await sim.facts(pid), 'ended')).toEqual([])
    })
  })

  it('U1: cancelled without its code, it waits for nothing any more but for the children it has told to end', async () => {
    await simulate({ seed: 1, rebootMs: 'never' }, async (sim) => {
      const slow = workflow({ name: 'slow' }, async (ctx) => {
        ctx.compensate('undo', () => sim.loop.sleep(3_000).then(() => 'undone'), { idempotent: true })
        await ctx.sleep('1h')
      })
      const gone = workflow({ name: 'order' }, async (ctx) => {
        await ctx.spawn(slow, null)
        return ctx.race([(c) => c.receive({ topic: 'never' }), (c) => c.sleep('1h')])
      })
      sim.define(slow)
      const pid = await swap(sim, { ...gone, source: 'code that is gone' }, [order('new')])
      await sim.reached(pid, ['parked'])
      expect((await sim.inspect(pid))?.waits.map(({ on }) => on.kind).toSorted()).toEqual(['message', 'timer'])
      await sim.control(pid, { id: 'c', type: 'cancel', reason: 'no', by: 'ann' })
      await sim.loop.sleep(500)
      const view = await sim.inspect(pid)
      expect([view?.status, view?.waits.map(({ on }) => on.kind)]).toEqual(['waiting', ['timer']])
      expect((await sim.reached(pid)).status).toBe('cancelled')
    })
  })

  it('U1: with the old code back beside the new, it goes on with the old', async () => {
    await simulate({ seed: 1, rebootMs: 'never' }, async (sim) => {
      const pid = await swap(sim, order('old'), [order('old'), order('new')])
      const view = await sim.reached(pid, [...ENDED, 'parked'])
      expect(outcomeOf(view.result).value).toBe('old')
      const born = bornOf(await sim.facts(pid))
      expect(born).toMatchObject({ version: '1', codeDigest: expect.stringMatching(/^[0-9a-f]{16,}$/) as string })
    })
  })

  it('U2: a new start takes the newest code', async () => {
    await simulate({ seed: 1, rebootMs: 'never' }, async (sim) => {
      await swap(sim, order('old'), [order('old'), order('new', { version: '2' })])
      const pid = await sim.start(order('new'), 'go', { pid: 'q' })
      const view = await sim.reached(pid)
      expect(outcomeOf(view.result).value).toBe('new')
      expect(bornOf(await sim.facts(pid))?.version).toBe('2')
    })
  })

  it('U2: an agent is not tried against what it has done: it moves to code that would not have come so far', async () => {
    await simulate({ seed: 1, rebootMs: 'never' }, async (sim) => {
      const pay = worldTool(sim.world, { name: 'pay' })
      const wait = { name: 'wait', inputSchema: anything, needsApproval: true, execute: () => 1 }
      const model = scriptedModel([{ calls: [{ tool: 'pay', input: {} }] }, { calls: [{ tool: 'wait', input: {} }] }])
      const clerk = (maxSteps: number) =>
        agent({ name: 'clerk', model, maxSteps, tools: { pay: pay as never, wait: wait as never } })
      const pid = await swap(sim, clerk(5), [clerk(1)])
      await sim.control(pid, { id: 'a', type: 'approve', key: 'r2/tool/0' as never, verdict: 'denied', by: 'ann' })
      const view = await sim.reached(pid, [...ENDED, 'parked'])
      expect(outcomeOf(view.result)).toMatchObject({ error: { code: 'STEPS_EXCEEDED' } })
      const [adopted] = factsOf(await sim.facts(pid), 'adopted')
      expect([adopted?.orphans, adopted?.gone]).toEqual([[], undefined])
    })
  })

  it('U2: an agent moves to new code at its next step', async () => {
    await simulate({ seed: 1, rebootMs: 'never' }, async (sim) => {
      const wait = { name: 'wait', inputSchema: anything, needsApproval: true, execute: () => 1 }
      const first = scriptedModel([{ calls: [{ tool: 'wait', input: {} }] }])
      const second = scriptedModel(['with new code'])
      const clerk = (model: typeof first, instructions: string) =>
        agent({ name: 'clerk', model, instructions, tools: { wait: wait as never } })
      const pid = await swap(sim, clerk(first, 'Old.'), [clerk(second, 'New.')])
      await sim.control(pid, { id: 'a', type: 'approve', key: 'r1/tool/0' as never, verdict: 'denied', by: 'ann' })
      const view = await sim.reached(pid, [...ENDED, 'parked'])
      expect(outcomeOf(view.result).value).toMatchObject({ text: 'with new code' })
      expect(JSON.stringify(second.calls[0]?.prompt)).toContain('New.')
      expect(JSON.stringify(second.calls[0]?.prompt)).not.toContain('Old.')
    })
  })
})
