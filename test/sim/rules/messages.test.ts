import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { asMessageId, asPid, limits } from '../../../src/std/index.ts'
import { CALM, factsOf, journalOffences } from '../../../src/testing/index.ts'
import type { Simulation } from '../../../src/testing/index.ts'
import { about, codeOf, crashOnceAt, flow, outcomeOf, stage, throughCrashes, waited } from './stage.ts'

/** Sends five numbers to `flow`. */
const sender = (name: string) =>
  flow(async (ctx) => {
    for (let n = 0; n < 5; n++) await ctx.send('flow', { name, n })
  }, name)

describe('M: messages', () => {
  it('M1: a sender’s messages come in its order, once each, through a crash at any commit', async () => {
    const senders = ['ann', 'bob'].map(sender)
    await throughCrashes(
      {
        define: () => senders,
        during: async (sim) => {
          for (const definition of senders) await sim.start(definition)
        },
      },
      async (ctx) => {
        const got: { name: string; n: number }[] = []
        for (let n = 0; n < 10; n++) got.push((await ctx.receive<{ name: string; n: number }>()).body)
        return got
      },
      ({ value, view, facts }) => {
        const got = value as readonly { name: string; n: number }[]
        for (const name of ['ann', 'bob'])
          expect(got.filter((message) => message.name === name).map(({ n }) => n)).toEqual([0, 1, 2, 3, 4])
        expect(journalOffences({ pid: view.pid, facts })).toEqual([])
        expect(view.mailbox).toBe(0)
      },
    )
  })

  it('M1: the id of a message is the id of the effect that sent it', async () => {
    const { value } = await stage(
      { define: () => [sender('ann')], during: async (sim) => void (await sim.start(sender('ann'))) },
      async (ctx) => {
        const { id, from } = await ctx.receive()
        return [id, from]
      },
    )
    expect(value).toEqual([expect.stringMatching(/^ann\/0\/0\/send::[0-9a-f]{32}#0$/) as string, 'ann'])
  })

  it('M2: a message with a known id is not taken twice, before or after a crash', async () => {
    const said: string[] = []
    const { value } = await stage(
      {
        rebootMs: 'never',
        async during(sim, pid) {
          const send = async (id: string): Promise<void> =>
            void said.push(await sim.send(pid, id, { id: asMessageId(id) }))
          await send('one')
          await send('one')
          sim.crash()
          await sim.boot()
          await send('one')
          await send('two')
        },
      },
      async (ctx) => [(await ctx.receive()).body, (await ctx.receive()).body],
    )
    expect(said).toEqual(['queued', 'duplicate', 'duplicate', 'queued'])
    expect(value).toEqual(['one', 'two'])
  })

  it('M3: a pattern is data; what fits it and not the schema is refused, and its sender is told', async () => {
    let told: unknown
    const wrong = flow(async (ctx) => {
      await ctx.send('flow', { n: 'many' }, { topic: 'go', type: 'order' })
      told = (await ctx.receive({ topic: 'skein.refused' })).body
    }, 'wrong')
    const { value } = await stage(
      {
        define: () => [wrong],
        async during(sim, pid) {
          await sim.start(wrong)
          await sim.reached(asPid('wrong'))
          for (const [body, topic, type] of [
            [{ n: 1 }, 'other', 'order'],
            [{ n: 2 }, 'go', 'other'],
            [{ n: 3 }, 'go', 'order'],
          ] as const)
            await sim.send(pid, body, { topic, type })
        },
      },
      async (ctx) => (await ctx.receive({ topic: 'go', type: 'order', schema: z.object({ n: z.number() }) })).body,
    )
    expect(value).toEqual({ n: 3 })
    expect(told).toMatchObject({ by: 'flow', id: expect.stringContaining('wrong/0/0/send') as string })
  })

  it('M4: the oldest receive that fits gets the message; it is consumed once, through a crash at any commit', async () => {
    await throughCrashes(
      {
        async during(sim, pid) {
          for (const n of [1, 2, 3]) await sim.send(pid, n, { topic: n === 2 ? 'b' : 'a', id: asMessageId(`m${n}`) })
        },
      },
      async (ctx, tool) => {
        const waits = [ctx.receive({ topic: 'a' }), ctx.receive({ topic: 'b' }), ctx.receive()]
        const got = (await Promise.all(waits)).map(({ body }) => body)
        await ctx.tool(tool('save', { idempotent: true }), { got })
        return got
      },
      ({ value, facts, view }) => {
        expect(value).toEqual([1, 2, 3])
        expect(factsOf(facts, 'answered').map((fact) => fact.messageId)).toEqual(['m1', 'm2', 'm3'])
        const saved = about(facts, 'intended', 'save')[0]?.seq ?? 0
        expect(Math.max(...factsOf(facts, 'answered').map((fact) => fact.seq))).toBeLessThan(saved)
        expect(view.mailbox).toBe(0)
      },
    )
  })

  it('M5: a call is a message and a wait: the caller sleeps meanwhile, and a crash on either side loses nothing', async () => {
    const server = flow(async (ctx) => {
      const question = await ctx.receive<number>()
      await ctx.sleep('1h')
      await ctx.reply(question, question.body * 2)
    }, 'server')
    await throughCrashes(
      { define: () => [server], during: async (sim) => void (await sim.start(server)) },
      async (ctx) => {
        while ((await codeOf(() => ctx.send('server', 0, { topic: 'skein.hello' }))) !== 'none') await ctx.sleep('1s')
        return ctx.call('server', 21)
      },
      ({ value, view, facts }) => {
        expect(value).toBe(42)
        expect(view.activations).toBeGreaterThan(1)
        expect(factsOf(facts, 'intended')).toEqual([])
      },
    )
  })

  it('M5: two processes that call each other both get their answers', async () => {
    const partner = flow(async (ctx) => {
      const [answer] = await ctx.all([
        (c) => c.call('flow', 'from partner'),
        async (c) => {
          const question = await c.receive()
          await c.reply(question, `partner heard ${String(question.body)}`)
        },
      ])
      return answer
    }, 'partner')
    let other: unknown
    const { value } = await stage(
      {
        define: () => [partner],
        async during(sim, pid) {
          await waited(sim, pid, 'timer')
          await sim.start(partner)
          other = outcomeOf((await sim.reached(asPid('partner'))).result).value
        },
      },
      async (ctx) => {
        await ctx.sleep('1s')
        const [answer] = await ctx.all([
          (c) => c.call('partner', 'from flow'),
          async (c) => {
            const question = await c.receive()
            await c.reply(question, `flow heard ${String(question.body)}`)
          },
        ])
        return answer
      },
    )
    expect([value, other]).toEqual(['partner heard from flow', 'flow heard from partner'])
  })

  /** Fills the mailbox of `flow`, which wants other mail, and says how many messages fitted. */
  const fill = async (sim: Simulation): Promise<number> => {
    const large = 'x'.repeat(limits.MESSAGE_BYTES_MAX - 100)
    for (let n = 0; n < 100; n++) if ((await sim.send(asPid('flow'), large)) === 'full') return n
    return 100
  }

  it('M6: a full mailbox refuses mail, and tells who sent it; what is about accounts always passes', async () => {
    const child = flow((ctx) => ctx.sleep('1h'), 'child')
    const late = flow((ctx) => codeOf(() => ctx.send('flow', 'y'.repeat(10_000))), 'late')
    const { value, view } = await stage(
      {
        cap: { processes: 3 },
        define: () => [child, late],
        async during(sim, pid) {
          await waited(sim, pid, 'child')
          expect(await fill(sim)).toBe(limits.MAILBOX_BYTES_MAX / limits.MESSAGE_BYTES_MAX)
          await sim.start(late)
          expect(outcomeOf((await sim.reached(asPid('late'))).result).value).toBe('MAILBOX_FULL')
        },
      },
      async (ctx) => {
        await ctx.run(child as never, 0 as never)
        const { body } = await ctx.receive<string>()
        return body.length
      },
    )
    expect(value).toBe(limits.MESSAGE_BYTES_MAX - 100)
    expect(view.summary?.delegated.processes ?? 0).toBe(0)
  })

  it('M6: mail to nobody is refused, mail to who has ended becomes a dead letter; both are said', async () => {
    const brief = flow(() => 1, 'brief')
    const { value } = await stage(
      {
        habits: CALM,
        define: () => [brief],
        async during(sim, pid) {
          await sim.start(brief)
          await sim.reached(asPid('brief'))
          await crashOnceAt(sim, pid, 'timer')
          expect(await sim.send(asPid('nobody'), 1)).toBe('unknown')
          expect(await sim.send(asPid('brief'), 1)).toBe('ended')
        },
      },
      async (ctx) => {
        await ctx.sleep('1m')
        return [await codeOf(() => ctx.send('nobody', 1)), await codeOf(() => ctx.send('brief', 1))]
      },
    )
    expect(value).toEqual(['PROCESS_UNKNOWN', 'PROCESS_ENDED'])
  })
})
