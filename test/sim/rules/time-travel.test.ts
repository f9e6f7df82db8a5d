import { describe, expect, it } from 'vitest'
import { agent } from '../../../src/agents/index.ts'
import { ENDED, factsOf, scriptedModel, simulate, worldTool } from '../../../src/testing/index.ts'
import type { ForkRequest } from '../../../src/kernel/index.ts'
import type { EffectKey, Seq } from '../../../src/std/index.ts'
import { resultOf } from './fork-stage.ts'
import { deedsOf } from './stage.ts'

describe('FK: time travel of an agent', () => {
  const scene = async (fork: Partial<Omit<ForkRequest, 'from'>>, cut?: number) =>
    simulate({ seed: 1 }, async (sim) => {
      const first = scriptedModel(({ turn, options }) =>
        turn === 0 ? { calls: [{ tool: 'look', input: {} }] } : `first ${JSON.stringify(options.prompt).length}`,
      )
      const look = worldTool(sim.world, { name: 'look', effect: 'read' })
      sim.define(agent({ name: 'clerk', model: first, instructions: 'Be brief.', tools: { look } }))
      await sim.boot()
      const origin = await sim.start(agent({ name: 'clerk', model: first }), 'go', { pid: 'origin' })
      await sim.reached(origin)
      const pid = await sim.fork(origin, { ...fork, ...(cut === undefined ? {} : { seq: cut as Seq }) })
      const view = await sim.reached(pid, [...ENDED, 'parked'])
      return { ...resultOf(view), facts: await sim.facts(pid), calls: first.calls, deeds: sim.world.ledger }
    })

  it('an agent goes on from any step, with other instructions', async () => {
    const { value, calls, deeds } = await scene({
      after: 'r1/tool/0' as EffectKey,
      overrides: { instructions: 'Be verbose.' },
    })
    expect(value).toMatchObject({ text: expect.stringMatching(/^first/) as string })
    expect(JSON.stringify(calls.at(-1)?.prompt)).toContain('Be verbose.')
    expect(calls).toHaveLength(3)
    expect(deedsOf(deeds, 'look')).toHaveLength(1)
  })

  it('another answer in place of an effect’s outcome: the fork branches off right after it', async () => {
    const { calls, facts } = await scene({ overrides: { answers: { ['r1/tool/0']: { text: '"nothing there"' } } } })
    expect(JSON.stringify(calls.at(-1)?.prompt)).toContain('nothing there')
    expect(factsOf(facts, 'settled').filter((fact) => fact.note !== undefined)).toHaveLength(1)
  })
})

describe('FK: an agent of several segments', () => {
  it('is forked at any fact of any of them, archived or not; it comes to the same end and nothing is saved twice', async () => {
    await simulate({ seed: 1 }, async (sim) => {
      const save = worldTool(sim.world, { name: 'save', idempotent: true })
      const model = scriptedModel((call) => {
        const n = Math.max(
          0,
          ...[...JSON.stringify(call.options.prompt).matchAll(/did-(\d+)/g)].map(([, d]) => Number(d)),
        )
        if (call.options.tools === undefined) return { text: `did-${n}` }
        const text = `did-${n + 1} ${'and so on, '.repeat(60)}`
        return n < 6 ? { text, calls: [{ tool: 'save', input: { n: n + 1 } }] } : { text: 'done' }
      })
      const clerk = agent({ name: 'clerk', model, tools: { save }, context: { tokensMax: 650 } })
      sim.define(clerk)
      await sim.boot()
      const origin = await sim.start(clerk, 'go', { pid: 'origin' })
      await sim.reached(origin)
      const facts = await sim.facts(origin)
      expect(factsOf(facts, 'snapshot').length).toBeGreaterThan(1)
      const saved = sim.world.ledger.length
      for (const { seq } of facts) {
        const pid = await sim.fork(origin, { seq, writes: 'stub' }, { pid: `fork-${seq}` })
        const view = await sim.reached(pid, [...ENDED, 'parked'])
        expect([seq, resultOf(view).value]).toEqual([seq, { text: 'done' }])
      }
      expect(sim.world.ledger).toHaveLength(saved)
      expect(await sim.facts(origin)).toEqual(facts)
    })
  })
})
