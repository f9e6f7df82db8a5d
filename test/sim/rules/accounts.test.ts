import { describe, expect, it } from 'vitest'
import { ProcessState } from '../../../src/kernel/index.ts'
import type { Dimension, Fact } from '../../../src/kernel/index.ts'
import { balanceOf, CALM, conservationOffences, factsOf } from '../../../src/testing/index.ts'
import { codeOf, deedsOf, flow, stage, throughCrashes, waited } from './stage.ts'

const worker = flow(async (ctx, calls) => {
  for (let n = 0; n < (calls as number); n++) await ctx.step('look', () => n, { effect: 'read' })
  return calls
}, 'worker')

/** What is left after each fact, by the kernel's fold. */
function leftAfterEach(facts: readonly Fact[], dimension: Dimension): readonly number[] {
  const state = new ProcessState()
  return facts.map((fact) => {
    state.apply(fact)
    return state.account.available(dimension)
  })
}

describe('G: accounts', () => {
  it('G1: the account is a fold over the process’s own facts, and goes on in the next segment', async () => {
    const { facts, view, value } = await stage({ input: 0, cap: { toolCalls: 10 } }, async (ctx, tool, segment) => {
      await ctx.tool(tool('look', { effect: 'read' }), {})
      await ctx.tool(tool('look', { effect: 'read' }), {})
      return segment === 0 ? ctx.continueAsNew(1) : ctx.budget()
    })
    expect(value).toEqual({ toolCalls: 6 })
    expect(view.summary?.spent.toolCalls).toBe(4)
    const snapshot = facts.findIndex((fact) => fact.type === 'snapshot')
    const [whole, resumed] = [new ProcessState(), new ProcessState()]
    for (const fact of facts) whole.apply(fact)
    for (const fact of [facts[0] as Fact, ...facts.slice(snapshot)]) resumed.apply(fact)
    expect(resumed.account.data).toEqual(whole.account.data)
  })

  it('G1: check and reservation are one step: calls asked at once see each other', async () => {
    const { value, ledger } = await stage({ cap: { toolCalls: 3 }, strict: true }, (ctx, tool) =>
      Promise.all([1, 2, 3, 4, 5].map((n) => codeOf(() => ctx.tool(tool('pay'), { n })))),
    )
    expect(value).toEqual(['none', 'none', 'none', 'BUDGET_EXCEEDED', 'BUDGET_EXCEEDED'])
    expect(deedsOf(ledger, 'pay')).toHaveLength(3)
  })

  it('G2: cap = available + reserved + delegated + spent + forfeited after every fact, through crashes', async () => {
    await throughCrashes(
      { define: () => [worker], cap: { toolCalls: 20, processes: 9 }, habits: { ...CALM, unreachable: 0.3 } },
      async (ctx, tool) => {
        await ctx.map([1, 2], (c, n) => c.run(worker as never, n as never), { errors: 'collect' })
        for (let n = 0; n < 3; n++)
          await ctx.tool(tool('look', { effect: 'read' }), { n }, { attempts: 3 }).catch(() => undefined)
      },
      ({ facts, view }) => {
        for (const dimension of ['toolCalls', 'processes'] as const) {
          const left = leftAfterEach(facts, dimension)
          facts.forEach((_, index) => {
            const { cap, reserved, delegated, spent, forfeited } = balanceOf({
              pid: view.pid,
              facts: facts.slice(0, index + 1),
            })
            const used = [reserved, delegated, spent, forfeited].reduce((sum, part) => sum + (part[dimension] ?? 0), 0)
            expect(left[index]).toBe((cap[dimension] ?? 0) - used)
            expect(left[index]).toBeGreaterThanOrEqual(0)
          })
        }
        expect(conservationOffences([{ pid: view.pid, facts }], ['toolCalls', 'processes'])).toEqual([])
        expect(view.summary?.spent.processes).toBe(2)
      },
    )
  })

  it('G5: without money a call waits, is not refused, and goes on with a top-up, through a crash at any commit', async () => {
    await throughCrashes(
      {
        cap: { toolCalls: 1 },
        async during(sim, pid) {
          await waited(sim, pid, 'budget')
          expect(sim.world.ledger.filter((deed) => deed.what === 'done').length).toBeLessThanOrEqual(1)
          await sim.control(pid, { id: 't', type: 'topUp', amounts: { toolCalls: 5 }, by: 'ann' })
        },
      },
      async (ctx, tool) => {
        for (const n of [1, 2]) await ctx.tool(tool('pay', { idempotent: true }), { n })
        return ctx.budget()
      },
      ({ value, ledger, facts, sim }) => {
        expect(deedsOf(ledger, 'pay')).toHaveLength(2)
        const lost = factsOf(facts, 'account').filter((fact) => fact.op === 'forfeit')
        const calls = lost.reduce((sum, fact) => sum + (fact.amounts.toolCalls ?? 0), 0)
        expect(value).toEqual({ toolCalls: 4 - calls })
        expect(calls === 0 || sim.crashes > 0).toBe(true)
      },
    )
  })

  it('G5: nobody is refused or made to wait while the account has enough', async () => {
    const { facts, view, ledger } = await stage({ cap: { toolCalls: 10 } }, (ctx, tool) =>
      Promise.all(Array.from({ length: 10 }, (_, n) => ctx.tool(tool('pay'), { n })).map((call) => call.then(() => 1))),
    )
    expect(factsOf(facts, 'waiting')).toEqual([])
    expect(deedsOf(ledger, 'pay')).toHaveLength(10)
    expect(view.summary?.spent.toolCalls).toBe(10)
  })
})
