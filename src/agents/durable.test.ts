import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { asEffectKey } from '../std/index.ts'
import { valueOf } from '../kernel/index.ts'
import type { Fact } from '../kernel/index.ts'
import { ENDED, scriptedModel, simulate, worldTool } from '../testing/index.ts'
import type { Deed, Simulation, SimulationOptions } from '../testing/index.ts'
import { agent } from './agent.ts'

const Report = z.object({ paid: z.number(), note: z.string() })

/** An agent that does everything: hooks, parallel tools, a sub-agent, a repair, calls in vain. */
function everything(sim: Simulation) {
  const look = worldTool(sim.world, { name: 'look', effect: 'read', value: () => 3 })
  const pay = worldTool(sim.world, { name: 'pay', idempotent: true, value: () => 5 })
  const clerk = agent({ name: 'clerk', model: scriptedModel(['filed']), description: 'Files things.' })
  const model = scriptedModel(({ turn, results }) => {
    switch (turn) {
      case 0:
        return { calls: ['look', 'pay', 'gone'].map((tool) => ({ tool, input: { amount: 5 } })) }
      case 1:
        return { calls: [{ tool: 'clerk', input: { prompt: JSON.stringify(results) } }] }
      case 2:
        return 'All done!'
      default:
        return { json: { paid: 5, note: 'ok' } }
    }
  })
  return agent({
    name: 'everything',
    model,
    instructions: (input) => `Do it all. ${JSON.stringify(input)}`,
    tools: { look, pay, clerk },
    stopWhen: ({ steps }) => steps.length > 9,
    output: Report,
  })
}

async function play(options: Partial<SimulationOptions>) {
  return await simulate({ seed: 3, ...options }, async (sim) => {
    const definition = everything(sim)
    sim.define(definition, agent({ name: 'clerk', model: scriptedModel(['filed']), description: 'Files things.' }))
    await sim.boot()
    const view = await sim.reached(await sim.start(definition, { topic: 'tides' }, { pid: 'a' }), [...ENDED, 'parked'])
    const facts = await sim.facts(view.pid)
    const { length: commits } = sim.trace.filter((line) => line.includes(' commit '))
    return { view, facts, commits, crashes: sim.crashes, ledger: sim.world.ledger, trace: sim.trace }
  })
}

/** The effects of a run, with what became of them. */
const settled = (facts: readonly Fact[]): readonly string[] =>
  facts.flatMap((fact) => (fact.type === 'settled' ? [`${fact.key} ${fact.outcome.type}`] : [])).sort()

/** What each effect was asked with; of a model call that is the hash of the conversation. */
const asked = (facts: readonly Fact[]): ReadonlySet<string> =>
  new Set(facts.flatMap((fact) => (fact.type === 'intended' ? [`${fact.key} ${fact.argsHash}`] : [])))

/** Payments that were made, as the far side has them; repeats that it knew are not. */
const paid = (ledger: readonly Deed[]): readonly unknown[] =>
  ledger.filter((deed) => deed.service === 'pay' && deed.what === 'done').map((deed) => [deed.key, deed.input])

describe('an agent on an engine', () => {
  it('does all that it is told, once', async () => {
    const { view, facts, ledger } = await play({})
    expect(view.result?.type === 'ok' ? valueOf(view.result.value) : view.result).toEqual({ paid: 5, note: 'ok' })
    expect(settled(facts)).toEqual([
      'r0/instructions ok',
      'r1/model ok',
      'r1/stop ok',
      'r1/tool/0 ok',
      'r1/tool/1 ok',
      'r1/tool/2 error',
      'r2/model ok',
      'r2/run/0 ok',
      'r2/stop ok',
      'r3/model ok',
      'r4/model ok',
    ])
    expect(paid(ledger)).toHaveLength(1)
  })

  it('P1: ends the same when the power goes at any commit', async () => {
    const calm = await play({})
    for (const moment of ['before', 'after'] as const) {
      for (let at = 0; at < calm.commits; at++) {
        const run = await play({ powerFails: (when, n) => when === moment && n === at })
        expect(run.crashes).toBe(1)
        expect(run.view.result).toEqual(calm.view.result)
        expect(settled(run.facts)).toEqual(settled(calm.facts))
        expect(asked(run.facts)).toEqual(asked(calm.facts))
        expect(paid(run.ledger)).toEqual(paid(calm.ledger))
      }
    }
  })

  it('does nothing of what its approvals deny', async () => {
    const seen = await simulate({ seed: 1 }, async (sim) => {
      const pay = worldTool(sim.world, { name: 'pay' })
      const model = scriptedModel([{ calls: [{ tool: 'pay', input: {} }] }, 'so be it'])
      const definition = agent({ name: 'denied', model, tools: { pay }, toolApproval: () => 'denied' })
      sim.define(definition)
      await sim.boot()
      const view = await sim.reached(await sim.start(definition, 'go'), [...ENDED, 'parked'])
      return { trace: JSON.stringify([view, await sim.facts(view.pid)]), ledger: sim.world.ledger }
    })
    expect(seen.trace).toContain('may not call pay like this')
    expect(seen.ledger).toEqual([])
  })

  it('goes on with new code, and is told which of its tools are gone', async () => {
    const answers = scriptedModel(({ results }) => String(results[0]))
    const end = await simulate({ seed: 1, rebootMs: 'never' }, async (sim) => {
      const old = worldTool(sim.world, { name: 'old', needsApproval: true })
      const model = scriptedModel([{ calls: [{ tool: 'old', input: { n: 1 } }] }])
      const first = agent({ name: 'mover', model, tools: { old } })
      sim.define(first)
      await sim.boot()
      const pid = await sim.start(first, 'go')
      await sim.reached(pid, ['waiting'])
      sim.crash()
      sim.forget('mover')
      sim.define(agent({ name: 'mover', model: answers, instructions: 'New.' }))
      await sim.boot()
      await sim.control(pid, { id: 'c', type: 'approve', key: asEffectKey('r1/tool/0'), verdict: 'approved', by: 'me' })
      const view = await sim.reached(pid, [...ENDED, 'parked'])
      return view.result?.type === 'ok' ? valueOf(view.result.value) : view
    })
    expect(end).toEqual({ text: expect.stringContaining('old is not (or no longer) a tool of agent "mover"') })
    expect(JSON.stringify(answers.calls[0]?.prompt)).toContain('New.')
  })
})
