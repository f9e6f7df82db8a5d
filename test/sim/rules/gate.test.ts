import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { Fact } from '../../../src/kernel/index.ts'
import { SkeinError } from '../../../src/std/index.ts'
import { CALM, compareWithWorld, factsOf } from '../../../src/testing/index.ts'
import type { Simulation } from '../../../src/testing/index.ts'
import { about, codeOf, crashOnceAt, deedsOf, outcomeOf, stage, throughCrashes, waited } from './stage.ts'

const shown = (facts: readonly Fact[]): readonly string[] =>
  facts.flatMap((fact) => {
    if (!('key' in fact) || fact.key === undefined) return []
    const suffix = /!\w+$/.exec(fact.key)?.[0] ?? ''
    return [`${fact.type}${suffix}${'attempt' in fact ? ` ${fact.attempt}` : ''}`]
  })

describe('E1: the gate', () => {
  it('E1: shape goes first: what does not fit is refused before anybody is asked or anything reserved', async () => {
    const tool = { name: 'pay', needsApproval: true, inputSchema: z.object({ n: z.number() }), execute: () => 1 }
    const { error, facts } = await stage({ cap: { toolCalls: 0 } }, (ctx) =>
      ctx.tool(tool as never, { n: 'many' } as never),
    )
    expect(error?.code).toBe('INPUT_INVALID')
    expect(facts.map((fact) => fact.type)).toEqual(['born', 'settled', 'ended'])
  })

  it('E1: a denied call reserves nothing; the money is looked at after the answer, not before', async () => {
    const play = (verdict: 'approved' | 'denied') =>
      stage(
        {
          cap: { toolCalls: 1 },
          strict: true,
          async during(sim, pid) {
            const key = await waited(sim, pid, 'approval')
            await sim.control(pid, { id: 'a', type: 'approve', key, verdict, by: 'ann' })
          },
        },
        async (ctx, tool) => {
          const asked = codeOf(() => ctx.tool(tool('pay', { needsApproval: true }), {}))
          await ctx.tool(tool('note'), {})
          return asked
        },
      )
    const denied = await play('denied')
    expect(denied.value).toBe('APPROVAL_DENIED')
    const approved = await play('approved')
    expect(approved.value).toBe('BUDGET_EXCEEDED')
    for (const run of [denied, approved]) {
      expect(run.ledger.map((deed) => deed.service)).toEqual(['note'])
      expect(about(run.facts, 'intended', 'pay')).toEqual([])
    }
  })

  it('E1: a verdict is given once, and not again after a crash', async () => {
    let asked = 0
    let whenDecided = -1
    const { facts, ledger } = await stage(
      {
        async during(sim, pid) {
          const key = await waited(sim, pid, 'approval')
          await sim.control(pid, { id: 'a', type: 'approve', key, verdict: 'approved', by: 'ann' })
          await waited(sim, pid, 'timer')
          whenDecided = asked
          sim.crash()
        },
      },
      async (ctx, tool) => {
        const pay = tool('pay', { idempotent: true })
        await ctx.tool({ ...pay, needsApproval: () => (asked++, true) } as never, {} as never)
        await ctx.sleep('1h')
      },
    )
    expect(asked).toBe(whenDecided)
    expect(deedsOf(ledger, 'pay')).toHaveLength(1)
    expect(about(facts, 'waiting', '!approval')).toHaveLength(1)
    expect(factsOf(facts, 'intended').map((fact) => fact.verdict)).toEqual([{ approvedBy: 'ann' }])
  })

  it('E1: an approval is asked once, through a crash at any commit', async () => {
    await throughCrashes(
      {
        async during(sim, pid) {
          const key = await waited(sim, pid, 'approval')
          await sim.control(pid, { id: 'a', type: 'approve', key, verdict: 'approved', by: 'ann' })
        },
      },
      (ctx, tool) => ctx.tool(tool('pay', { needsApproval: true, idempotent: true }), {}),
      ({ facts, ledger }) => {
        expect(about(facts, 'waiting', '!approval')).toHaveLength(1)
        expect(about(facts, 'answered', '!approval')).toHaveLength(1)
        expect(deedsOf(ledger, 'pay')).toHaveLength(1)
      },
    )
  })
})

describe('E2, E3: the world is behind the journal', () => {
  it('E2: begun is durable before a driver starts, for every class but local', async () => {
    let sim: Simulation | undefined
    const seen: string[] = []
    const effects = ['local', 'read', 'write'] as const
    await stage({ disk: { slow: 1, slowMs: [5, 5], failing: 0 }, during: async (given) => void (sim = given) }, (ctx) =>
      ctx.map(effects, async (c, effect) => {
        const look = async (): Promise<string> => {
          const durable = (await sim?.facts(ctx.pid)) ?? []
          return `${effect} ${durable.some((fact) => fact.type === 'begun' && fact.key.includes(effect))}`
        }
        const lookOut = async (): Promise<void> => void seen.push(await look())
        await c.step(effect, lookOut, { effect })
      }),
    )
    expect(seen.toSorted()).toEqual(['local false', 'read true', 'write true'])
  })

  it('E2: what waits for a slot has not begun, and is not charged when the host dies', async () => {
    const { facts, ledger, view } = await stage(
      { habits: { ...CALM, transitMs: [500, 500] }, during: async (sim) => (await sim.loop.sleep(100), sim.crash()) },
      async (ctx, tool) => {
        const save = tool('save', { idempotent: true, concurrency: 1 })
        await Promise.all([1, 2, 3].map((n) => ctx.tool(save, { n })))
      },
    )
    expect(deedsOf(ledger, 'save')).toHaveLength(3)
    expect(factsOf(facts, 'begun').filter((fact) => fact.attempt > 1)).toHaveLength(1)
    expect(view.summary?.repeated).toBe(1)
    expect(view.summary?.forfeited.toolCalls).toBe(1)
  })

  it('E3: a workflow runs ahead, the world does not: nothing is seen outside that a crash could take back', async () => {
    await throughCrashes(
      {},
      async (ctx, tool) => {
        const save = tool('save', { idempotent: true })
        for (const n of [1, 2, 3]) await ctx.tool(save, { n, id: await ctx.uuid() })
      },
      ({ facts, ledger, view }) => {
        expect(compareWithWorld([{ pid: view.pid, facts }], ledger)).toMatchObject({ writes: 3, offences: [] })
        expect(deedsOf(ledger, 'save')).toHaveLength(3)
      },
    )
  })
})

describe('E4, E5: attempts and what they cost', () => {
  it('E4: a read that was begun is repeated as attempt 2 under the same id, and the first is forfeit', async () => {
    const ids: unknown[] = []
    const { facts, value, view } = await stage(
      { during: async (sim) => (await sim.loop.sleep(50), sim.crash()) },
      (ctx) =>
        ctx.step(
          'look',
          async ({ idempotencyKey, attempt }) => {
            ids.push(idempotencyKey)
            if (attempt === 1) await new Promise(() => undefined)
            return attempt
          },
          { effect: 'read' },
        ),
    )
    expect(value).toBe(2)
    expect(new Set(ids).size).toBe(1)
    expect(shown(facts)).toEqual(['intended 1', 'begun 1', 'account', 'intended 2', 'begun 2', 'settled 2'])
    expect(view.summary?.repeated).toBe(1)
  })

  it('E4: a plain write that was begun is not repeated by itself, however often the host dies', async () => {
    let done = 0
    const { view, facts } = await stage(
      {
        until: ['waiting'],
        async during(sim, pid) {
          await sim.loop.sleep(50)
          sim.crash()
          await crashOnceAt(sim, pid, 'operator')
          await waited(sim, pid, 'operator')
        },
      },
      (ctx) => ctx.step('pay', async () => (done++, new Promise(() => undefined))),
    )
    expect(done).toBe(1)
    expect(view.waits.map((wait) => wait.on.kind)).toEqual(['operator'])
    expect(factsOf(facts, 'begun')).toHaveLength(1)
    expect(factsOf(facts, 'unknown')).toHaveLength(1)
  })

  it('E5: more used than was reserved is a debt, and freezes the account until somebody tops it up', async () => {
    const { value, view } = await stage(
      {
        cap: { toolCalls: 10 },
        async during(sim, pid) {
          await waited(sim, pid, 'budget')
          expect(sim.world.ledger).toEqual([])
          await sim.control(pid, { id: 't', type: 'topUp', amounts: { toolCalls: 0 }, by: 'ann' })
        },
      },
      async (ctx, tool) => {
        const dear = (): never => {
          throw new SkeinError('EFFECT_FAILED', 'dear', { data: { actual: { toolCalls: 3 } } })
        }
        const tried = await codeOf(() => ctx.tool({ name: 'dear', inputSchema: z.any(), execute: dear }, {}))
        await ctx.tool(tool('pay'), {})
        return tried
      },
    )
    expect(value).toBe('EFFECT_FAILED')
    expect(view.summary?.spent.toolCalls).toBe(4)
  })
})

describe('E6, E7, E9: unknown', () => {
  const lossy = (options: { readonly again?: boolean }, input = 1) =>
    stage(
      {
        habits: { ...CALM, losing: 1 },
        during: async (sim) => (await sim.loop.sleep(60), void (sim.world.habits = CALM)),
      },
      async (ctx, tool) => {
        const pay = tool('pay')
        const first = await codeOf(() => ctx.tool(pay, { n: 1 }, { onUnknown: 'throw' }))
        await ctx.sleep('1s')
        return [first, await codeOf(() => ctx.tool(pay, { n: input }, options))]
      },
    )

  it('E7: after an unknown outcome the same content is refused', async () => {
    const { value, ledger } = await lossy({})
    expect(value).toEqual(['UNKNOWN_OUTCOME', 'UNKNOWN_FIRST'])
    expect(deedsOf(ledger, 'pay')).toHaveLength(1)
  })

  it('E7: unless the author says again; other content is not concerned', async () => {
    for (const { value, ledger } of [await lossy({ again: true }), await lossy({}, 2)]) {
      expect(value).toEqual(['UNKNOWN_OUTCOME', 'none'])
      expect(deedsOf(ledger, 'pay')).toHaveLength(2)
    }
  })

  it('E6: a write that answers 5xx, is cut or times out is unknown; a refusal is an error', async () => {
    const { value } = await stage({}, async (ctx) => {
      const failing = [{ status: 503 }, { code: 'ECONNRESET' }, 'hangs', { status: 409 }, { code: 'ECONNREFUSED' }]
      const codes: string[] = []
      for (const [n, how] of failing.entries())
        codes.push(
          await codeOf(() =>
            ctx.step(
              `write${n}`,
              () =>
                how === 'hangs' ? new Promise(() => undefined) : Promise.reject(Object.assign(new Error('no'), how)),
              { timeout: '5s', onUnknown: 'throw' },
            ),
          ),
        )
      return codes.map((code) => code === 'UNKNOWN_OUTCOME')
    })
    expect(value).toEqual([true, true, true, false, false])
  })

  it('E6: what is unknown is parked in the index, and an operator has it failed or done again', async () => {
    const play = (how: 'fail' | 'again') =>
      stage(
        {
          habits: { ...CALM, losing: 1 },
          async during(sim, pid) {
            const key = await waited(sim, pid, 'operator')
            sim.world.habits = CALM
            await sim.control(pid, { id: 'r', type: 'resolve', key, how, by: 'ann' })
          },
        },
        (ctx, tool) => ctx.tool(tool('pay'), {}),
      )
    const failed = await play('fail')
    expect(failed.error?.message).toContain('resolved as failed by ann')
    expect(deedsOf(failed.ledger, 'pay')).toHaveLength(1)
    const again = await play('again')
    expect(deedsOf(again.ledger, 'pay').map((deed) => deed.attempt)).toEqual([1, 2])
    expect(new Set(again.ledger.map((deed) => deed.key)).size).toBe(1)
    expect(shown(again.facts)).toContain('intended 2')
  })

  it('E9: a host that drains is no outcome: the attempt stays begun, and the next life finds out', async () => {
    const { value, facts, ledger } = await stage(
      {
        // Longer than a host that leaves waits for a write.
        habits: { ...CALM, transitMs: [30_000, 30_000] },
        rebootMs: 'never',
        async during(sim, pid) {
          await sim.loop.sleep(100)
          await sim.drain()
          await sim.boot()
          const early = await sim.facts(pid)
          expect(factsOf(early, 'begun')).toHaveLength(1)
          expect([...factsOf(early, 'settled'), ...factsOf(early, 'unknown')]).toEqual([])
        },
      },
      (ctx, tool) => ctx.tool(tool('pay', { reconcile: true }), {}),
    )
    expect(value).toEqual({ pay: expect.any(Number) as number })
    expect(deedsOf(ledger, 'pay')).toHaveLength(1)
    expect(factsOf(facts, 'settled').map((fact) => outcomeOf(fact.outcome).value)).toEqual([value])
  })
})
