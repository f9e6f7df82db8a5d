import { describe, expect, it } from 'vitest'
import type { Pid } from '../../../src/std/index.ts'
import { CALM, conservationOffences, factsOf, journalOffences } from '../../../src/testing/index.ts'
import type { Simulation } from '../../../src/testing/index.ts'
import { about, codeOf, crashOnceAt, deedsOf, flow, stage, throughCrashes } from './stage.ts'

const cancel = (sim: Simulation, pid: Pid) =>
  sim.control(pid, { id: 'stop', type: 'cancel', reason: 'enough', by: 'ann' })

describe('X: cancellation', () => {
  it('X1: a deadline is a timer among events; who was delivered first has won, also after a crash at any commit', async () => {
    for (const transit of [10, 90]) {
      await throughCrashes(
        { habits: { ...CALM, transitMs: [transit, transit] } },
        (ctx, tool) =>
          ctx.select({
            answer: (c) => c.tool(tool('look', { effect: 'read' }), {}),
            deadline: (c) => c.sleep('100ms'),
          }),
        ({ value, facts }) => {
          const [closed] = factsOf(facts, 'closed')
          const settled = about(facts, 'settled', 'look').find((fact) => fact.outcome.type === 'ok')?.seq ?? Infinity
          const rang = about(facts, 'answered', 'sleep')[0]?.seq ?? Infinity
          expect((value as { name: string }).name).toBe(settled < rang ? 'answer' : 'deadline')
          expect(closed).toMatchObject({ scope: '0.select', why: 'won' })
          expect(factsOf(facts, 'closed')).toHaveLength(1)
        },
      )
    }
  })

  it('X2: of the losers, what has not begun is dropped, a read is aborted and charged, a write lingers', async () => {
    let aborted = false
    const { value, view, facts, ledger } = await stage(
      { habits: { ...CALM, transitMs: [500, 500] }, cap: { toolCalls: 10 } },
      async (ctx, tool) => {
        const started = await ctx.now()
        await ctx.race([
          (c) => c.sleep('100ms'),
          (c) => c.tool(tool('asked', { needsApproval: true }), {}),
          (c) => c.tool(tool('write'), {}),
          (c) =>
            c.step(
              'read',
              ({ abortSignal }) =>
                new Promise(() => abortSignal.addEventListener('abort', () => (aborted = true), { once: true })),
              { effect: 'read' },
            ),
        ])
        return (await ctx.now()) - started
      },
    )
    expect(value).toBeLessThan(500)
    expect(aborted).toBe(true)
    expect(deedsOf(ledger, 'write')).toHaveLength(1)
    expect(deedsOf(ledger, 'asked')).toEqual([])
    expect(about(facts, 'settled', 'write').map((fact) => fact.outcome.type)).toEqual(['ok'])
    expect(about(facts, 'settled', 'read').map((fact) => fact.outcome.type)).toEqual(['cancelled'])
    expect(facts.at(-1)?.seq).toBeGreaterThan(about(facts, 'settled', 'write')[0]?.seq ?? Infinity)
    expect(view.summary).toMatchObject({ spent: { toolCalls: 2 }, reserved: { toolCalls: 0 } })
  })

  it('X3: a call of a closed scope rejects once, finally runs once, and a loop that swallows it does not spin', async () => {
    const lives: string[][] = []
    const { value } = await stage({}, async (ctx) => {
      const said: string[] = []
      lives.push(said)
      await ctx.race([
        (c) => c.sleep('1s'),
        async (c) => {
          for (;;) {
            try {
              await c.sleep('1h')
            } catch (error) {
              said.push((error as { code: string }).code)
            } finally {
              said.push('finally')
            }
          }
        },
      ])
      await ctx.sleep('1d')
      return said
    })
    expect(value).toEqual(['CANCELLED', 'finally'])
    expect(lives.length).toBeGreaterThan(1)
    for (const said of lives) expect(['CANCELLED,finally', '']).toContain(said.join())
  })

  it('X5: a cancelled process ends its children first, then itself, wherever a crash comes', async () => {
    const child = flow((ctx) => ctx.sleep('30d'), 'child')
    const ends = new Map<string, number>()
    await throughCrashes(
      {
        define: () => [child],
        async during(sim, pid) {
          await sim.loop.sleep(1_000)
          await cancel(sim, pid)
          await sim.reached(pid)
          for (const view of await sim.list()) ends.set(`${view.workflow} ${view.status}`, view.endedAt ?? 0)
        },
      },
      (ctx) => ctx.all([(c) => c.run(child as never, 0 as never), (c) => c.sleep('1d')]),
      ({ view, facts }) => {
        expect(view.status).toBe('cancelled')
        expect([...ends.keys()].toSorted()).toEqual(['child cancelled', 'flow cancelled'])
        expect(ends.get('child cancelled')).toBeLessThanOrEqual(ends.get('flow cancelled') ?? 0)
        expect(factsOf(facts, 'closed')[0]).toMatchObject({ scope: '', why: 'cancelled', reason: 'enough' })
        expect(facts.at(-1)).toMatchObject({ type: 'ended', result: { type: 'cancelled' } })
      },
    )
  })

  it('X5: a begun write is waited for, and its clean-up starts nothing', async () => {
    const { view, ledger, facts } = await stage(
      {
        habits: { ...CALM, transitMs: [300, 300] },
        during: async (sim, pid) => (await sim.loop.sleep(100), void (await cancel(sim, pid))),
      },
      async (ctx, tool) => {
        try {
          await ctx.tool(tool('pay'), {})
        } finally {
          void ctx.tool(tool('after'), {})
        }
      },
    )
    expect(view.status).toBe('cancelled')
    expect(ledger.map((deed) => deed.service)).toEqual(['pay'])
    expect(about(facts, 'settled', 'pay').map((fact) => fact.outcome.type)).toEqual(['ok'])
    expect(factsOf(facts, 'intended')).toHaveLength(1)
  })

  it('X6: nothing is decided after the close and nothing stays reserved, whenever the cancel comes', async () => {
    let begunWhenCancelled = 0
    for (let afterMs = 0; afterMs <= 240; afterMs += 12) {
      const { view, facts } = await stage(
        {
          seed: afterMs,
          cap: { toolCalls: 50 },
          habits: { ...CALM, transitMs: [5, 40] },
          async during(sim, pid) {
            await sim.loop.sleep(afterMs)
            await cancel(sim, pid)
            if (afterMs % 24 === 0) sim.crash()
          },
        },
        async (ctx, tool) => {
          for (let n = 0; n < 4; n++)
            await ctx.map([1, 2, 3], async (c, item) => {
              await c.tool(tool('look', { effect: 'read' }), { n, item })
              await codeOf(() => c.tool(tool('save', { idempotent: true }), { n, item }))
            })
        },
      )
      const closedAt = factsOf(facts, 'closed').find((fact) => fact.scope === '')?.seq ?? Infinity
      begunWhenCancelled += factsOf(facts, 'begun').filter((fact) => fact.seq < closedAt).length
      expect(factsOf(facts, 'intended').filter((fact) => fact.seq > closedAt)).toEqual([])
      expect(journalOffences({ pid: view.pid, facts })).toEqual([])
      expect(conservationOffences([{ pid: view.pid, facts }], ['toolCalls'])).toEqual([])
      expect(view.status).toBe('cancelled')
    }
    expect(begunWhenCancelled).toBeGreaterThan(20)
  })

  it('X6: a closed branch decides nothing after a crash either', async () => {
    const { ledger, facts } = await stage(
      { during: async (sim, pid) => crashOnceAt(sim, pid, 'timer') },
      async (ctx, tool) => {
        await ctx.race([
          (c) => c.now(),
          async (c) => {
            await codeOf(() => c.sleep('1h'))
            void c.tool(tool('late'), {})
          },
        ])
        await ctx.sleep('1d')
      },
    )
    expect(ledger).toEqual([])
    expect(factsOf(facts, 'intended')).toEqual([])
  })
})
