/** A process that cannot run any more can still be cancelled: its children end, its money goes home, what it began is shown. */
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { workflow } from '../../src/kernel/index.ts'
import type { AnyDefinition, Ctx } from '../../src/kernel/index.ts'
import { factsOf, simulate } from '../../src/testing/index.ts'

const cancel = { id: 'c', type: 'cancel', reason: 'enough', by: 'ann' } as const
const sleeper = workflow({ name: 'sleeper' }, async (ctx) => ctx.sleep('30d'))

/** Not made by workflow(): what a realm has defined it never forgets, and here the code must be gone. */
const unregistered = (name: string, run: (ctx: Ctx) => Promise<unknown>): AnyDefinition => ({
  kind: 'workflow',
  name,
  version: '1',
  source: 'lost',
  onUpgrade: 'pin',
  run,
})

describe('cancelling what cannot run', () => {
  it('X5: a run whose code has diverged ends cancelled', async () => {
    let ms = 1e9
    const view = await simulate({ seed: 1, rebootMs: 'never' }, async (sim) => {
      const flow = workflow({ name: 'diverging' }, async (ctx) => ctx.sleep(ms))
      sim.define(flow)
      await sim.boot()
      const pid = await sim.start(flow)
      await sim.reached(pid, ['waiting'])
      sim.crash()
      ms = 2e9
      await sim.boot()
      await sim.control(pid, cancel)
      return sim.reached(pid)
    })
    expect(view.status).toBe('cancelled')
    expect(view.waits).toEqual([])
  })

  it('E6, X5: a keyed write that was to be repeated, and may have been done, is shown as unknown', async () => {
    const facts = await simulate({ seed: 3, rebootMs: 'never' }, async (sim) => {
      const cut = () => Promise.reject(Object.assign(new Error('cut'), { code: 'ECONNRESET' }))
      const pay = { name: 'abandoned-pay', inputSchema: z.object({}), idempotent: true, execute: cut }
      const flow = unregistered('hasty', async (ctx) => ctx.tool(pay, {}))
      sim.define(flow)
      await sim.boot()
      const pid = await sim.start(flow)
      while ((await sim.inspect(pid))?.waits.every(({ on }) => on.kind !== 'grace') !== false) await sim.loop.sleep(5)
      sim.crash()
      sim.forget('hasty')
      await sim.boot()
      await sim.reached(pid, ['parked'])
      await sim.control(pid, cancel)
      expect((await sim.reached(pid)).status).toBe('cancelled')
      return sim.facts(pid)
    })
    const [write] = factsOf(facts, 'intended')
    expect(factsOf(facts, 'unknown')).toMatchObject([{ key: write?.key, attempt: 1 }])
    expect(factsOf(facts, 'settled').filter(({ key }) => key === write?.key)).toEqual([])
  })

  it('X5: a run whose code is gone ends cancelled, with its child and its books in order', async () => {
    const [parent, child] = await simulate({ seed: 2, rebootMs: 'never' }, async (sim) => {
      const note = { name: 'abandoned-note', inputSchema: z.object({}), execute: () => new Promise(() => {}) }
      const flow = unregistered('orphaned', async (ctx) => {
        ctx.compensate('tidy-up', () => 1)
        // A key is the author's own text, whatever stands in it.
        ctx.compensate('refund', () => 2, { key: 'order 1\nline: 2/3' })
        return ctx.all([(c) => c.run(sleeper, undefined), (c) => c.tool(note, {})])
      })
      sim.define(flow, sleeper)
      await sim.boot()
      const pid = await sim.start(flow, undefined, { cap: { toolCalls: 5 } })
      await sim.loop.sleep(100)
      sim.crash()
      sim.forget('orphaned')
      await sim.boot()
      await sim.reached(pid, ['parked'])
      await sim.control(pid, cancel)
      const ended = await sim.reached(pid)
      const facts = await sim.facts(pid)
      expect(facts.some((fact) => fact.type === 'unknown')).toBe(true)
      expect(facts.at(-1)).toMatchObject({ warning: 'COMPENSATION_LOST: not run, for lack of code: tidy-up, refund' })
      return [ended, (await sim.list()).find((view) => view.parent === pid)]
    })
    expect(parent?.status).toBe('cancelled')
    expect(parent?.summary?.reserved.toolCalls ?? 0).toBe(0)
    expect(parent?.summary?.delegated.toolCalls ?? 0).toBe(0)
    expect(child?.status).toBe('cancelled')
  })
})
