import { describe, expect, it } from 'vitest'
import type { AnyDefinition, Fact } from '../../../src/kernel/index.ts'
import type { Pid } from '../../../src/std/index.ts'
import { bornOf, conservationOffences, factsOf } from '../../../src/testing/index.ts'
import type { Simulation } from '../../../src/testing/index.ts'
import { codeOf, flow, outcomeOf, stage, throughCrashes } from './stage.ts'

const child = (body: Parameters<typeof flow>[0]): AnyDefinition => flow(body, 'child')
const childOf = (facts: readonly Fact[]): Pid => factsOf(facts, 'sent').find((fact) => fact.what === 'start')?.to as Pid
const at = (facts: readonly Fact[], type: Fact['type']): number => facts.find((fact) => fact.type === type)?.at ?? -1

describe('C: children', () => {
  it('C1: a start and what pays for it are one frame; the child starts once, through a crash at any commit', async () => {
    const worker = child(async (ctx) => ctx.uuid())
    await throughCrashes(
      { define: () => [worker], cap: { processes: 4 } },
      async (ctx) => ctx.run(worker as never, 1 as never, { budget: { processes: 1 } }),
      ({ value, facts, sim, view }) => {
        expect(value).toMatch(/^[0-9a-f-]{36}$/)
        const types = facts.map((fact) => fact.type)
        expect(types.slice(types.indexOf('sent'), types.indexOf('sent') + 2)).toEqual(['sent', 'account'])
        expect(factsOf(facts, 'sent')).toHaveLength(1)
        const births = sim.news.flatMap((news) =>
          news.type === 'frame' && news.pid !== 'flow' ? factsOf(news.facts, 'born') : [],
        )
        expect(new Set(births.map((born) => born.parent?.key)).size).toBe(1)
        expect(view.summary?.spent.processes).toBe(1)
      },
    )
  })

  it('C1: a process ends after its children, also those it does not wait for', async () => {
    const worker = child(async (ctx) => (await ctx.sleep('1h'), 'done'))
    let ended: readonly Fact[] = []
    const { facts, value } = await stage(
      {
        define: () => [worker],
        async during(sim, pid) {
          await sim.reached(pid)
          ended = await sim.facts(childOf(await sim.facts(pid)))
        },
      },
      async (ctx) => (await ctx.spawn(worker as never, 0 as never), 'first'),
    )
    expect(value).toBe('first')
    expect(at(ended, 'ended')).toBeGreaterThan(at(ended, 'born') + 3_500_000)
    expect(at(facts, 'ended')).toBeGreaterThanOrEqual(at(ended, 'ended'))
  })

  it('C2: who refuses a start gives everything back and says why', async () => {
    const nested: AnyDefinition = flow(
      (ctx) => ctx.run(nested as never, 0 as never).catch((error: Error & { code: string }) => error.code),
      'nested',
    )
    const deep = await stage({ define: () => [nested] }, (ctx) => ctx.run(nested as never, 0 as never))
    expect(deep.value).toBe('PROCESS_REFUSED')
    const worker = child(() => 1)
    const poor = await stage({ define: () => [worker], cap: { processes: 1, toolCalls: 2 }, strict: true }, (ctx) =>
      codeOf(() => ctx.run(worker as never, 0 as never, { budget: { toolCalls: 3 } })),
    )
    expect(poor.value).toBe('BUDGET_EXCEEDED')
    expect(poor.view.summary).toMatchObject({ spent: {}, delegated: {} })
    expect(factsOf(poor.facts, 'sent')).toEqual([])
  })

  it('C3: the end of a child pays back the rest, exactly once, through a crash at any commit', async () => {
    const worker = child(async (ctx, n) => {
      for (let i = 0; i < (n as number); i++) await ctx.step('look', () => i, { effect: 'local' })
      if (n === 2) throw new Error('fails')
    })
    await throughCrashes(
      { define: () => [worker], cap: { processes: 9, toolCalls: 100 } },
      (ctx) =>
        ctx.map([1, 2, 3], async (c, n) => codeOf(() => c.run(worker as never, n as never)), { errors: 'cancel' }),
      ({ value, facts, view }) => {
        expect(value).toEqual(['none', 'WORKFLOW_FAILED', 'none'])
        expect(conservationOffences([{ pid: view.pid, facts }], ['processes', 'toolCalls'])).toEqual([])
        const returns = factsOf(facts, 'account').filter((fact) => fact.op === 'return')
        expect(new Set(returns.map((fact) => fact.other)).size).toBe(3)
        expect(returns).toHaveLength(3)
        expect(view.summary?.spent.processes).toBe(3)
      },
    )
  })

  it('C4: what was given to a detached child comes back to nobody, and its late end harms nobody', async () => {
    const worker = child(async (ctx) => (await ctx.sleep('1d'), 'late'))
    let last: unknown
    const { view, facts } = await stage(
      {
        define: () => [worker],
        cap: { toolCalls: 10, processes: 3 },
        async during(sim, pid) {
          const { endedAt } = await sim.reached(pid)
          const detached = await sim.reached(childOf(await sim.facts(pid)))
          last = [outcomeOf(detached.result).value, (detached.endedAt ?? 0) > (endedAt ?? 0)]
          await sim.loop.sleep(1_000)
        },
      },
      async (ctx) => void (await ctx.spawn(worker as never, 0 as never, { detached: true, budget: { toolCalls: 4 } })),
    )
    expect(last).toEqual(['late', true])
    expect(view.summary?.delegated.toolCalls).toBe(4)
    expect(factsOf(facts, 'account').map((fact) => fact.op)).toEqual(['carve'])
  })

  it('C5: a cancel that overtakes a start leaves a tombstone; the late start is refused and paid back', async () => {
    let runs = 0
    const worker = child(() => ++runs)
    const play = (cancel?: (sim: Simulation) => Promise<void>) =>
      stage(
        {
          define: () => [worker],
          cap: { toolCalls: 10, processes: 3 },
          during: async (sim) => cancel?.(sim),
        },
        async (ctx) => {
          await ctx.sleep('1m')
          return codeOf(() => ctx.run(worker as never, 0 as never))
        },
      )
    const calm = await play()
    expect([calm.value, runs]).toEqual(['none', 1])
    const pid = childOf(calm.facts)
    const late = await play(async (sim) => {
      expect(await sim.control(pid, { id: 'c', type: 'cancel', reason: 'no', by: 'ann' })).toBe('queued')
    })
    expect([late.value, runs]).toEqual(['CANCELLED', 1])
    expect(late.view.summary?.delegated).toMatchObject({ toolCalls: 0 })
    expect(conservationOffences([{ pid: late.view.pid, facts: late.facts }], ['toolCalls'])).toEqual([])
    expect(bornOf(late.facts)?.cap).toEqual({ toolCalls: 10, processes: 3 })
  })
})
