import { describe, expect, it } from 'vitest'
import type { Frame } from '../../../src/engine/index.ts'
import type { Pid } from '../../../src/std/index.ts'
import { CALM, compareWithWorld, factsOf, journalOffences } from '../../../src/testing/index.ts'
import type { Simulation } from '../../../src/testing/index.ts'
import { about, crashOnceAt, deedsOf, flow, stage, throughCrashes, waited } from './stage.ts'

async function framesOf(sim: Simulation, pid: Pid): Promise<readonly Frame[]> {
  await sim.reached(pid)
  const frames: Frame[] = []
  for await (const frame of (await sim.engine()).history(pid)) frames.push(frame)
  return frames
}

describe('T: activations and turns', () => {
  it('T1: each activation has a newer epoch, and what an old one hears late is not written', async () => {
    let frames: readonly Frame[] = []
    const late = Promise.withResolvers<string>()
    const { facts, value } = await stage(
      {
        during: async (sim, pid) => {
          await sim.loop.sleep(20)
          sim.crash()
          await sim.loop.sleep(200)
          late.resolve('too late')
          frames = await framesOf(sim, pid)
        },
      },
      async (ctx) => {
        const look = ({ attempt }: { attempt: number }) => (attempt === 1 ? late.promise : 'in time')
        const seen = await ctx.step('look', look, { effect: 'read' })
        await ctx.sleep('1s')
        return seen
      },
    )
    expect(value).toBe('in time')
    expect(factsOf(facts, 'settled').map((fact) => fact.attempt)).toEqual([2])
    const epochs = frames.map((frame) => frame.epoch)
    expect(epochs).toEqual(epochs.toSorted((a, b) => a - b))
    expect(new Set(epochs).size).toBeGreaterThan(1)
    expect(new Set(factsOf(facts, 'begun').map((fact) => fact.owner)).size).toBe(2)
  })

  it('T2: control goes before mail that came earlier', async () => {
    const { value } = await stage(
      {
        async during(sim, pid) {
          const key = await waited(sim, pid, 'approval')
          await Promise.all([
            ...[1, 2, 3].map((n) => sim.send(pid, n)),
            sim.control(pid, { id: 'a', type: 'approve', key, verdict: 'denied', by: 'ann' }),
          ])
        },
      },
      async (ctx, tool) => {
        const order: unknown[] = []
        const denied = ctx.tool(tool('pay', { needsApproval: true }), {}).catch(() => order.push('denied'))
        for (let n = 0; n < 3; n++) order.push((await ctx.receive()).body)
        await denied
        return order
      },
    )
    expect(value).toEqual(['denied', 1, 2, 3])
  })

  it('T3: a turn is one frame: what settles, and what follows from it, share a commit', async () => {
    let frames: readonly Frame[] = []
    await stage({ during: async (sim, pid) => void (frames = await framesOf(sim, pid)) }, async (ctx, tool) => {
      const look = tool('look', { effect: 'read' })
      await ctx.tool(look, { n: 1 })
      await Promise.all([ctx.tool(look, { n: 2 }), ctx.tool(look, { n: 3 })])
    })
    const types = frames.map((frame) => frame.facts.map((fact) => fact.type))
    expect(types.slice(0, 2)).toEqual([
      ['born', 'intended', 'begun'],
      ['settled', 'intended', 'begun', 'intended', 'begun'],
    ])
    expect(types.flat().filter((type) => type === 'settled')).toHaveLength(3)
    expect(frames).toHaveLength(4)
  })

  it('T4: a frame is whole or not at all: message, answer, send and start agree after a crash at any commit', async () => {
    const child = flow((ctx) => ctx.uuid(), 'child')
    await throughCrashes(
      { define: () => [child], cap: { processes: 5 }, during: async (sim, pid) => void (await sim.send(pid, 'go')) },
      async (ctx, tool) => {
        const { body } = await ctx.receive()
        await ctx.send(ctx.pid, 'to myself', { topic: 'self' })
        const id = await ctx.run(child as never, 0 as never)
        await ctx.tool(tool('save', { idempotent: true }), { body, id })
        return [body, (await ctx.receive({ topic: 'self' })).body]
      },
      ({ value, view, facts, ledger }) => {
        expect(value).toEqual(['go', 'to myself'])
        expect(journalOffences({ pid: view.pid, facts })).toEqual([])
        expect(compareWithWorld([{ pid: view.pid, facts }], ledger).offences).toEqual([])
        expect(factsOf(facts, 'answered').flatMap((fact) => fact.messageId ?? [])).toHaveLength(2)
        expect([view.mailbox, view.summary?.spent.processes, view.summary?.delegated.processes ?? 0]).toEqual([0, 1, 0])
      },
    )
  })

  it('T5: a commit that fails stops everything; nothing is done that is not written', async () => {
    const { sim, facts, ledger, view } = await stage(
      { seed: 3, disk: { slow: 0, slowMs: [0, 0], failing: 0.15 } },
      async (ctx, tool) => {
        for (let n = 0; n < 20; n++) await ctx.tool(tool('save', { idempotent: true }), { n })
      },
    )
    expect(sim.trace.filter((line) => line.includes('a failed store')).length).toBeGreaterThan(1)
    expect(compareWithWorld([{ pid: view.pid, facts }], ledger).offences).toEqual([])
    expect(deedsOf(ledger, 'save')).toHaveLength(20)
  })

  it('T5: what is too large for a frame fails who made it, and nobody beside it', async () => {
    const greedy = flow(async (ctx) => ctx.send('flow', 'x'.repeat(2 * 1024 * 1024)), 'greedy')
    const { view, value } = await stage(
      {
        define: () => [greedy],
        async during(sim) {
          await sim.start(greedy, 0, { pid: 'g' })
          expect((await sim.reached('g' as Pid)).status).toBe('failed')
          expect(sim.crashes).toBe(0)
        },
      },
      async (ctx) => (await ctx.sleep('1s'), 'unharmed'),
    )
    expect([view.status, value]).toEqual(['done', 'unharmed'])
  })

  it('T6: each wait is a row, and a process is woken only when one of them is met', async () => {
    const { value } = await stage(
      {
        async during(sim, pid) {
          await waited(sim, pid, 'message')
          const before = await sim.inspect(pid)
          expect(before?.waits.map((wait) => wait.on.kind).toSorted()).toEqual(['approval', 'message', 'timer'])
          await sim.send(pid, 'no', { topic: 'other' })
          await sim.loop.sleep(1_000)
          const asleep = await sim.inspect(pid)
          expect([asleep?.activations, asleep?.mailbox]).toEqual([before?.activations, 1])
          await sim.send(pid, 'yes', { topic: 'go' })
          await sim.reached(pid)
          expect((await sim.inspect(pid))?.activations).toBe((before?.activations ?? 0) + 1)
        },
      },
      async (ctx, tool) =>
        ctx.race([
          (c) => c.sleep('1d'),
          (c) => c.tool(tool('pay', { needsApproval: true }), {}),
          async (c) => (await c.receive({ topic: 'go' })).body,
        ]),
    )
    expect(value).toBe('yes')
  })

  it('T7: a process leaves memory when it is idle, not before', async () => {
    const activations = async (idleMs: number): Promise<number> => {
      const { view } = await stage(
        {
          idleMs,
          async during(sim, pid) {
            for (const n of [1, 2, 3]) {
              await sim.loop.sleep(1_000)
              await sim.send(pid, n)
            }
          },
        },
        async (ctx) => {
          for (let n = 0; n < 3; n++) await ctx.receive()
        },
      )
      return view.activations
    }
    expect(await activations(30_000)).toBe(1)
    expect(await activations(0)).toBe(4)
  })

  it('T7: while an effect is in flight, messages, timers and control are heard', async () => {
    const { value } = await stage(
      {
        habits: { ...CALM, transitMs: [60_000, 60_000] },
        async during(sim, pid) {
          await sim.loop.sleep(100)
          await sim.send(pid, 'stop', { topic: 'stop' })
        },
      },
      async (ctx, tool) => {
        const started = await ctx.now()
        const said: unknown[] = []
        await ctx.race([
          (c) => c.tool(tool('look', { effect: 'read' }), {}),
          async (c) => {
            await c.sleep('10ms')
            said.push('timer')
            said.push((await c.receive({ topic: 'stop' })).body)
          },
        ])
        return [said, (await ctx.now()) - started < 1_000]
      },
    )
    expect(value).toEqual([['timer', 'stop'], true])
  })

  it('T8: a turn of very many facts is cut into frames, in order, and is whole after a crash', async () => {
    const draws = 1_300
    const { value, view, facts } = await stage(
      { during: async (sim, pid) => crashOnceAt(sim, pid, 'timer') },
      async (ctx) => {
        const drawn = await Promise.all(Array.from({ length: draws }, () => ctx.random()))
        await ctx.sleep('1h')
        return drawn
      },
    )
    expect(view.activations).toBeGreaterThan(1)
    const recorded = about(facts, 'settled', 'random').map((fact) =>
      fact.outcome.type === 'ok' ? Number(fact.outcome.value.text) : Number.NaN,
    )
    expect(value).toEqual(recorded)
    expect(recorded).toHaveLength(draws)
  })
})
