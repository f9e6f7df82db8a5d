import { describe, expect, it } from 'vitest'
import { bornOf, ENDED, factsOf, simulate } from '../../../src/testing/index.ts'
import { payloadOf } from '../../../src/kernel/index.ts'
import type { Ctx } from '../../../src/kernel/index.ts'
import type { Seq } from '../../../src/std/index.ts'
import { draws, forked, seqOf, shared } from './fork-stage.ts'
import { about, flow, outcomeOf, waited } from './stage.ts'
import type { ToolMaker } from './stage.ts'

describe('FK: forks', () => {
  it('FK1: a fork has a pid and a lineage of its own, and shares what was settled or answered, densely numbered', async () => {
    const { facts, originFacts, view } = await forked({ seq: seqOf('tool:look') }, draws)
    expect(view.status).toBe('done')
    const born = bornOf(facts)
    expect(born).toMatchObject({
      workflow: 'flow',
      lineage: { pid: 'origin' },
      fork: { from: 'origin', writes: 'refuse' },
    })
    expect(facts.map((fact) => fact.seq)).toEqual(facts.map((_fact, n) => n))
    for (const fact of shared(facts)) {
      const original = originFacts[fact.shared ?? -1]
      expect(original?.type).toBe(fact.type)
      expect('key' in fact && original !== undefined && 'key' in original && original.key === fact.key).toBe(true)
    }
    expect(shared(facts).map((fact) => fact.type)).toEqual(['settled', 'intended', 'settled'])
  })

  it('FK1: what was under way at the branching point is dropped, and asked for again', async () => {
    const { facts, value } = await forked({ seq: (all) => about(all, 'begun', 'tool:look')[0]?.seq }, draws)
    expect(shared(facts).map((fact) => fact.type)).toEqual(['settled'])
    expect(value).toMatchObject({ read: { look: expect.any(Number) as number } })
    expect(about(facts, 'begun', 'tool:look')).toHaveLength(1)
  })

  it('FK1: a fork of a fork shares what it shared, and goes on alike', async () => {
    const { value, twice } = await simulate({ seed: 1 }, async (sim) => {
      sim.define(
        flow(async (ctx) => [
          ctx.pid,
          await ctx.uuid(),
          await ctx.step('s', () => 1, { effect: 'read' }),
          (await ctx.send(ctx.pid, 'x')) ?? 0,
          (await ctx.receive()).body,
        ]),
      )
      await sim.boot()
      const origin = await sim.start(
        flow(() => 0),
        undefined,
        { pid: 'origin' },
      )
      await sim.reached(origin)
      const one = await sim.fork(origin, {}, { pid: 'one' })
      await sim.reached(one)
      const two = await sim.fork(one, {}, { pid: 'two' })
      return {
        value: outcomeOf((await sim.reached(origin)).result).value as unknown[],
        twice: outcomeOf((await sim.reached(two, [...ENDED, 'parked'])).result).value as unknown[],
      }
    })
    expect(value.slice(1)).toEqual(twice.slice(1))
    expect([value[0], twice[0]]).toEqual(['origin', 'two'])
  })

  it('FK1: the segment that holds the point is taken, archived or not', async () => {
    for (const at of [0, 1, 2]) {
      const values = await simulate({ seed: 1 }, async (sim) => {
        sim.define(
          flow(async (ctx, input) => {
            const n = (input as number | undefined) ?? 0
            const id = await ctx.uuid()
            return n < 2 ? ctx.continueAsNew(n + 1) : { n, id }
          }),
        )
        await sim.boot()
        const origin = await sim.start(
          flow(() => 0),
          0,
          { pid: 'origin' },
        )
        await sim.reached(origin)
        const facts = await sim.facts(origin)
        const draw = factsOf(facts, 'settled')[at]
        const pid = await sim.fork(origin, { seq: draw?.seq as Seq })
        const view = await sim.reached(pid, [...ENDED, 'parked'])
        return { view, draw, facts: await sim.facts(pid) }
      })
      expect(values.view.status).toBe('done')
      const first = factsOf(values.facts, 'settled')[0]
      expect(first).toMatchObject({ shared: values.draw?.seq, outcome: values.draw?.outcome })
      expect(factsOf(values.facts, 'settled')).toHaveLength(3 - at)
    }
  })

  it('FK1: with no point named, all there is; an ended origin gives its value again, and nothing is done', async () => {
    const { value, deeds, originFacts } = await forked({}, draws)
    expect(deeds).toEqual([])
    expect(value).toEqual(outcomeOf(factsOf(originFacts, 'ended')[0]?.result).value)
  })

  it('FK1, X4: what an origin has undone is not undone again; before its failure nothing was', async () => {
    let freed = 0
    const body = async (ctx: Ctx, tool: ToolMaker) => {
      const booked = await ctx.tool(tool('book'), { what: 'room' })
      ctx.compensate('free', () => void (freed += 1), { idempotent: true })
      if ((await ctx.step('visa', () => 'no', { effect: 'read' })) === 'no') throw new Error('no visa')
      return booked
    }
    const whole = await forked({ fork: { writes: 'live' } }, body)
    expect([whole.view.status, whole.error?.message, whole.deeds, freed]).toEqual(['failed', 'no visa', [], 1])
    expect(about(whole.facts, 'settled', 'compensate:free')).toMatchObject([{ shared: expect.any(Number) as number }])
    const [visa] = about(whole.originFacts, 'settled', 'visa')
    const answers = { [visa?.key ?? '']: payloadOf('yes') }
    const saved = await forked({ fork: { writes: 'live', overrides: { answers } } }, body)
    expect([saved.view.status, saved.deeds, freed]).toEqual(['done', [], 2])
    expect(about(saved.facts, 'settled', 'compensate:free')).toEqual([])
  })

  it('FK1: the cancel of the origin is not the fork’s', async () => {
    const { view, value } = await forked(
      {
        when: async (sim, pid) => {
          await waited(sim, pid, 'promise')
          await sim.control(pid, { type: 'cancel', id: 'c', reason: 'enough', by: 'ann' })
          await sim.reached(pid)
        },
        after: async (sim, pid) =>
          sim.control(pid, {
            type: 'answer',
            id: 'a',
            key: await waited(sim, pid, 'promise'),
            value: { text: '7' },
            by: 'ann',
          }),
      },
      async (ctx) => [typeof (await ctx.uuid()), await ctx.promise('go')],
    )
    expect(view.status).toBe('done')
    expect(value).toEqual(['string', 7])
  })

  it('FK2: the origin’s account is untouched, and the fork has only what it was given', async () => {
    const { view, originFacts, originAfter, facts, error } = await forked(
      { originCap: { toolCalls: 5 }, cap: { toolCalls: 1 }, seq: seqOf('site":1', 'settled') },
      async (ctx, tool) => {
        for (let site = 0; site < 3; site++) await ctx.tool(tool('look', { effect: 'read' }), { site })
      },
    )
    void error
    expect(originAfter).toEqual(originFacts)
    expect(bornOf(facts)?.cap).toEqual({ toolCalls: 1 })
    expect(view.status).toBe('done')
    expect(view.summary?.spent.toolCalls ?? 0).toBe(0)
  })

  it('FK2: the spent of the prefix is the origin’s; an approval given there is not the fork’s', async () => {
    const { view, facts } = await forked(
      {
        cap: { toolCalls: 1 },
        fork: { writes: 'live' },
        when: async (sim, pid) => {
          const key = await waited(sim, pid, 'approval')
          await sim.control(pid, { type: 'approve', id: 'y', key, verdict: 'approved', by: 'ann' })
          await sim.reached(pid)
        },
        seq: (all) => about(all, 'answered', '!approval')[0]?.seq,
        after: async (sim, pid) => {
          const key = await waited(sim, pid, 'approval')
          await sim.control(pid, { type: 'approve', id: 'n', key, verdict: 'denied', by: 'bob' })
        },
      },
      async (ctx, tool) => {
        await ctx.tool(tool('look', { effect: 'read' }), {})
        await ctx.tool(tool('pay', { needsApproval: true }), {})
      },
    )
    expect(view.status).toBe('failed')
    expect(view.summary?.spent.toolCalls ?? 0).toBe(0)
    expect(about(facts, 'answered', '!approval').map((fact) => fact.by)).toEqual(['bob'])
  })
})
