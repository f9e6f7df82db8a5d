/** Traps of residency: deaf turns, and starting over for everyone who comes. */
import { describe, expect, it } from 'vitest'
import type { Ctx } from '../../../src/kernel/index.ts'
import { CALM } from '../../../src/testing/index.ts'
import { flow, stage, throughCrashes } from '../rules/stage.ts'

const TEN_MINUTES_MS = 600_000
const HEARD_WITHIN_MS = 1_000

describe('traps of mail', () => {
  it('F4: a stop is heard while a model thinks for ten minutes, at any moment of its life (P9)', async () => {
    for (const atMs of [0, 1, 5, 1_000, 60_000]) {
      const { value, sim } = await stage(
        {
          habits: { ...CALM, transitMs: [TEN_MINUTES_MS, TEN_MINUTES_MS] },
          async during(sim, pid) {
            await sim.loop.sleep(atMs)
            await sim.send(pid, 'now', { topic: 'stop' })
          },
        },
        async (ctx, tool) => {
          const won = await ctx.select({
            model: (c) => c.tool(tool('model', { effect: 'read', timeout: '1h' }), {}),
            stop: (c) => c.receive({ topic: 'stop' }),
          })
          return [won.name, await ctx.now()]
        },
      )
      const [name] = value as [string]
      expect(name).toBe('stop')
      expect(sim.loop.nowMs).toBeLessThan(atMs + HEARD_WITHIN_MS)
    }
  })

  it('F21: many children do not make their parent start over for each: it stays while they end', async () => {
    const child = flow(async (ctx, input) => {
      await ctx.sleep(50)
      return input
    }, 'child')
    const { view } = await stage({ idleMs: 30_000, define: () => [child] }, (ctx) =>
      ctx.map(
        Array.from({ length: 40 }, (_, i) => i),
        (c, i) => c.run(child as never, { i } as never),
      ),
    )
    expect(view.status).toBe('done')
    expect(view.activations).toBeLessThanOrEqual(2)
  })

  it('F15, F25: mail and children come through a crash at any commit', async () => {
    const child = flow((ctx) => ctx.send('flow', ctx.pid, { topic: 'hello' }), 'child')
    const body = async (ctx: Ctx): Promise<number> => {
      const told = ctx.receive({ topic: 'hello' })
      await ctx.run(child as never, {} as never)
      return String((await told).body).length
    }
    await throughCrashes({ define: () => [child] }, body, ({ value }, calm) => expect(value).toBe(calm.value))
  })
})
