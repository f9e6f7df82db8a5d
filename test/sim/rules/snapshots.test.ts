import { describe, expect, it } from 'vitest'
import { agent } from '../../../src/agents/index.ts'
import type { AgentState } from '../../../src/agents/index.ts'
import { valueOf } from '../../../src/kernel/index.ts'
import type { AnyDefinition, Fact } from '../../../src/kernel/index.ts'
import { ENDED, factsOf, scriptedModel, simulate, worldTool } from '../../../src/testing/index.ts'
import type { ScriptedCall, ScriptedTurn, Simulation, SimulationOptions } from '../../../src/testing/index.ts'
import { deedsOf, outcomeOf, powerCut } from './stage.ts'

const TALK = 'and so on, '.repeat(60)

/** The highest number that a conversation speaks of; its summaries keep it. */
const lastOf = ({ options }: ScriptedCall): number =>
  Math.max(0, ...[...JSON.stringify(options.prompt).matchAll(/did-(\d+)/g)].map(([, n]) => Number(n)))

/** Saves 1, 2, 3, … up to `last`, and talks a lot meanwhile. */
const saver =
  (last: number, talk = '') =>
  (call: ScriptedCall): ScriptedTurn => {
    const n = lastOf(call)
    if (call.options.tools === undefined) return { text: `did-${n}` }
    return n < last
      ? { text: `did-${n + 1} ${talk}`, calls: [{ tool: 'save', input: { n: n + 1 } }] }
      : { text: 'done' }
  }

async function play(make: (sim: Simulation) => AnyDefinition, options: Partial<SimulationOptions> = {}) {
  return simulate({ seed: 1, ...options }, async (sim) => {
    const definition = make(sim)
    sim.define(definition)
    await sim.boot()
    const view = await sim.reached(await sim.start(definition, 'go', { pid: 'a' }))
    const { length: commits } = sim.trace.filter((line) => / commit \d+$/.test(line))
    return { ...outcomeOf(view.result), facts: await sim.facts(view.pid), ledger: sim.world.ledger, commits }
  })
}

const talker = (sim: Simulation): AnyDefinition =>
  agent({
    name: 'clerk',
    model: scriptedModel(saver(6, TALK)),
    instructions: 'Save the numbers.',
    tools: { save: worldTool(sim.world, { name: 'save', idempotent: true }) },
    context: { tokensMax: 650 },
  })

const keysOf = (facts: readonly Fact[]): readonly string[] => factsOf(facts, 'intended').map((fact) => fact.key)

describe('A3: snapshots of agents', () => {
  it('a compaction is a recorded effect, and the next segment begins with what it left', async () => {
    const { value, facts, ledger } = await play(talker)
    expect(value).toMatchObject({ text: 'done' })
    const compacts = factsOf(facts, 'intended').filter((fact) => fact.key.endsWith('/compact'))
    expect(compacts.length).toBeGreaterThan(1)
    for (const { args } of compacts)
      expect(args === undefined ? undefined : valueOf(args)).toMatchObject({ cut: { tokensMax: 650 } })
    const [first] = compacts
    const settled = factsOf(facts, 'settled').find((fact) => fact.key === first?.key)
    expect(settled?.actual).toMatchObject({ modelCalls: 1 })
    expect(outcomeOf(settled?.outcome).value).toMatchObject({ content: [{ text: expect.stringContaining('did-') }] })
    const snapshots = factsOf(facts, 'snapshot')
    expect(snapshots).toHaveLength(compacts.length)
    const state = valueOf(snapshots[0]!.state) as AgentState
    expect(state).toMatchObject({ schema: 1, version: '1', taskAt: 0 })
    expect(state.messages[1]).toMatchObject({
      role: 'user',
      content: [{ text: expect.stringContaining('Summary of') }],
    })
    expect(deedsOf(ledger, 'save').map((deed) => (deed.input as { n: number }).n)).toEqual([1, 2, 3, 4, 5, 6])
    expect(new Set(deedsOf(ledger, 'save').map((deed) => deed.key.split('/')[2])).size).toBeGreaterThan(1)
  })

  it('wherever the power goes, the run is the same: no save is lost or repeated, no summary is forgotten', async () => {
    const calm = await play(talker)
    for (let n = 0; n < calm.commits; n++) {
      const cut = await play(talker, powerCut(n))
      expect(cut.value).toEqual(calm.value)
      expect(deedsOf(cut.ledger, 'save')).toHaveLength(6)
      expect([...new Set(keysOf(cut.facts))]).toEqual([...new Set(keysOf(calm.facts))])
    }
  })

  it('D7: an agent of many steps ends its segments itself, and is never too long', async () => {
    const make = (sim: Simulation): AnyDefinition =>
      agent({
        name: 'clerk',
        model: scriptedModel(saver(450)),
        tools: { save: worldTool(sim.world, { name: 'save', idempotent: true }) },
        maxSteps: 500,
      })
    const { value, facts, ledger } = await play(make, powerCut(700))
    expect(value).toMatchObject({ text: 'done' })
    expect(deedsOf(ledger, 'save')).toHaveLength(450)
    const at = factsOf(facts, 'snapshot').map((fact) => fact.seq)
    expect(at.length).toBeGreaterThan(1)
    const lengths = [...at, facts.length].map((seq, i) => seq - (at[i - 1] ?? 0))
    expect(Math.max(...lengths)).toBeLessThan(1_100)
  }, 60_000)

  it('K4: prompt and tools are named by hash at each call, and recorded once, snapshots or not', async () => {
    const { facts } = await play(talker)
    const shown = factsOf(facts, 'shown')
    expect(shown.map(({ what }) => what)).toEqual(['prompt', 'tools', 'prompt'])
    expect(valueOf(shown[0]!.text)).toBe('Save the numbers.')
    expect(JSON.parse(valueOf(shown[1]!.text) as string)).toMatchObject([{ name: 'save' }])
    for (const intent of factsOf(facts, 'intended')) {
      if (intent.kind !== 'model') continue
      const isStep = intent.key.endsWith('/model')
      expect([intent.prompt, intent.tools]).toEqual(
        isStep ? [shown[0]!.hash, shown[1]!.hash] : [shown[2]!.hash, undefined],
      )
    }
  })

  it('a newer version takes over the state, through `migrate`, once', async () => {
    let migrated = 0
    await simulate({ seed: 1, rebootMs: 'never' }, async (sim) => {
      const old = talker(sim)
      sim.define(old)
      await sim.boot()
      const pid = await sim.start(old, 'go', { pid: 'a' })
      while (factsOf(await sim.facts(pid), 'snapshot').length === 0) await sim.loop.sleep(5)
      sim.crash()
      sim.forget('clerk')
      const save = worldTool(sim.world, { name: 'save', idempotent: true })
      sim.define(
        agent({
          name: 'clerk',
          version: '2',
          model: scriptedModel(saver(8, TALK)),
          instructions: 'Save eight numbers.',
          tools: { save },
          context: { tokensMax: 650 },
          migrate: {
            state: (state, { version }) => {
              migrated += 1
              const text = `From version ${version}.`
              return { ...state, messages: [...state.messages, { role: 'user', content: [{ type: 'text', text }] }] }
            },
          },
        }),
      )
      await sim.boot()
      const view = await sim.reached(pid, [...ENDED, 'parked'])
      expect(view.parked).toBeUndefined()
      expect(outcomeOf(view.result).value).toMatchObject({ text: 'done' })
      const facts = await sim.facts(pid)
      expect(factsOf(facts, 'settled').filter((fact) => fact.key.endsWith('/migrate'))).toHaveLength(1)
      const states = factsOf(facts, 'snapshot').map((fact) => valueOf(fact.state) as AgentState)
      expect([states[0]?.version, states.at(-1)?.version]).toEqual(['1', '2'])
      expect(factsOf(facts, 'shown').map((fact) => valueOf(fact.text))).toContain('Save eight numbers.')
      expect(deedsOf(sim.world.ledger, 'save')).toHaveLength(8)
    })
    expect(migrated).toBe(1)
  })
})
