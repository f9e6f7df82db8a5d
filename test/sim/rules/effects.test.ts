import { describe, expect, it } from 'vitest'
import { SkeinError } from '../../../src/std/index.ts'
import { CALM, factsOf } from '../../../src/testing/index.ts'
import { deedsOf, stage, waited } from './stage.ts'

describe('E: effects', () => {
  it('E6: what is put before an operator waits in the index, and "done" settles it', async () => {
    const { value, ledger } = await stage(
      {
        habits: { ...CALM, losing: 1 },
        async during(sim, pid) {
          await sim.reached(pid, ['waiting'])
          const [wait] = (await sim.inspect(pid))?.waits ?? []
          expect(wait?.on.kind).toBe('operator')
          await sim.control(pid, {
            type: 'resolve',
            id: 'r',
            key: wait?.key as never,
            how: 'done',
            value: { text: '42' },
            by: 'ann',
          })
          await waited(sim, pid, 'message')
          expect((await sim.inspect(pid))?.waits.map(({ on }) => on.kind)).toEqual(['message'])
          await sim.send(pid, null, { topic: 'go' })
        },
      },
      async (ctx, tool) => {
        const paid = await ctx.tool(tool('pay'), { amount: 1 })
        await ctx.receive({ topic: 'go' })
        return paid
      },
    )
    expect(value).toBe(42)
    expect(deedsOf(ledger, 'pay')).toHaveLength(1)
  })

  it('E8: "absent" after a time-out is believed only after a grace, by a second look', async () => {
    const { value, facts, ledger } = await stage(
      {
        habits: { ...CALM, dropping: 1 },
        during: async (sim) => {
          await sim.loop.sleep(500)
          sim.world.habits = CALM
        },
      },
      (ctx, tool) => ctx.tool(tool('pay', { reconcile: true }), { amount: 1 }),
    )
    expect(value).toEqual({ pay: expect.any(Number) as number })
    expect(ledger.filter((deed) => deed.what === 'looked')).toHaveLength(2)
    expect(facts.map((fact) => fact.type)).toContain('waiting')
    expect(deedsOf(ledger, 'pay')).toHaveLength(1)
  })

  it('E1: another attempt waits as long as the far side asks', async () => {
    const { facts, value } = await stage({}, (ctx) =>
      ctx.step(
        'ask',
        ({ attempt }) => {
          if (attempt < 2) throw new SkeinError('HTTP_UNAVAILABLE', 'busy', { data: { retryAfterMs: 60_000 } })
          return attempt
        },
        { effect: 'read', attempts: 2 },
      ),
    )
    expect(value).toBe(2)
    const [first, second] = factsOf(facts, 'begun').map(({ at }) => at)
    expect((second ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(60_000)
  })

  it('E1: what the far side asks for counts only as a number of milliseconds', async () => {
    for (const retryAfterMs of ['600000', -600_000, {}, null]) {
      const { facts, value } = await stage({}, (ctx) =>
        ctx.step(
          'ask',
          ({ attempt }) => {
            if (attempt < 2) throw new SkeinError('HTTP_UNAVAILABLE', 'busy', { data: { retryAfterMs } })
            return attempt
          },
          { effect: 'read', attempts: 2 },
        ),
      )
      expect(value).toBe(2)
      const [first, second] = factsOf(facts, 'begun').map(({ at }) => at)
      expect((second ?? 0) - (first ?? 0)).toBeLessThan(60_000)
    }
  })
})
