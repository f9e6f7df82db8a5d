import { describe, expect, it } from 'vitest'
import type { Ctx } from '../../../src/kernel/index.ts'
import type { Pid } from '../../../src/std/index.ts'
import { conservationOffences, factsOf, journalOffences } from '../../../src/testing/index.ts'
import type { Simulation, World } from '../../../src/testing/index.ts'
import { about, codeOf, flow, stage, throughCrashes, waited } from './stage.ts'
import type { Staged } from './stage.ts'

const HOTEL = { name: 'hotel', keyed: true }

/** Books with a tool and registers the way back. */
async function book(ctx: Ctx, world: World, what: string): Promise<void> {
  const ask = (act: string) => ({
    fn: ({ idempotencyKey: key, attempt }: { readonly idempotencyKey: string; readonly attempt: number }) =>
      world.request({ service: HOTEL, input: `${act} ${what}`, key, attempt }),
    options: { key: what, idempotent: true },
  })
  const [there, back] = [ask('book'), ask('free')]
  await ctx.step('book', there.fn, there.options)
  ctx.compensate('free', back.fn, back.options)
}

const done = ({ ledger }: Staged): readonly unknown[] =>
  ledger.filter(({ what }) => what === 'done').map(({ input }) => input)
const warning = ({ facts }: Staged): string => factsOf(facts, 'ended')[0]?.warning ?? ''
const cancel = (sim: Simulation, pid: Pid) =>
  sim.control(pid, { id: 'stop', type: 'cancel', reason: 'enough', by: 'ann' })

function checkBooks({ view, facts }: Staged): void {
  expect(journalOffences({ pid: view.pid, facts })).toEqual([])
  expect(conservationOffences([{ pid: view.pid, facts }], ['toolCalls'])).toEqual([])
}

describe('X4: compensations', () => {
  it('X4: a failure undoes what was done, last first, once each, with a crash at every commit; a success undoes nothing', async () => {
    for (const fails of [true, false]) {
      await throughCrashes(
        { cap: { toolCalls: 20 } },
        async (ctx, _tool, _, world) => {
          for (const what of ['a', 'b', 'c']) await book(ctx, world, what)
          if (fails) throw new Error('no visa')
          return 'booked'
        },
        (run) => {
          const undone = fails ? ['free c', 'free b', 'free a'] : []
          expect(done(run)).toEqual(['book a', 'book b', 'book c', ...undone])
          expect([run.view.status, run.error?.code]).toEqual(
            fails ? ['failed', 'WORKFLOW_FAILED'] : ['done', undefined],
          )
          expect(warning(run)).toBe('')
          checkBooks(run)
        },
      )
    }
  })

  it('X4, X5: a cancel undoes what was done, after the children have ended, with a crash at every commit', async () => {
    const child = flow((ctx) => ctx.sleep('30d'), 'child')
    await throughCrashes(
      {
        define: () => [child],
        async during(sim, pid) {
          await sim.loop.sleep(2_000)
          await cancel(sim, pid)
        },
      },
      async (ctx, _tool, _, world) => {
        await book(ctx, world, 'a')
        await book(ctx, world, 'b')
        try {
          await ctx.run(child as never, 0 as never)
        } finally {
          await ctx.step('never asked', () => 1)
        }
      },
      (run) => {
        expect(done(run)).toEqual(['book a', 'book b', 'free b', 'free a'])
        expect(run.view.status).toBe('cancelled')
        expect(about(run.facts, 'intended', 'never')).toEqual([])
        const returned = factsOf(run.facts, 'account').find(({ op }) => op === 'return')?.seq
        expect(returned).toBeLessThan(about(run.facts, 'intended', 'shield/')[0]?.seq ?? 0)
        checkBooks(run)
      },
    )
  })

  it('X4: a branch that loses undoes its own, though the workflow succeeds; what won stays', async () => {
    await throughCrashes(
      {},
      async (ctx, _tool, _, world) => {
        const won = await ctx.select({
          slow: async (c) => {
            await book(c, world, 'slow')
            await c.sleep('10s')
          },
          fast: async (c) => {
            await c.all([(inner) => book(inner, world, 'fast'), (inner) => book(inner, world, 'too')])
            await c.sleep('1s')
          },
        })
        await ctx.sleep('1s')
        return won.name
      },
      (run) => {
        expect(run.value).toBe('fast')
        expect(done(run).slice(3)).toEqual(['free slow'])
        checkBooks(run)
      },
    )
  })

  it('X4: what a branch that won has registered is its parent’s: it is undone when that fails', async () => {
    const run = await stage({}, async (ctx, _tool, _, world) => {
      await ctx.all([(c) => book(c, world, 'a'), (c) => book(c, world, 'b')])
      await codeOf(() =>
        ctx.all([
          async (c) => {
            await book(c, world, 'c')
            throw new Error('caught')
          },
        ]),
      )
      await book(ctx, world, 'd')
      throw new Error('late')
    })
    const undone = done(run).filter((deed) => String(deed).startsWith('free'))
    expect(undone.slice(0, 2)).toEqual(['free c', 'free d'])
    expect(new Set(undone.slice(2))).toEqual(new Set(['free a', 'free b']))
  })

  it('X4: one that fails does not stop the others, and is named at the end', async () => {
    const run = await stage({}, async (ctx, _tool, _, world) => {
      await book(ctx, world, 'a')
      ctx.compensate('refund', () => {
        throw new Error('the bank says no to Ann')
      })
      await book(ctx, world, 'b')
      throw new Error('no visa')
    })
    expect(done(run)).toEqual(['book a', 'book b', 'free b', 'free a'])
    expect(warning(run)).toBe('COMPENSATION_FAILED: refund (EFFECT_FAILED)')
  })

  it('X4: what it needs is kept back from everything else', async () => {
    const run = await stage({ cap: { toolCalls: 4 }, strict: true }, async (ctx, tool, _, world) => {
      await book(ctx, world, 'a')
      await book(ctx, world, 'b')
      await ctx.tool(tool('one-more'), {})
    })
    expect(run.error?.code).toBe('BUDGET_EXCEEDED')
    expect(done(run)).toEqual(['book a', 'book b', 'free b', 'free a'])
    expect(run.view.summary).toMatchObject({ spent: { toolCalls: 4 }, reserved: { toolCalls: 0 } })
  })

  it('X4: a budget that waits for more is not woken by what is kept back, and the process rests', async () => {
    const run = await stage(
      {
        cap: { toolCalls: 2 },
        async during(sim, pid) {
          await waited(sim, pid, 'budget')
          await sim.loop.sleep(60_000)
          const { status, activations } = (await sim.inspect(pid)) ?? {}
          expect([status, activations]).toEqual(['waiting', 1])
          await sim.control(pid, { id: 't', type: 'topUp', amounts: { toolCalls: 1 }, by: 'ann' })
        },
      },
      async (ctx, tool, _, world) => {
        await book(ctx, world, 'a')
        await ctx.tool(tool('one-more'), {})
        return 'enough'
      },
    )
    expect(run.value).toBe('enough')
  })

  it('X4: one in doubt waits for an operator and holds up nothing but the end', async () => {
    const run = await stage(
      {
        async during(sim, pid) {
          const key = await waited(sim, pid, 'operator')
          await sim.loop.sleep(3_600_000)
          expect(sim.world.ledger.map(({ input }) => input)).toEqual(['book a', 'free a'])
          await sim.control(pid, { id: 'r', type: 'resolve', key, how: 'fail', by: 'ann' })
        },
      },
      async (ctx, _tool, _, world) => {
        await book(ctx, world, 'a')
        ctx.compensate('mail', () => {
          throw Object.assign(new Error('cut'), { code: 'ECONNRESET' })
        })
        throw new Error('no visa')
      },
    )
    expect(warning(run)).toBe('COMPENSATION_FAILED: mail (EFFECT_FAILED)')
  })

  it('X4: what cannot begin in time is named, and the process ends', async () => {
    const run = await stage({}, async (ctx, _tool, _, world) => {
      await book(ctx, world, 'a')
      ctx.compensate('ask-first', () => 1, { approval: true })
      throw new Error('no visa')
    })
    expect(run.view.status).toBe('failed')
    expect(warning(run)).toBe('COMPENSATION_LATE: not begun within 600 s: free, ask-first')
  })

  it('X4: the losers of a segment are undone before the next one begins; what else it registered has succeeded', async () => {
    const run = await stage({ input: 0 }, async (ctx, _tool, input, world) => {
      if (input === 1) throw new Error('second')
      await book(ctx, world, 'kept')
      await ctx.race([
        (c) => c.sleep('1s'),
        async (c) => {
          await book(c, world, 'lost')
          await c.sleep('1d')
        },
      ])
      return ctx.continueAsNew(1)
    })
    expect(done(run)).toEqual(['book kept', 'book lost', 'free lost'])
  })

  it('X4, A4: what a segment did stands when it continues as new; its journal names what was let go', async () => {
    for (const pauses of [true, false]) {
      await throughCrashes(
        {},
        async (ctx, _tool, input, world) => {
          if (input === 'again') throw new Error('no visa')
          await book(ctx, world, 'a')
          if (pauses) await ctx.now()
          return ctx.continueAsNew('again')
        },
        (run) => {
          expect(done(run)).toEqual(['book a'])
          expect(run.error?.message).toContain('no visa')
          expect(factsOf(run.facts, 'snapshot').map(({ letGo }) => letGo)).toEqual([['free']])
          checkBooks(run)
        },
      )
    }
  })
})
