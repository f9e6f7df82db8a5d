/** What a naive kernel does to processes that wait, talk, go on and change. */
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { agent } from '../../../src/agents/index.ts'
import { workflow } from '../../../src/kernel/index.ts'
import type { AnyDefinition } from '../../../src/kernel/index.ts'
import { asMessageId, asPid, asSeq } from '../../../src/std/index.ts'
import { CALM, factsOf, scriptedModel, simulate, worldTool } from '../../../src/testing/index.ts'
import { codeOf, flow, outcomeOf, stage, throughCrashes, waited } from '../rules/stage.ts'

describe('traps of lives', () => {
  it('F20: a fork spends nothing of its origin’s, has no approval of its, and pays nobody a second time', async () => {
    await simulate({ seed: 1 }, async (sim) => {
      const pay = worldTool(sim.world, { name: 'pay', needsApproval: true })
      sim.define(flow(async (ctx) => [await ctx.uuid(), await ctx.tool(pay, { to: 'ann' })]))
      await sim.boot()
      const origin = await sim.start(
        flow(() => 0),
        undefined,
        { cap: { toolCalls: 1 } },
      )
      const approve = async (pid: typeof origin): Promise<void> => {
        const key = await waited(sim, pid, 'approval')
        await sim.control(pid, { id: `y-${pid}`, type: 'approve', key, verdict: 'approved', by: 'ann' })
      }
      await approve(origin)
      const begun = factsOf(await sim.facts((await sim.reached(origin)).pid), 'begun')[0]
      const before = await sim.facts(origin)
      const refused = await sim.reached(await sim.fork(origin, { seq: begun?.seq ?? asSeq(0) }, { pid: 'refused' }))
      expect(refused.status).toBe('failed')
      // Even with live writes it has to ask again, and to have money of its own.
      const live = await sim.fork(
        origin,
        { seq: begun?.seq ?? asSeq(0), writes: 'live' },
        { pid: 'live', cap: { toolCalls: 0 } },
      )
      await approve(live)
      await waited(sim, live, 'budget')
      expect(sim.world.ledger.filter((deed) => deed.what === 'done')).toHaveLength(1)
      expect(await sim.facts(origin)).toEqual(before)
    })
  })

  it('F4: a stop is heard while the model still thinks', async () => {
    const { value } = await stage(
      {
        habits: { ...CALM, transitMs: [600_000, 600_000] },
        during: async (sim, pid) => (await sim.loop.sleep(1_000), void (await sim.send(pid, 'now', { topic: 'stop' }))),
      },
      async (ctx, tool) => {
        const started = await ctx.now()
        const won = await ctx.race([
          (c) => c.tool(tool('model', { effect: 'read' }), {}),
          async (c) => (await c.receive({ topic: 'stop' })).body,
        ])
        return [won, (await ctx.now()) - started]
      },
    )
    expect(value).toEqual(['now', expect.any(Number) as number])
    expect((value as readonly [string, number])[1]).toBeLessThan(2_000)
  })

  it('F4: a server that calls back while it is called does not lock up', async () => {
    const p2 = flow(async (ctx) => {
      const work = await ctx.receive()
      const answer = await ctx.call('flow', 'which?', { topic: 'question' })
      await ctx.reply(work, `did ${String(answer)}`)
    }, 'p2')
    await throughCrashes(
      { define: () => [p2], during: async (sim) => void (await sim.start(p2)) },
      async (ctx) => {
        await ctx.sleep('1s')
        return ctx.race([
          (c) => c.call('p2', 'work'),
          async (c) => {
            for (;;) await c.reply(await c.receive({ topic: 'question' }), 'the blue one')
          },
        ])
      },
      ({ value }) => expect(value).toBe('did the blue one'),
    )
  })

  it('F21: an agent is keyed by its steps, not by its talk; mail that wants nobody wakes nobody', async () => {
    const long = 'word '.repeat(40_000)
    await simulate({ seed: 1 }, async (sim) => {
      const clerk = agent({ name: 'clerk', model: scriptedModel([long]) })
      const sleeper = flow((ctx) => ctx.receive({ topic: 'wanted' }), 'sleeper')
      sim.define(clerk, sleeper)
      await sim.boot()
      const view = await sim.reached(await sim.start(clerk, long))
      const [intended] = factsOf(await sim.facts(view.pid), 'intended')
      expect([intended?.key, (intended?.argsHash.length ?? 0) <= 64, intended?.args]).toEqual([
        'r1/model',
        true,
        undefined,
      ])
      const pid = await sim.start(sleeper)
      await sim.reached(pid, ['waiting'])
      for (let n = 0; n < 50; n++) await sim.send(pid, n)
      await sim.loop.sleep(1_000)
      expect((await sim.inspect(pid))?.activations).toBe(1)
    })
  })

  it('F22: continueAsNew from a branch is refused, so that it drops no sibling in flight', async () => {
    const { value, ledger } = await stage({}, (ctx, tool) =>
      ctx.all([(c) => c.tool(tool('pay'), {}).then(() => 'paid'), (c) => codeOf(() => c.continueAsNew(1))]),
    )
    expect(value).toEqual(['paid', 'CONTINUE_AS_NEW_INVALID'])
    expect(ledger).toHaveLength(1)
  })

  it('F23: a schema that draws its defaults changes no key at replay', async () => {
    let drawn = 0
    const pay = {
      name: 'pay',
      idempotent: true,
      inputSchema: z.object({ amount: z.number(), id: z.string().default(() => `drawn ${++drawn}`) }),
      execute: (input: unknown) => input,
    }
    await throughCrashes(
      {},
      async (ctx) => {
        const paid = await ctx.tool(pay as never, { amount: 1 } as never)
        await ctx.sleep('1h')
        return paid
      },
      ({ value, facts }) => {
        const intended = factsOf(facts, 'intended')
        expect(new Set(intended.map((fact) => fact.key)).size).toBe(1)
        const [recorded] = intended
        expect(value).toEqual(JSON.parse(recorded?.args?.text ?? ''))
      },
    )
  })

  it('F24: forgotten version numbers do no harm: other code under the same version is told by its digest', async () => {
    await simulate({ seed: 1, rebootMs: 'never' }, async (sim) => {
      const made = workflow(
        { name: 'made', version: '1' },
        async (ctx) => (await ctx.sleep('1d'), 'new'),
      ) as AnyDefinition
      sim.define({ ...made, source: 'another body' })
      await sim.boot()
      const pid = await sim.start(made)
      await sim.reached(pid, ['waiting'])
      await sim.send(pid, 'hello')
      sim.crash()
      sim.forget('made')
      sim.define(made)
      await sim.boot()
      const view = await sim.reached(pid, ['parked', 'done'])
      expect([view.status, view.parked?.code]).toEqual(['parked', 'CODE_ABSENT'])
    })
  })

  it('F25: two receives that fit share no message, and mail that comes before the first receive waits for it', async () => {
    await throughCrashes(
      {
        async during(sim, pid) {
          for (const n of [1, 2]) await sim.send(pid, n, { topic: 'go', id: asMessageId(`m${n}`) })
        },
      },
      async (ctx) => {
        await ctx.sleep('1m')
        const [any, go] = await Promise.all([ctx.receive(), ctx.receive({ topic: 'go' })])
        return [any.body, go.body]
      },
      ({ value, view }) => {
        expect(value).toEqual([1, 2])
        expect(view.mailbox).toBe(0)
      },
    )
  })

  it('F26: the id of a foreign message is known for days, over any number of hosts', async () => {
    const { value } = await stage(
      {
        rebootMs: 'never',
        async during(sim, pid) {
          const send = () => sim.send(pid, 'pay', { id: asMessageId('order 7') })
          expect(await send()).toBe('queued')
          for (let day = 0; day < 6; day++) {
            await sim.loop.sleep(24 * 3600 * 1000)
            sim.crash()
            await sim.boot()
            expect(await send()).toBe('duplicate')
          }
        },
      },
      async (ctx) => [(await ctx.receive()).body, await codeOf(() => ctx.receive({ timeout: '10d' }))],
    )
    expect(value).toEqual(['pay', 'EFFECT_TIMEOUT'])
  })

  it('F28: an unheard rejection harms neither its process nor its neighbour', async () => {
    const unheard: unknown[] = []
    const hear = (reason: unknown): void => void unheard.push(reason)
    process.on('unhandledRejection', hear)
    const neighbour = flow(async (ctx) => (await ctx.sleep('1h'), 'unharmed'), 'neighbour')
    const { view, value } = await stage(
      {
        define: () => [neighbour],
        async during(sim) {
          await sim.start(neighbour)
          expect(outcomeOf((await sim.reached(asPid('neighbour'))).result).value).toBe('unharmed')
        },
      },
      async (ctx) => {
        for (const name of ['one', 'two']) void ctx.step(name, () => Promise.reject(new Error(name)))
        await ctx.sleep('1m')
        return 'fine'
      },
    )
    await new Promise((resolve) => setImmediate(resolve))
    process.off('unhandledRejection', hear)
    expect([view.status, value, unheard]).toEqual(['done', 'fine', []])
  })
})
