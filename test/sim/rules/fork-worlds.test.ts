import { describe, expect, it } from 'vitest'
import { ENDED, factsOf, simulate } from '../../../src/testing/index.ts'
import type { Simulation } from '../../../src/testing/index.ts'
import { asPid } from '../../../src/std/index.ts'
import type { Pid } from '../../../src/std/index.ts'
import type { Ctx, Fact } from '../../../src/kernel/index.ts'
import { draws, forked, seqOf } from './fork-stage.ts'
import { about, deedsOf, flow, outcomeOf, stage, waited } from './stage.ts'
import type { ToolMaker } from './stage.ts'

describe('FK: forks and their world', () => {
  const pays = async (ctx: Ctx, tool: ToolMaker) => {
    const first = await ctx.tool(tool('look', { effect: 'read' }), {})
    const paid = await ctx.tool(tool('pay'), { amount: 3 })
    return { first, paid }
  }

  it('FK3: a write in a fork is refused, and the error says what to do', async () => {
    const { error, deeds } = await forked({ seq: seqOf('tool:look') }, pays)
    expect(error).toMatchObject({ code: 'WRITE_IN_FORK' })
    expect(error?.message).toMatch(/stub|live/)
    expect(deeds).toEqual([])
  })

  it('FK3: a stubbed write gets the outcome the origin got, or a value that says what it is', async () => {
    const { value, deeds, originFacts } = await forked({ seq: seqOf('tool:look'), fork: { writes: 'stub' } }, pays)
    expect(value).toEqual(outcomeOf(factsOf(originFacts, 'ended')[0]?.result).value)
    expect(deeds).toEqual([])
    const early = await forked(
      {
        when: (sim, pid) => waited(sim, pid, 'promise'),
        fork: { writes: 'stub' },
        after: async (sim, pid) =>
          sim.control(pid, {
            type: 'answer',
            id: 'a',
            key: await waited(sim, pid, 'promise'),
            value: { text: '1' },
            by: 'ann',
          }),
      },
      async (ctx, tool) => {
        await ctx.promise('go')
        return ctx.tool(tool('pay'), {})
      },
    )
    expect(early.value).toEqual({ stub: true, notDone: 'pay' })
    expect(early.deeds).toEqual([])
  })

  it('FK3: with live writes it is done, under an id of the fork’s own (FK7)', async () => {
    const { value, deeds, originFacts } = await forked({ seq: seqOf('tool:look'), fork: { writes: 'live' } }, pays)
    expect(deedsOf(deeds, 'pay')).toHaveLength(1)
    expect(deeds[0]?.key).toMatch(/^twin\/0\/0\/tool:pay/)
    expect(value).not.toEqual(outcomeOf(factsOf(originFacts, 'ended')[0]?.result).value)
  })

  it('FK3: what runs under a fork writes no more than the fork', async () => {
    const { error, deeds } = await forked({ seq: () => 0 }, async (ctx, tool) =>
      ctx.run(flow(async (inner) => inner.tool(tool('pay'), {}), 'child') as never, {} as never),
    )
    expect(error).toMatchObject({ code: 'WRITE_IN_FORK' })
    expect(deeds).toEqual([])
  })

  it('FK4: the mailbox is empty: what the origin was sent is not heard again', async () => {
    const { value } = await forked(
      {
        when: async (sim, pid) => {
          await sim.send(pid, 'one')
          await sim.send(pid, 'two', { topic: 'later' })
          await sim.reached(pid)
        },
        seq: (all) => about(all, 'answered', 'receive')[0]?.seq,
        fork: {},
        after: async (sim, pid) => sim.send(pid, 'three', { topic: 'later' }),
      },
      async (ctx) => {
        const first = (await ctx.receive({ topic: 'later', timeout: 10 }).catch(() => ({ body: 'none' }))).body
        return [first, (await ctx.receive({ topic: 'later', timeout: '1m' }).catch(() => ({ body: 'none' }))).body]
      },
    )
    expect(value).toEqual(['two', 'three'])
  })

  it('FK4: an open call is made again, and its answer comes to the fork', async () => {
    const server = flow(async (ctx) => {
      const heard: string[] = []
      for (let n = 0; n < 2; n++) {
        const question = await ctx.receive({ topic: 'q' })
        heard.push(String(question.from))
        if (n === 1) await ctx.reply(question, 'answer')
      }
      return heard
    }, 'server')
    const { value, heard } = await simulate({ seed: 1 }, async (sim) => {
      sim.define(
        server,
        flow((ctx) => ctx.call('server', 'what', { topic: 'q' })),
      )
      await sim.boot()
      const to = await sim.start(server, undefined, { pid: 'server' })
      const origin = await sim.start(
        flow(() => 0),
        undefined,
        { pid: 'origin' },
      )
      await waited(sim, origin, 'message')
      const pid = await sim.fork(origin)
      return {
        value: outcomeOf((await sim.reached(pid, [...ENDED, 'parked'])).result).value,
        heard: outcomeOf((await sim.reached(to)).result).value,
      }
    })
    expect([value, heard]).toEqual(['answer', ['origin', 'origin-fork']])
  })

  it('FK5: an ended child is shared, one under way is started afresh; the pids that the workflow saw stay', async () => {
    const quick = flow(async (ctx) => ctx.uuid(), 'quick')
    const slow = flow(async (ctx) => (await ctx.promise('go'), ctx.uuid()), 'slow')
    const { value, origin, family } = await simulate({ seed: 1 }, async (sim) => {
      sim.define(
        quick,
        slow,
        flow(async (ctx) => {
          const ended = await ctx.spawn(quick as never, {} as never)
          const one = await ended.result()
          const open = await ctx.spawn(slow as never, {} as never)
          await ctx.sleep(5)
          await ctx.send(open.pid, 'hello')
          return { one, pids: [ended.pid, open.pid], two: await open.result() }
        }),
      )
      await sim.boot()
      const pid = await sim.start(
        flow(() => 0),
        undefined,
        { pid: 'origin' },
      )
      await waited(sim, pid, 'child')
      const twin = await sim.fork(pid, {}, { pid: 'twin' })
      const answered = new Set<string>()
      while ((await sim.inspect(pid))?.status !== 'done' || (await sim.inspect(twin))?.status !== 'done') {
        for (const view of await sim.list())
          for (const { key, on } of view.waits)
            if (on.kind === 'promise' && !answered.has(view.pid)) {
              answered.add(view.pid)
              await sim.control(view.pid, { type: 'answer', id: `a${view.pid}`, key, value: { text: '1' }, by: 'ann' })
            }
        await sim.loop.sleep(10)
      }
      const views = await sim.list()
      return {
        value: outcomeOf((await sim.reached(twin)).result).value as Record<string, unknown>,
        origin: outcomeOf((await sim.reached(pid)).result).value as Record<string, unknown>,
        family: views.filter((view) => view.root === 'twin').map((view) => [view.workflow, view.status]),
      }
    })
    expect(value['one']).toBe(origin['one'])
    expect(value['pids']).toEqual(origin['pids'])
    expect(value['two']).not.toBe(origin['two'])
    expect(family).toEqual([
      ['flow', 'done'],
      ['slow', 'done'],
    ])
  })

  it('FK6: random draws are equal before the point, and new after', async () => {
    const { value, originFacts } = await forked({ seq: seqOf('uuid::') }, draws)
    const original = outcomeOf(factsOf(originFacts, 'ended')[0]?.result).value as Record<string, unknown>
    expect((value as Record<string, unknown>)['id']).toBe(original['id'])
    expect((value as Record<string, unknown>)['later']).not.toBe(original['later'])
  })

  it('nobody forks what is not there', async () => {
    const view = await simulate({ seed: 1 }, async (sim) => {
      sim.define(flow(async () => 1))
      await sim.boot()
      const engine = await sim.engine()
      const started = await engine.start({
        pid: asPid('twin'),
        kind: 'workflow',
        workflow: 'flow',
        input: { text: '1' },
        root: asPid('twin'),
        depth: 0,
        cap: {},
        strict: false,
        fork: { from: asPid('nobody'), writes: 'live' },
      })
      return [started.created, await sim.inspect(asPid('twin'))]
    })
    expect(view).toEqual([false, undefined])
  })

  it('ctx.fork: a child that is a fork, paid by its parent, told apart by the writes it may do', async () => {
    const { value, facts, view } = await stage(
      {
        cap: { toolCalls: 10, processes: 4 },
        define: () => [flow(async (ctx) => [await ctx.uuid(), await ctx.uuid('b')], 'part')],
      },
      async (ctx) => {
        const part = await ctx.spawn(flow(() => 0, 'part') as never, {} as never)
        const one = (await part.result()) as string[]
        const fork = await ctx.fork<string[]>(part, { at: 1, budget: { toolCalls: 2 } })
        const two = await fork.result()
        return [one, two, fork.pid]
      },
    )
    const [one, two] = value as [string[], string[]]
    expect(view.status).toBe('done')
    expect(two[0]).toBe(one[0])
    expect(two[1]).not.toBe(one[1])
    expect(
      factsOf(facts, 'account')
        .filter((fact) => fact.op === 'carve')
        .at(-1)?.amounts.toolCalls,
    ).toBe(2)
  })

  it('ctx.fork: right after an effect, with another input, other answers and live writes', async () => {
    const part = async (ctx: Ctx, input: unknown) => [
      await ctx.uuid(),
      await ctx.step('look', () => 'seen', { effect: 'read' }),
      await ctx.step('put', () => 'done'),
      input,
    ]
    const child = flow(part, 'part')
    let facts: readonly Fact[] = []
    const during = async (sim: Simulation, pid: Pid): Promise<void> => {
      await sim.reached(pid)
      facts = await sim.facts(about(await sim.facts(pid), 'sent', 'run:')[0]?.to ?? pid)
    }
    await stage({ define: () => [child], during }, (ctx) => ctx.run(child as never, 'in' as never))
    const keyOf = (name: string): string => about(facts, 'intended', `step:${name}`)[0]?.key ?? ''
    const { value } = await stage({ define: () => [child] }, async (ctx) => {
      const origin = await ctx.spawn(child as never, 'in' as never)
      const one = await origin.result()
      const [after, answered] = [
        await ctx.fork(origin, { at: keyOf('look'), writes: 'live' }),
        await ctx.fork(origin, { answers: { [keyOf('look')]: 'other' }, input: 'new' }),
      ]
      return [one, await after.result(), await answered.result().catch((error: unknown) => (error as Error).message)]
    })
    const [one, two, three] = value as [unknown[], unknown[], unknown]
    expect(two).toEqual([one[0], 'seen', 'done', 'in'])
    // Its write came after the point, and a fork does none unless it is told to.
    expect(three).toMatch(/put/)
  })

  it('ctx.fork: a process of another run is refused', async () => {
    const { error } = await stage(
      {
        define: () => [flow(() => 1, 'other')],
        during: async (sim) =>
          void (await sim.start(
            flow(() => 0, 'other'),
            undefined,
            { pid: 'stranger' },
          )),
      },
      async (ctx) => {
        await ctx.sleep('1s')
        return (await ctx.fork('stranger')).result()
      },
    )
    expect(error).toMatchObject({ code: 'FORK_REFUSED' })
  })
})
