/** Forks of what was retried, and retries of forks. */
import { describe, expect, it } from 'vitest'
import { journalOffences } from '../../../src/testing/index.ts'
import type { Simulation } from '../../../src/testing/index.ts'
import type { Ctx } from '../../../src/kernel/index.ts'
import type { Pid } from '../../../src/std/index.ts'
import { forked } from './fork-stage.ts'
import { flow, waited } from './stage.ts'

/** A far side that is down until somebody mends it. */
function farSide() {
  let isDown = true
  return {
    mend: () => void (isDown = false),
    call: (ctx: Ctx) =>
      ctx.step(
        'call',
        () => {
          if (isDown) throw new Error('down')
          return 'up'
        },
        { effect: 'read' },
      ),
  }
}

/** The far side is mended once the process has failed, and the process retried. */
async function mended(sim: Simulation, pid: Pid, { mend }: ReturnType<typeof farSide>): Promise<void> {
  await sim.reached(pid, ['failed'])
  mend()
  await sim.control(pid, { id: 'again', type: 'reopen', by: 'ann', dropAfter: true })
}

describe('FK: forks and retries', () => {
  it('FK1: what was left behind at a retry is left behind in a fork', async () => {
    const far = farSide()
    const { value, error, view, facts } = await forked(
      {
        fork: { writes: 'stub' },
        when: async (sim, pid) => {
          await mended(sim, pid, far)
          await sim.reached(pid, ['done', 'parked'])
        },
      },
      async (ctx, tool) => {
        try {
          await far.call(ctx)
        } catch (thrown) {
          await ctx.tool(tool('complain', { idempotent: true }), {})
          throw thrown
        }
        return 'paid'
      },
    )
    expect([value, error]).toEqual(['paid', undefined])
    expect(journalOffences({ pid: view.pid, facts })).toEqual([])
  })

  it('FK1: a scope that a retry opened again is open in a fork, after a crash too', async () => {
    const far = farSide()
    const working = { is: false }
    let work: () => Promise<void> = async () => undefined
    const { value, error } = await forked(
      {
        when: async (sim, pid) => {
          await mended(sim, pid, far)
          await waited(sim, pid, 'promise')
          work = async () => {
            working.is = true
            await sim.loop.sleep(50)
          }
        },
        after: async (sim, pid) => {
          const key = await waited(sim, pid, 'promise')
          await sim.control(pid, { type: 'answer', id: 'a', key, value: { text: '7' }, by: 'ann' })
          while (!working.is) await sim.loop.sleep(1)
          sim.crash()
        },
      },
      (ctx) =>
        ctx.all([
          async (c) => {
            await far.call(c)
            const answer = await c.promise('go')
            return [answer, await c.step('then', () => work().then(() => 2), { effect: 'read' })]
          },
          (c) => c.step('other', () => 3, { effect: 'read' }),
        ]),
    )
    expect([value, error]).toEqual([[[7, 2], 3], undefined])
  })

  it('FK5: the child that a fork has started afresh goes on when the fork is retried', async () => {
    const far = farSide()
    const results: unknown[] = []
    const child = flow(async (ctx) => {
      await ctx.sleep('1s')
      return far.call(ctx)
    }, 'child')
    await forked(
      {
        define: [child],
        cap: { toolCalls: 20 },
        when: (sim, pid) => waited(sim, pid, 'child'),
        after: async (sim, pid) => {
          await mended(sim, pid, far)
          const { result, summary } = await sim.reached(pid, ['done', 'parked'])
          results.push(result, summary?.delegated)
        },
      },
      (ctx) => ctx.run(child as never, 0 as never),
    )
    expect(results).toMatchObject([{ type: 'ok', value: { text: '"up"' } }, { toolCalls: 0 }])
  })
})
