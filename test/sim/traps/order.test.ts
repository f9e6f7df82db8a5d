/** What a naive kernel does to the order of things: counter-examples that once repeated writes in silence. */
import { describe, expect, it } from 'vitest'
import { CALM, factsOf } from '../../../src/testing/index.ts'
import { codeOf, crashOnceAt, deedsOf, stage, throughCrashes, waited } from '../rules/stage.ts'

const SLOW = { ...CALM, transitMs: [1, 200] } as const

describe('traps of order', () => {
  it('F1: equal calls of concurrent lanes keep their records: each page is saved once, with its own draw', async () => {
    for (const seed of [1, 2])
      await throughCrashes(
        { seed, habits: SLOW },
        async (ctx, tool) =>
          Promise.all(
            ['a', 'b', 'c'].map(async (x) => {
              await ctx.tool(tool('fetch', { effect: 'read' }), { x })
              const n = await ctx.tool(tool('draw', { effect: 'read', value: (_input, n) => n }), {})
              await ctx.tool(tool('save', { idempotent: true }), { x, n })
              return { x, n }
            }),
          ),
        ({ value, ledger }) => {
          const saved = deedsOf(ledger, 'save').map((deed) => deed.input)
          expect(saved).toHaveLength(3)
          expect(value).toEqual(expect.arrayContaining(saved))
        },
      )
  })

  it('F1: who takes what from a shared queue, and who was first, is the same after a crash', async () => {
    await throughCrashes(
      { habits: SLOW },
      async (ctx, tool) => {
        const queue = ['a', 'b', 'c', 'd', 'e']
        let first: string | undefined
        await Promise.all(
          [0, 1].map(async (lane) => {
            for (let x = queue.shift(); x !== undefined; x = queue.shift()) {
              await ctx.tool(tool('fetch', { effect: 'read' }), { x })
              first ??= x
              await ctx.tool(tool('save', { idempotent: true }), { x, lane })
            }
          }),
        )
        await ctx.tool(tool('order', { idempotent: true }), { first })
        return first
      },
      ({ value, ledger }) => {
        const saved = deedsOf(ledger, 'save').map((deed) => (deed.input as { x: string }).x)
        expect(saved.toSorted()).toEqual(['a', 'b', 'c', 'd', 'e'])
        expect(deedsOf(ledger, 'order').map((deed) => deed.input)).toEqual([{ first: value }])
      },
    )
  })

  it('F2: another way of paying after a restart is found out before the second one is paid', async () => {
    let isAfternoon = false
    const { error, ledger } = await stage(
      {
        during: async (sim, pid) => {
          await waited(sim, pid, 'timer')
          isAfternoon = true
          sim.crash()
        },
      },
      async (ctx, tool) => {
        await ctx.tool(tool('pay', { idempotent: true }), { via: isAfternoon ? 'slow' : 'fast' })
        await ctx.sleep('1d')
      },
    )
    expect(error?.code).toBe('WORKFLOW_DIVERGED')
    expect(ledger.map((deed) => deed.input)).toEqual([{ via: 'fast' }])
  })

  it('F7: a call on the outer ctx inside a race belongs to nobody, so it is refused', async () => {
    const { value, ledger } = await stage({}, (ctx, tool) =>
      ctx.race([() => codeOf(() => ctx.tool(tool('big'), {})), async (c) => (await c.sleep('1s'), 'timer')]),
    )
    expect(value).toBe('SCOPE_SUSPENDED')
    expect(ledger).toEqual([])
  })

  it('F7: a home-made limiter runs each call in the branch it was written in', async () => {
    const waiting: (() => void)[] = []
    const limited = async <T>(run: () => Promise<T>): Promise<T> => {
      await new Promise<void>((resolve) => (waiting.push(resolve), waiting.length === 1 && resolve()))
      return run().finally(() => (waiting.shift(), waiting[0]?.()))
    }
    const { facts } = await stage({}, (ctx, tool) =>
      ctx.map(['a', 'b', 'c'], (c, x) => limited(() => c.tool(tool('look', { effect: 'read' }), { x })), {
        key: (x) => x,
      }),
    )
    const keys = factsOf(facts, 'intended').map((fact) => [
      fact.key.slice(0, fact.key.indexOf('/')),
      JSON.parse(fact.args?.text ?? ''),
    ])
    expect(keys).toEqual(['a', 'b', 'c'].map((x) => [`0.map[=${x}]`, { x }]))
  })

  it('F11: a workflow that looks closely at a value does the same after a crash', async () => {
    await throughCrashes(
      {},
      async (ctx, tool) => {
        const found = await ctx.step('find', () => ({ when: new Date(5), error: undefined, zero: -0 }), {
          effect: 'read',
        })
        const isSure = 'error' in found && found.when instanceof Date && Object.is(found.zero, -0)
        await ctx.tool(tool('alarm', { idempotent: true }), { isSure })
        return isSure
      },
      ({ value, ledger, facts }, calm) => {
        expect(value).toBe(calm.value)
        expect(deedsOf(ledger, 'alarm').map((deed) => deed.input)).toEqual([{ isSure: value }])
        expect(new Set(factsOf(facts, 'intended').map((fact) => fact.key)).size).toBe(2)
      },
    )
  })

  it('F12: what was allowed before a long approval is looked at again after it', async () => {
    const { value, ledger } = await stage(
      {
        cap: { toolCalls: 1 },
        strict: true,
        async during(sim, pid) {
          const key = await waited(sim, pid, 'approval')
          await sim.loop.sleep(3 * 24 * 3600 * 1000)
          await sim.control(pid, { id: 'a', type: 'approve', key, verdict: 'approved', by: 'ann' })
        },
      },
      (ctx, tool) =>
        Promise.all([
          codeOf(() => ctx.tool(tool('pay', { needsApproval: true }), {})),
          ctx.sleep('1d').then(() => codeOf(() => ctx.tool(tool('note'), {}))),
        ]),
    )
    expect(value).toEqual(['BUDGET_EXCEEDED', 'none'])
    expect(ledger.map((deed) => deed.service)).toEqual(['note'])
  })

  it('F30: draws go by name: one more of them moves no other, and none costs a commit of its own', async () => {
    const draws = async (more: boolean) => {
      const run = await stage({}, async (ctx) => {
        if (more) await ctx.uuid('new')
        return [await ctx.uuid('order'), await ctx.random('dice'), await ctx.now()]
      })
      return {
        keys: factsOf(run.facts, 'settled').map((fact) => String(fact.key)),
        commits: run.sim.trace.filter((line) => / commit \d+$/.test(line)).length,
      }
    }
    const [few, many] = [await draws(false), await draws(true)]
    expect(many.keys.filter((key) => !key.includes('new'))).toEqual(few.keys)
    expect(many.commits).toBe(few.commits)
  })

  it('F35: what is settled stays; a read that was lost is drawn again, and all that follows goes by the new draw', async () => {
    let draws = 0
    await throughCrashes(
      { during: async (sim, pid) => crashOnceAt(sim, pid, 'timer') },
      async (ctx, tool) => {
        const n = await ctx.step('draw', () => ++draws, { effect: 'read' })
        await ctx.tool(tool('save', { idempotent: true }), { n })
        await ctx.sleep('1h')
        return n
      },
      ({ value, ledger, facts }) => {
        expect(deedsOf(ledger, 'save').map((deed) => deed.input)).toEqual([{ n: value }])
        expect(factsOf(facts, 'settled').filter((fact) => fact.key.startsWith('step:draw'))).toHaveLength(1)
      },
    )
    expect(draws).toBeGreaterThan(2)
  })
})
