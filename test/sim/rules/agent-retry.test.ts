import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { agent } from '../../../src/agents/index.ts'
import type { AnyDefinition, Fact } from '../../../src/kernel/index.ts'
import type { Pid } from '../../../src/std/index.ts'
import {
  conservationOffences,
  factsOf,
  journalOffences,
  scriptedModel,
  simulate,
  worldTool,
} from '../../../src/testing/index.ts'
import type { Simulation, SimulationOptions } from '../../../src/testing/index.ts'
import { deedsOf, outcomeOf, powerCut } from './stage.ts'

type Scene = {
  readonly make: (sim: Simulation, world: { readonly isMended: boolean }) => AnyDefinition
  /** It is other code that mends it: without that a retry is in vain. */
  readonly byCode?: boolean
}

async function retried({ make, byCode = false }: Scene, options: Partial<SimulationOptions> = {}) {
  return simulate({ seed: 1, ...options }, async (sim) => {
    const world = { isMended: false }
    const before = make(sim, world)
    sim.define(before)
    await sim.boot()
    const pid = await sim.start(before, 'go', { pid: 'a', cap: { toolCalls: 20, modelCalls: 20 } })
    const failed = outcomeOf((await sim.reached(pid)).result).error
    world.isMended = true
    if (byCode) {
      await reopen(sim, pid, 'vain')
      await sim.loop.sleep(1_000)
      expect((await sim.inspect(pid))?.status).toBe('failed')
      sim.forget('clerk')
      sim.define(make(sim, world))
      sim.crash()
    }
    await reopen(sim, pid, 'again')
    const view = await sim.reached(pid, ['done', 'parked'])
    const { length: commits } = sim.trace.filter((line) => / commit \d+$/.test(line))
    return { ...outcomeOf(view.result), view, failed, facts: await sim.facts(pid), ledger: sim.world.ledger, commits }
  })
}

const reopen = (sim: Simulation, pid: Pid, id: string) => sim.control(pid, { id, type: 'reopen', by: 'ann' })

/** Undisturbed, and with the power going once before and after each commit. */
async function throughCrashes(scene: Scene, check: (run: Awaited<ReturnType<typeof retried>>) => void): Promise<void> {
  const calm = await retried(scene)
  check(calm)
  for (const moment of ['before', 'after'] as const)
    for (let n = 0; n < calm.commits; n++) check(await retried(scene, powerCut(n, moment)))
}

const sound = (pid: Pid, facts: readonly Fact[]) => [
  ...journalOffences({ pid, facts }),
  ...conservationOffences([{ pid, facts }], ['toolCalls', 'modelCalls']),
]

const save = (sim: Simulation) => worldTool(sim.world, { name: 'save', idempotent: true })

describe('retry of agents', () => {
  it('OUTPUT_INVALID: the model is asked once more for its last answer; what its tools did is kept, through crashes', async () => {
    const make: Scene['make'] = (sim, world) =>
      agent({
        name: 'clerk',
        model: scriptedModel(({ turn }) =>
          turn === 0
            ? { calls: [{ tool: 'save', input: { n: 1 } }] }
            : world.isMended
              ? { json: { n: 7 } }
              : 'not JSON at all',
        ),
        tools: { save: save(sim) },
        output: z.object({ n: z.number() }),
      })
    await throughCrashes({ make }, ({ failed, value, facts, ledger, view }) => {
      expect(failed?.code).toBe('OUTPUT_INVALID')
      expect(value).toEqual({ n: 7 })
      expect(deedsOf(ledger, 'save')).toHaveLength(1)
      expect(factsOf(facts, 'reopened')).toHaveLength(1)
      expect(sound(view.pid, facts)).toEqual([])
    })
  })

  it('STEPS_EXCEEDED: in vain with the same limit; with a larger one it goes on after its last step, through crashes', async () => {
    const make: Scene['make'] = (sim, world) =>
      agent({
        name: 'clerk',
        onUpgrade: 'adopt',
        model: scriptedModel(({ turn }) =>
          turn < 3 ? { calls: [{ tool: 'save', input: { n: turn } }] } : { text: 'saved all' },
        ),
        tools: { save: save(sim) },
        maxSteps: world.isMended ? 9 : 2,
      })
    await throughCrashes({ make, byCode: true }, ({ failed, value, facts, ledger, view }) => {
      expect(failed?.code).toBe('STEPS_EXCEEDED')
      expect(value).toMatchObject({ text: 'saved all' })
      expect(deedsOf(ledger, 'save')).toHaveLength(3)
      expect(factsOf(facts, 'reopened')).toHaveLength(1)
      expect(sound(view.pid, facts)).toEqual([])
    })
  })
})
