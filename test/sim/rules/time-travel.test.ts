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
