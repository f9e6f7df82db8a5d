import { expect, it } from 'vitest'
import { factsOf } from '../../../src/testing/index.ts'
import { flow, stage, waited } from './stage.ts'

it('G2: what was added to a child comes home once, however often a retry of it is in vain', async () => {
  const leaf = flow(async (ctx) => {
    await ctx.promise('go')
    throw new Error('no effect has failed')
  }, 'throwing-leaf')
  const { facts } = await stage(
    {
      cap: { toolCalls: 20, processes: 9 },
      define: () => [leaf],
      until: ['failed'],
      during: async (sim, pid) => {
        await waited(sim, pid, 'child')
        const child = (await sim.list()).find(({ workflow }) => workflow === 'throwing-leaf')?.pid ?? pid
        const key = await waited(sim, child, 'promise')
        await sim.control(child, { id: 'more', type: 'topUp', amounts: { toolCalls: 5 }, by: 'ann' })
        await sim.control(child, { id: 'go', type: 'answer', key, value: { text: '1' }, by: 'ann' })
        await sim.reached(pid, ['failed'])
        for (const id of ['r1', 'r2']) {
          await sim.control(pid, { id, type: 'reopen', by: 'ann' })
          await sim.loop.sleep(100)
        }
      },
    },
    (ctx) => ctx.run(leaf as never, 0 as never, { budget: { toolCalls: 6 } }),
  )
  expect(factsOf(facts, 'account').map(({ op, amounts }) => [op, amounts.toolCalls])).toEqual([
    ['carve', 6],
    ['topUp', 5],
    ['return', 6],
    ['carve', 11],
    ['return', 11],
    ['carve', 11],
    ['return', 11],
  ])
})
