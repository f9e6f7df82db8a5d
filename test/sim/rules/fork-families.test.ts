/** What a fork has to do with those of whom its origin knew: children that it started in their place, whom it had asked. */
import { describe, expect, it } from 'vitest'
import type { FactOf } from '../../../src/kernel/index.ts'
import { bornOf, ENDED, simulate } from '../../../src/testing/index.ts'
import type { Simulation } from '../../../src/testing/index.ts'
import type { Pid } from '../../../src/std/index.ts'
import { forked } from './fork-stage.ts'
import { flow, outcomeOf, stage, waited } from './stage.ts'

describe('FK: forks and their families', () => {
  it('FK5: what the child writes that a fork has started afresh comes from the pid that the workflow knows', async () => {
    const child = flow(async (ctx, parent) => {
      await ctx.receive({ topic: 'go' })
      await ctx.send(parent as never, 'here', { topic: 'news' })
    }, 'child')
    const { value } = await forked(
      {
        define: [child],
        when: (sim, pid) => waited(sim, pid, 'message'),
        after: async (sim) => {
          for (;;) {
            const own = (await sim.list()).find(({ workflow, root }) => workflow === 'child' && root === 'twin')
            if (own !== undefined) return void (await sim.send(own.pid, null, { topic: 'go' }))
            await sim.loop.sleep(5)
          }
        },
      },
      async (ctx) => {
        const { pid } = await ctx.spawn(child as never, ctx.pid as never, { detached: true })
        const [first] = await ctx.all([(c) => c.receive({ topic: 'news' })])
        return [pid, first.from]
      },
    )
    const [known, from] = value as [string, string]
    expect(from).toBe(known)
  })

  it('FK4: of two calls only the one that nobody has answered is made again', async () => {
    const server = flow(async (ctx) => {
      const heard: unknown[] = []
      for (let n = 0; n < 3; n++) {
        const question = await ctx.receive({ topic: 'q' })
        heard.push(question.body)
        if (n !== 1) await ctx.reply(question, `to ${String(question.body)}`)
      }
      return heard
    }, 'server')
    const [value, heard] = await simulate({ seed: 1 }, async (sim) => {
      const asks = flow(async (ctx) => [
        await ctx.call('server', 'one', { topic: 'q' }),
        await ctx.call('server', 'two', { topic: 'q' }),
      ])
      sim.define(server, asks)
      await sim.boot()
      const to = await sim.start(server, undefined, { pid: 'server' })
      const origin = await sim.start(asks, undefined, { pid: 'origin' })
      while ((await sim.facts(to)).filter(({ type }) => type === 'answered').length < 2) await sim.loop.sleep(5)
      await waited(sim, origin, 'message')
      const pid = await sim.fork(origin)
      const { result } = await sim.reached(pid, [...ENDED, 'parked'])
      return [outcomeOf(result).value, outcomeOf((await sim.reached(to)).result).value]
    })
    expect([value, heard]).toEqual([
      ['to one', 'to two'],
      ['one', 'two', 'two'],
    ])
  })

  it('FK1: a fork with another input has it, in whatever segment it begins', async () => {
    const values = await simulate({ seed: 1 }, async (sim) => {
      const counts = flow(async (ctx, input) => {
        const n = (input as number | undefined) ?? 0
        const id = await ctx.uuid()
        return n === 0 ? ctx.continueAsNew(1) : [n, id]
      })
      sim.define(counts)
      await sim.boot()
      const origin = await sim.start(counts, 0, { pid: 'origin' })
      await sim.reached(origin)
      const pid = await sim.fork(origin, { overrides: { input: { text: '7' } } })
      const views = [await sim.reached(origin), await sim.reached(pid, [...ENDED, 'parked'])]
      return views.map((view) => (outcomeOf(view.result).value as unknown[])[0])
    })
    expect(values).toEqual([1, 7])
  })

  it('ctx.fork: other instructions come to the fork', async () => {
    const child = flow((ctx) => ctx.uuid(), 'child')
    let born: FactOf<'born'> | undefined
    const during = async (sim: Simulation, pid: Pid): Promise<void> => {
      const { result } = await sim.reached(pid)
      born = bornOf(await sim.facts(outcomeOf(result).value as Pid))
    }
    await stage({ define: () => [child], during }, async (ctx) => {
      const origin = await ctx.spawn(child as never, null as never)
      await origin.result()
      const twin = await ctx.fork(origin, { instructions: 'Be brief.' })
      await twin.result()
      return twin.pid
    })
    expect(born?.fork?.overrides).toEqual({ instructions: 'Be brief.' })
  })
})
