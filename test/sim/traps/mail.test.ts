/** Traps of residency, messages and children: deaf turns, lost wakes, refunds to the dead. */
import { describe, expect, it } from 'vitest'
import type { Ctx, ReceivedMessage } from '../../../src/kernel/index.ts'
import { CALM } from '../../../src/testing/index.ts'
import { codeOf, flow, stage, throughCrashes } from '../rules/stage.ts'

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

  it('F4: two processes that call each other while both serve do not block', async () => {
    const peer = async (ctx: Ctx, other: string, isFirst: boolean): Promise<unknown> => {
      const served = async (c: Ctx): Promise<void> => {
        const question: ReceivedMessage = await c.receive({ topic: 'question' })
        await c.reply(question, `answer of ${ctx.pid}`)
      }
      const asks = async (c: Ctx): Promise<unknown> => {
        if (isFirst) await c.sleep(50)
        return c.call(other, 'who are you?', { topic: 'question' })
      }
      const [answer] = await ctx.all([asks, served])
      return answer
    }
    const { value, sim } = await stage(
      {
        pid: 'one',
        define: () => [flow((ctx) => peer(ctx, 'one', false), 'second')],
        async during(sim) {
          await sim.start(
            flow((ctx) => peer(ctx, 'one', false), 'second'),
            undefined,
            { pid: 'two' },
          )
        },
      },
      (ctx) => peer(ctx, 'two', true),
    )
    expect(value).toBe('answer of two')
    expect(sim.loop.nowMs).toBeLessThan(HEARD_WITHIN_MS)
  })

  it('F15: a child outlives its parent, and a cancel overtakes a start: nothing is stuck, nothing is paid to nobody', async () => {
    const child = flow(async (ctx) => {
      await ctx.sleep('1m')
      return 'late'
    }, 'child')
    const { value, view, sim } = await stage({ define: () => [child] }, async (ctx) => {
      const kept = await ctx.spawn(child as never, {} as never, { detached: true })
      const dropped = await ctx.spawn(child as never, {} as never)
      await dropped.cancel()
      return [kept.pid, await codeOf(() => dropped.result())]
    })
    expect(view.status).toBe('done')
    const [pid, code] = value as [string, string]
    expect(code).toBe('CANCELLED')
    expect(pid).toMatch(/^child-/)
    expect(sim.crashes).toBe(0)
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

  it('F25: of two receives the one asked first gets the message; what fits none stays, and wakes nobody', async () => {
    const { value, view } = await stage(
      {
        async during(sim, pid) {
          await sim.loop.sleep(10)
          await sim.send(pid, 'noise', { topic: 'noise' })
          const before = (await sim.inspect(pid))?.activations
          await sim.loop.sleep(100)
          expect((await sim.inspect(pid))?.activations).toBe(before)
          await sim.send(pid, 1, { topic: 'a' })
          await sim.send(pid, 2, { topic: 'a' })
        },
      },
      async (ctx) => {
        const [first, second] = await Promise.all([ctx.receive({ topic: 'a' }), ctx.receive({ topic: 'a' })])
        const noise = await ctx.receive()
        return [first.body, second.body, noise.body]
      },
    )
    expect(value).toEqual([1, 2, 'noise'])
    expect(view.mailbox).toBe(0)
  })

  it('F26: an id is remembered after its message was consumed, over crashes, for seven days', async () => {
    const { value } = await stage(
      {
        async during(sim, pid) {
          const again = async (): Promise<string> => sim.send(pid, 'pay', { id: 'order-1' as never })
          const results = [await again()]
          await sim.loop.sleep(1_000)
          results.push(await again())
          sim.crash()
          results.push(await again())
          await sim.loop.sleep(6 * 24 * 3600 * 1000)
          results.push(await again())
          await sim.send(pid, results)
        },
      },
      async (ctx) => [(await ctx.receive()).body, (await ctx.receive()).body],
    )
    expect(value).toEqual(['pay', ['queued', 'duplicate', 'duplicate', 'duplicate']])
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
