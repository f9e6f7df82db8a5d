import { describe, expect, it } from 'vitest'
import { agent } from '../../../src/agents/index.ts'
import type { Fact } from '../../../src/kernel/index.ts'
import {
  conservationOffences,
  factsOf,
  journalOffences,
  scriptedModel,
  simulate,
  worldTool,
} from '../../../src/testing/index.ts'
import { deedsOf, outcomeOf, waited } from './stage.ts'

/** Virtual time begins here. */
const SIM_EPOCH_MS = 2_015_000_000_000
const STEPS = 3
const SAVE_MS = 40
const THINK_MS = 20
const MOMENTS = Array.from({ length: 20 }, (_, i) => i * 9 + 1)

/** An agent that thinks, saves, and thinks again; switched off at a moment, then the power goes, then it is on again. */
const play = (target: string, { offMs, crashMs }: { readonly offMs: number; readonly crashMs: number }) =>
  simulate({ seed: 1 }, async (sim) => {
    const save = worldTool(sim.world, { name: 'save', idempotent: true })
    const model = scriptedModel(async ({ turn }) => {
      await sim.loop.sleep(THINK_MS)
      return turn < STEPS ? { calls: [{ tool: 'save', input: { n: turn } }] } : 'saved all'
    })
    const slow = async (input: unknown, options: never): Promise<unknown> => {
      await sim.loop.sleep(SAVE_MS)
      return save.execute?.(input, options)
    }
    const clerk = agent({ name: 'clerk', model, tools: { save: { ...save, execute: slow } as never } })
    sim.define(clerk)
    await sim.boot()
    const pid = await sim.start(clerk, 'go', { pid: 'a', cap: { toolCalls: 20, modelCalls: 20 } })
    await sim.loop.sleep(offMs)
    await sim.switch({ target, to: 'off', by: 'ann' })
    const atMs = SIM_EPOCH_MS + sim.loop.nowMs
    await sim.loop.sleep(crashMs)
    sim.crash()
    await sim.loop.sleep(5_000)
    const before = await sim.inspect(pid)
    const facts = before?.endedAt === undefined ? await sim.facts(pid) : []
    if (before?.endedAt === undefined) await waited(sim, pid, 'switch')
    await sim.switch({ target, to: 'on', by: 'bob' })
    const view = await sim.reached(pid)
    const late = factsOf(facts, 'intended').filter((fact) => fact.at > atMs)
    return {
      ...outcomeOf(view.result),
      late,
      held: before?.endedAt === undefined,
      facts: await sim.facts(pid),
      ledger: sim.world.ledger,
    }
  })

const offences = (facts: readonly Fact[]) => [
  ...journalOffences({ pid: 'a' as never, facts }),
  ...conservationOffences([{ pid: 'a' as never, facts }], ['toolCalls', 'modelCalls']),
]

describe('switches: an agent in mid-step', () => {
  it.each(['agent:clerk', 'tool:save'])(
    '%s off at any moment, over a crash: nothing of it is decided; then all goes on',
    async (target) => {
      let held = 0
      for (const offMs of MOMENTS) {
        const run = await play(target, { offMs, crashMs: offMs % 30 })
        const ofIt = run.late.filter(({ name }) => target === 'agent:clerk' || name === 'save')
        expect([offMs, ofIt]).toEqual([offMs, []])
        expect(run.value).toMatchObject({ text: 'saved all' })
        expect(new Set(deedsOf(run.ledger, 'save').map(({ key }) => key)).size).toBe(STEPS)
        expect(deedsOf(run.ledger, 'save')).toHaveLength(STEPS)
        expect(offences(run.facts)).toEqual([])
        held += run.held ? 1 : 0
      }
      expect(held).toBeGreaterThan(MOMENTS.length / 2)
    },
  )
})
