import { describe, expect, it } from 'vitest'
import { agent } from '../../../src/agents/index.ts'
import type { AnyDefinition, Fact } from '../../../src/kernel/index.ts'
import { factsOf, scriptedModel, simulate, worldTool } from '../../../src/testing/index.ts'
import type { ScriptedTurn, Simulation, SimulationOptions } from '../../../src/testing/index.ts'
import { codeOf, deedsOf, outcomeOf, powerCut, stage, throughCrashes } from './stage.ts'

const keysOf = (facts: readonly Fact[]): readonly string[] => factsOf(facts, 'intended').map((fact) => fact.key)
const calls = (...ns: readonly number[]): ScriptedTurn => ({ calls: ns.map((n) => ({ tool: 'save', input: { n } })) })

/** An agent that is made with a world, and what it left. */
async function play(make: (sim: Simulation) => AnyDefinition, options: Partial<SimulationOptions> = {}) {
  return simulate({ seed: 1, ...options }, async (sim) => {
    const definition = make(sim)
    sim.define(definition)
    await sim.boot()
    const view = await sim.reached(await sim.start(definition, 'go', { pid: 'a' }))
    const { length: commits } = sim.trace.filter((line) => / commit \d+$/.test(line))
    return { ...outcomeOf(view.result), view, facts: await sim.facts(view.pid), ledger: sim.world.ledger, commits, sim }
  })
}

describe('A: agents and segments', () => {
  it('A1: an agent moves by its facts alone: hooks are local, recorded, and not asked again after a crash', async () => {
    for (let n = 0; n < 12; n++) {
      let asked = 0
      const make = (sim: Simulation) =>
        agent({
          name: 'clerk',
          model: scriptedModel([calls(1), 'done']),
          tools: { save: worldTool(sim.world, { name: 'save', idempotent: true }) },
          instructions: () => `asked ${++asked}`,
        })
      const { value, facts, ledger } = await play(make, powerCut(n))
      const hook = factsOf(facts, 'settled').filter((fact) => fact.key === 'r0/instructions')
      expect(hook.map((fact) => outcomeOf(fact.outcome).value)).toEqual([`asked ${n === 0 ? 1 : asked}`])
      expect(asked).toBeLessThanOrEqual(2)
      expect(deedsOf(ledger, 'save')).toHaveLength(1)
      expect(value).toMatchObject({ text: 'done' })
    }
  })

  it('A2: the tools of a step are asked for in one turn and settle each alone: a crash repeats only what was open', async () => {
    const make = (sim: Simulation) =>
      agent({
        name: 'clerk',
        model: scriptedModel([calls(1, 2, 3), 'done']),
        tools: {
          save: {
            ...worldTool(sim.world, { name: 'save', idempotent: true }),
            execute: async (input: unknown) => {
              await sim.loop.sleep((input as { n: number }).n * 100)
              return input
            },
          } as never,
        },
      })
    const calm = await play(make)
    const [first, ...rest] = calm.sim.news.flatMap((news) =>
      news.type === 'frame' && keysOf(news.facts).some((key) => key.startsWith('r1/tool')) ? [keysOf(news.facts)] : [],
    )
    expect([first, rest]).toEqual([['r1/tool/0', 'r1/tool/1', 'r1/tool/2'], []])
    const { facts } = await simulate({ seed: 1 }, async (sim) => {
      sim.define(make(sim))
      await sim.boot()
      const pid = await sim.start(make(sim), 'go', { pid: 'a' })
      await sim.loop.sleep(250)
      sim.crash()
      await sim.reached(pid)
      return { facts: await sim.facts(pid) }
    })
    const tools = factsOf(facts, 'settled').filter((fact) => fact.key.startsWith('r1/tool'))
    expect(tools.map((fact) => [fact.key, fact.attempt])).toEqual([
      ['r1/tool/0', 1],
      ['r1/tool/1', 1],
      ['r1/tool/2', 2],
    ])
  })

  it('J1: each model call names what the model was shown by its hash, and the text stands in the journal once, before it', async () => {
    const make = (sim: Simulation) =>
      agent({
        name: 'clerk',
        model: scriptedModel([calls(1), calls(2), 'done']),
        tools: { save: worldTool(sim.world, { name: 'save', idempotent: true }) },
        instructions: 'Keep things.',
      })
    for (let n = -1; n < 8; n++) {
      const { facts } = await play(make, n < 0 ? {} : powerCut(n))
      const shown = factsOf(facts, 'shown')
      expect(shown.map(({ what }) => what).toSorted()).toEqual(['prompt', 'tools'])
      const asked = factsOf(facts, 'intended').filter(({ kind }) => kind === 'model')
      expect(asked.length).toBeGreaterThanOrEqual(3)
      for (const { prompt, tools, seq } of asked)
        for (const [what, hash] of [
          ['prompt', prompt],
          ['tools', tools],
        ])
          expect(shown.find((fact) => fact.what === what && fact.seq < seq)).toMatchObject({ hash })
    }
  })

  it('A3: a call of a tool that is gone settles as an error, and the agent goes on', async () => {
    const { value, facts, ledger } = await simulate({ seed: 1, rebootMs: 'never' }, async (sim) => {
      const save = { ...worldTool(sim.world, { name: 'save' }), execute: () => new Promise(() => undefined) }
      sim.define(agent({ name: 'clerk', model: scriptedModel([calls(1)]), tools: { save: save as never } }))
      await sim.boot()
      const pid = await sim.start(agent({ name: 'clerk', model: scriptedModel(['']) }), 'go', { pid: 'a' })
      await sim.loop.sleep(100)
      sim.crash()
      sim.forget('clerk')
      sim.define(agent({ name: 'clerk', model: scriptedModel(({ results }) => JSON.stringify(results)) }))
      await sim.boot()
      const view = await sim.reached(pid)
      return { ...outcomeOf(view.result), facts: await sim.facts(pid), ledger: sim.world.ledger }
    })
    expect(value).toMatchObject({ text: expect.stringContaining('save') as string })
    const settled = factsOf(facts, 'settled').find((fact) => fact.key === 'r1/tool/0')
    expect(outcomeOf(settled?.outcome).error?.code).toBe('TOOL_GONE')
    expect(ledger).toEqual([])
  })

  it('A4: the next segment has the state as its input, keys of its own, and older frames are kept', async () => {
    await throughCrashes(
      { input: { n: 0, sum: 0 } },
      async (ctx, tool, given) => {
        const { n, sum } = given as { n: number; sum: number }
        const paid = (await ctx.tool(tool('pay', { idempotent: true, value: () => 5 }), { amount: 1 })) as number
        return n < 2 ? ctx.continueAsNew({ n: n + 1, sum: sum + paid }) : sum + paid
      },
      ({ value, ledger, facts }) => {
        expect(value).toBe(15)
        expect(new Set(deedsOf(ledger, 'pay').map((deed) => deed.key.split('/')[2]))).toEqual(new Set(['0', '1', '2']))
        expect(deedsOf(ledger, 'pay')).toHaveLength(3)
        expect(factsOf(facts, 'snapshot').map((fact) => fact.segment)).toEqual([1, 2])
        expect(new Set(keysOf(facts)).size).toBe(1)
        expect(facts[0]?.type).toBe('born')
      },
    )
  })

  it('A4: not from a branch, not with anything open, and not as an exception', async () => {
    const inBranch = await stage({}, (ctx) => ctx.all([async (c) => (await c.now(), codeOf(() => c.continueAsNew(1)))]))
    expect(inBranch.value).toEqual(['CONTINUE_AS_NEW_INVALID'])
    const open = await stage({ input: 0 }, (ctx, _tool, n) => {
      void ctx.sleep('1h')
      return n === 0 ? ctx.continueAsNew(1) : 'second'
    })
    expect(open.error?.code).toBe('CONTINUE_AS_NEW_INVALID')
    expect(factsOf(open.facts, 'snapshot')).toEqual([])
    const swallowed = await stage({ input: 0 }, (ctx, _tool, n) => {
      try {
        return n === 0 ? ctx.continueAsNew(1) : 'second'
      } catch {
        return 'swallowed'
      }
    })
    expect(swallowed.value).toBe('second')
  })
})
