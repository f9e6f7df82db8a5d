/** Decision 003: children without a budget of their own draw on their parent's. */
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { failureOf, valueOf, workflow } from '../../src/kernel/index.ts'
import type { Outcome } from '../../src/kernel/index.ts'
import { simulate } from '../../src/testing/index.ts'

const note = {
  name: 'note',
  effect: 'read' as const,
  inputSchema: z.object({ n: z.number() }),
  execute: ({ n }: { n: number }) => n,
}

const worker = workflow({ name: 'worker', input: z.number() }, async (ctx, calls) => {
  for (let n = 0; n < calls; n++) await ctx.tool(note, { n })
  return calls
})
const parent = workflow({ name: 'parent', input: z.array(z.number()) }, async (ctx, jobs) =>
  ctx.map(jobs, (c, calls) => c.run(worker, calls), { errors: 'collect' }),
)
const grandparent = workflow({ name: 'grandparent', input: z.array(z.number()) }, async (ctx, jobs) =>
  ctx.run(parent, jobs),
)

const shown = (result: Outcome | undefined): unknown =>
  result?.type === 'ok' ? valueOf(result.value) : result === undefined ? undefined : failureOf(result)

describe('money on demand', () => {
  it('G5: a child that needs more than half gets it', async () => {
    await simulate({ seed: 1 }, async (sim) => {
      sim.define(worker, parent, grandparent)
      await sim.boot()
      const pid = await sim.start(grandparent, [9], { cap: { toolCalls: 10 } })
      const view = await sim.reached(pid)
      expect(shown(view.result)).toEqual([{ ok: true, value: 9 }])
      expect(view.summary?.spent.toolCalls).toBe(9)
      expect(view.summary?.delegated.toolCalls ?? 0).toBe(0)
    })
  })

  it('G5: a strict family refuses only when the whole chain has nothing', async () => {
    await simulate({ seed: 2 }, async (sim) => {
      sim.define(worker, parent, grandparent)
      await sim.boot()
      const pid = await sim.start(grandparent, [11], { cap: { toolCalls: 10 }, strict: true })
      const view = await sim.reached(pid)
      expect(shown(view.result)).toMatchObject([{ ok: false }])
      expect(view.summary?.spent.toolCalls).toBe(10)
    })
  })

  it('G5: what a child did not use comes home, and whoever waits for money goes on with it', async () => {
    const both = workflow({ name: 'both' }, async (ctx) =>
      ctx.all([
        (c) => c.run(worker, 1, { budget: { toolCalls: 8 } }),
        async (c) => {
          for (let n = 0; n < 5; n++) await c.tool(note, { n: 10 + n })
          return 5
        },
      ]),
    )
    await simulate({ seed: 4 }, async (sim) => {
      sim.define(worker, both)
      await sim.boot()
      const pid = await sim.start(both, undefined, { cap: { toolCalls: 10 } })
      const view = await sim.reached(pid)
      expect(shown(view.result)).toEqual([1, 5])
      expect(view.summary?.spent.toolCalls).toBe(6)
    })
  })

  it('G5: a family that is not strict waits, and a top-up of the root flows down, over a crash', async () => {
    await simulate({ seed: 3, idleMs: 0 }, async (sim) => {
      sim.define(worker, parent, grandparent)
      await sim.boot()
      const pid = await sim.start(grandparent, [11], { cap: { toolCalls: 10 } })
      await sim.reached(pid, ['waiting'])
      for (;;) {
        const view = await sim.inspect(pid)
        if (view?.waits.some((wait) => wait.on.kind === 'budget') === true) break
        await sim.loop.sleep(10)
      }
      sim.crash()
      await sim.control(pid, { id: 'top', type: 'topUp', amounts: { toolCalls: 1 }, by: 'ann' })
      const view = await sim.reached(pid)
      expect(shown(view.result)).toEqual([{ ok: true, value: 11 }])
    })
  })
})
