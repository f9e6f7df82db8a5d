/** What a naive kernel does to money and to the world. */
import { describe, expect, it } from 'vitest'
import { limits } from '../../../src/std/index.ts'
import { AILING_DISK, CALM, compareWithWorld, conservationOffences, factsOf } from '../../../src/testing/index.ts'
import { about, codeOf, deedsOf, flow, stage, throughCrashes, waited } from '../rules/stage.ts'

describe('traps of writes and money', () => {
  it('F6: a crash loop inside a paid read is charged for each attempt, and ends', async () => {
    let calls = 0
    const { value, view } = await stage(
      {
        cap: { toolCalls: 100 },
        async during(sim, pid) {
          for (let life = 1; life <= limits.ATTEMPTS_MAX; life++) {
            await sim.loop.sleep(150)
            sim.crash()
          }
          await sim.reached(pid)
        },
      },
      (ctx) => codeOf(() => ctx.step('dear', async () => (calls++, new Promise(() => undefined)), { effect: 'read' })),
    )
    expect(value).toBe('EFFECT_LOST')
    expect(calls).toBe(limits.ATTEMPTS_MAX)
    expect((view.summary?.forfeited.toolCalls ?? 0) + (view.summary?.spent.toolCalls ?? 0)).toBe(limits.ATTEMPTS_MAX)
  })

  it('F8: next month’s equal payment is another one', async () => {
    await throughCrashes(
      { input: 1 },
      async (ctx, tool, month) => {
        await ctx.tool(tool('pay', { idempotent: true }), { to: 'ann', amount: 100 })
        await ctx.sleep('30d')
        return month === 3 ? 'done' : ctx.continueAsNew((month as number) + 1)
      },
      ({ ledger }) => {
        expect(deedsOf(ledger, 'pay')).toHaveLength(3)
        expect(new Set(deedsOf(ledger, 'pay').map((deed) => deed.key)).size).toBe(3)
      },
    )
  })

  it('F9: paying again after a time-out pays once', async () => {
    const { value, ledger } = await stage(
      {
        habits: { ...CALM, hanging: 1 },
        during: async (sim) => (await sim.loop.sleep(4_000), void (sim.world.habits = CALM)),
      },
      async (ctx, tool) => {
        const pay = (options: object) => codeOf(() => ctx.tool(tool('pay'), { order: 1 }, options))
        return [await pay({ timeout: '5s', onUnknown: 'throw' }), await pay({}), await pay({})]
      },
    )
    expect(value).toEqual(['UNKNOWN_OUTCOME', 'UNKNOWN_FIRST', 'UNKNOWN_FIRST'])
    expect(deedsOf(ledger, 'pay').length).toBeLessThanOrEqual(1)
  })

  it('F10: promises cannot race, a begun write lingers, and a loop that swallows its end does not spin', async () => {
    const { value, ledger } = await stage({ habits: { ...CALM, transitMs: [100, 100] } }, async (ctx, tool) => {
      const given = await codeOf(() => ctx.race([ctx.now() as never]))
      let rounds = 0
      await ctx.race([
        (c) => c.sleep('50ms'),
        (c) => c.tool(tool('pay'), {}),
        async (c) => {
          for (; ; rounds++) await codeOf(() => c.tool(tool('look', { effect: 'read' }), { rounds }))
        },
      ])
      await ctx.sleep('1s')
      return [given, rounds]
    })
    expect(value).toEqual(['SCOPE_PROMISE', 1])
    expect(deedsOf(ledger, 'pay')).toHaveLength(1)
  })

  it('F15: a child that ends late, is refused or is cancelled strands no money', async () => {
    const late = flow((ctx) => ctx.sleep('1h'), 'late')
    await throughCrashes(
      { define: () => [late], cap: { toolCalls: 20, processes: 10 } },
      async (ctx) => {
        const budget = { toolCalls: 5 } as never
        await ctx.race([(c) => c.sleep('1m'), (c) => c.run(late as never, 1 as never, { budget })])
        const child = await ctx.spawn(late as never, 2 as never, { budget })
        await child.cancel()
        return codeOf(() => child.result())
      },
      ({ value, view, facts }) => {
        expect(value).toBe('CANCELLED')
        expect(conservationOffences([{ pid: view.pid, facts }], ['toolCalls', 'processes'])).toEqual([])
        expect(view.summary).toMatchObject({ delegated: { toolCalls: 0, processes: 0 }, spent: { processes: 2 } })
      },
    )
  })

  it('F18: a write in a chain waits for one commit, not for three', async () => {
    const { sim } = await stage({}, async (ctx, tool) => {
      for (let n = 0; n < 20; n++) await ctx.tool(tool('save', { idempotent: true }), { n })
    })
    const commits = sim.trace.filter((line) => / commit \d+$/.test(line)).length
    expect(commits).toBeGreaterThanOrEqual(20)
    expect(commits).toBeLessThan(20 + 6)
  })

  it('F27: a host that is told to stop does not fail the effects it stops', async () => {
    const { value, facts } = await stage(
      {
        rebootMs: 'never',
        async during(sim) {
          await sim.loop.sleep(50)
          await sim.drain()
          await sim.boot()
        },
      },
      (ctx) =>
        ctx.step(
          'look',
          ({ attempt, abortSignal }) =>
            attempt > 1 ||
            new Promise((_resolve, reject) => abortSignal.addEventListener('abort', () => reject(abortSignal.reason))),
          { effect: 'read' },
        ),
    )
    expect(value).toBe(true)
    expect(factsOf(facts, 'settled').map((fact) => [fact.attempt, fact.outcome.type])).toEqual([[2, 'ok']])
  })

  it('F29: after a failed commit nothing goes on that memory knew and the disk does not', async () => {
    let failures = 0
    for (const seed of [1, 2, 3, 4]) {
      const { sim, view, facts, ledger } = await stage(
        { seed, disk: { ...AILING_DISK, failing: 0.2 } },
        async (ctx, tool) => {
          for (let n = 0; n < 10; n++) await ctx.tool(tool('save', { idempotent: true }), { n, id: await ctx.uuid() })
        },
      )
      failures += sim.trace.filter((line) => line.includes('a failed store')).length
      expect(compareWithWorld([{ pid: view.pid, facts }], ledger).offences).toEqual([])
      expect(deedsOf(ledger, 'save')).toHaveLength(10)
    }
    expect(failures).toBeGreaterThan(4)
  })

  it('F31: a crash asks nobody twice, and a denied call has reserved nothing', async () => {
    await throughCrashes(
      {
        cap: { toolCalls: 5 },
        async during(sim, pid) {
          const key = await waited(sim, pid, 'approval')
          expect((await sim.inspect(pid))?.summary?.reserved.toolCalls ?? 0).toBe(0)
          await sim.control(pid, { id: 'd', type: 'approve', key, verdict: 'denied', by: 'ann' })
        },
      },
      (ctx, tool) => codeOf(() => ctx.tool(tool('pay', { needsApproval: true }), {})),
      ({ value, facts, ledger }) => {
        expect(value).toBe('APPROVAL_DENIED')
        expect(about(facts, 'waiting', '!approval')).toHaveLength(1)
        expect(factsOf(facts, 'intended')).toEqual([])
        expect(ledger).toEqual([])
      },
    )
  })

  it('F34: a record never stands without its blob', async () => {
    const large = 'y'.repeat(2 * limits.BLOB_IN_STORE_BYTES_MAX)
    await throughCrashes(
      {},
      async (ctx) => {
        const text = await ctx.step('read', () => large, { effect: 'read' })
        await ctx.sleep('1s')
        return text.length
      },
      ({ value }) => expect(value).toBe(large.length),
    )
  })
})
