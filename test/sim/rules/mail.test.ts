/** Reducers: how they hear their mailbox, and let go of what they asked. */
import { describe, expect, it } from 'vitest'
import type { AgentDefinition, Dropped, ReducerAsk, ReducerOutcome, ReducerStep } from '../../../src/kernel/index.ts'
import { asMessageId } from '../../../src/std/index.ts'
import { CALM, factsOf, journalOffences, simulate, worldTool } from '../../../src/testing/index.ts'
import type { Simulation, SimulationOptions } from '../../../src/testing/index.ts'
import { deedsOf, outcomeOf, powerCut } from './stage.ts'

type Heard = { readonly id: string; readonly body: unknown }

const toolAsk = (sim: Simulation, slot: string, settings: Partial<Parameters<typeof worldTool>[1]>): ReducerAsk => ({
  type: 'tool',
  slot,
  name: slot,
  tool: worldTool(sim.world, { name: slot, ...settings }),
  input: { slot },
  toolCallId: slot,
  messages: [],
})

/** A reducer that asks, hears one message while it waits, lets go of everything, and tells what became of it. */
function letter(make: () => readonly ReducerAsk[]): AgentDefinition {
  return {
    kind: 'agent',
    name: 'letter',
    version: '1',
    source: 'letter',
    onUpgrade: 'pin',
    reducer: () => {
      const asks = make()
      const came: [string, boolean][] = []
      let heard: unknown
      let verdict: Dropped | undefined
      const step = (): ReducerStep => {
        const isOver = verdict !== undefined && verdict.going.every((slot) => came.some(([of]) => of === slot))
        return isOver ? { asks: [], end: { ok: true, value: { heard, verdict, came } } } : { asks: [] }
      }
      return {
        begin: () => ({ asks: [{ type: 'receive', slot: 'mail', pattern: { topics: ['*'] }, aside: true }, ...asks] }),
        on(slot: string, outcome: ReducerOutcome): ReducerStep {
          if (slot === 'mail') {
            heard = outcome.ok ? (outcome.value as Heard).body : outcome
            return { asks: [{ type: 'drop', slot: 'drop', slots: asks.map((ask) => ask.slot) }] }
          }
          if (slot === 'drop') verdict = outcome.ok ? (outcome.value as Dropped) : undefined
          else came.push([slot, outcome.ok])
          return step()
        },
      }
    },
  }
}

const SLOW = { ...CALM, transitMs: [500, 600] } as const

async function play(
  make: (sim: Simulation) => readonly ReducerAsk[],
  options: Partial<SimulationOptions> & { readonly afterMs?: number } = {},
) {
  return simulate({ seed: 1, habits: SLOW, ...options }, async (sim) => {
    const definition = letter(() => make(sim))
    sim.define(definition)
    await sim.boot()
    const pid = await sim.start(definition, 'go', { pid: 'a' })
    await sim.loop.sleep(options.afterMs ?? 300)
    const at = sim.loop.nowMs
    await sim.send(pid, 'stop', { id: asMessageId('m1') })
    const view = await sim.reached(pid)
    const facts = await sim.facts(pid)
    expect(journalOffences({ pid: view.pid, facts })).toEqual([])
    const commits = sim.trace.filter((line) => / commit \d+$/.test(line)).length
    return { ...outcomeOf(view.result), view, facts, ledger: sim.world.ledger, commits, at, sim }
  })
}

const mixed = (sim: Simulation): readonly ReducerAsk[] => [
  toolAsk(sim, 'look', { effect: 'read' }),
  toolAsk(sim, 'mail-it', { reconcile: true }),
  toolAsk(sim, 'pay', { idempotent: true }),
  toolAsk(sim, 'ask-first', { needsApproval: true }),
]

describe('reducers and their mail', () => {
  it('X2: lets go of what has not begun and of reads, and still hears of begun writes', async () => {
    const { value, facts, ledger, view } = await play(mixed)
    expect(value).toMatchObject({
      heard: 'stop',
      verdict: { gone: ['look', 'ask-first'], going: ['mail-it', 'pay'] },
    })
    expect((value as { came: [string, boolean][] }).came.map(([slot]) => slot).toSorted()).toEqual(['mail-it', 'pay'])
    expect(deedsOf(ledger, 'mail-it')).toHaveLength(1)
    expect(deedsOf(ledger, 'pay')).toHaveLength(1)
    expect(deedsOf(ledger, 'ask-first')).toEqual([])
    expect(factsOf(facts, 'dropped')).toHaveLength(1)
    expect(factsOf(facts, 'settled').find((fact) => fact.key === 'look')?.outcome.type).toBe('cancelled')
    expect(view.mailbox).toBe(0)
  })

  it('P1: hears, lets go and tells the same through a crash at any commit', async () => {
    const calm = await play(mixed)
    for (const moment of ['before', 'after'] as const)
      for (let n = 0; n <= calm.commits; n++) {
        const { value, facts, ledger } = await play(mixed, powerCut(n, moment))
        const { heard, verdict, came } = value as { heard: string; verdict: Dropped; came: [string, boolean][] }
        expect(heard).toBe('stop')
        const told = [...verdict.gone, ...came.map(([slot]) => slot)]
        expect(told.toSorted()).toEqual(['ask-first', 'look', 'mail-it', 'pay'])
        expect(factsOf(facts, 'answered').filter((fact) => fact.messageId !== undefined)).toHaveLength(1)
        for (const name of ['mail-it', 'pay'])
          expect(deedsOf(ledger, name).length).toBe(verdict.gone.includes(name) ? 0 : 1)
      }
  })

  it('X6: decides nothing after it has let go: what queues for a slot, waits for money, or pauses is not begun', async () => {
    const queued = (sim: Simulation): readonly ReducerAsk[] =>
      ['a', 'b', 'c'].map((slot) => toolAsk(sim, slot, { concurrency: 1, effect: 'read' }))
    const { value, facts } = await play((sim) => queued(sim).map((ask) => ({ ...ask, name: 'same' }) as ReducerAsk), {})
    expect((value as { verdict: Dropped }).verdict.gone).toEqual(['a', 'b', 'c'])
    expect(factsOf(facts, 'intended').map((fact) => fact.key)).toEqual(['a'])
  })

  it('M4: a standing receive is no fact until it is answered or the process lies down', async () => {
    const { facts } = await play((sim) => [toolAsk(sim, 'look', { effect: 'read' })])
    expect(factsOf(facts, 'waiting')).toEqual([])
    const asleep = await play((sim) => [toolAsk(sim, 'ask-first', { needsApproval: true })])
    expect(factsOf(asleep.facts, 'waiting').map((fact) => [fact.key, fact.on.kind])).toEqual([
      ['ask-first!approval', 'approval'],
      ['mail', 'message'],
    ])
    expect(asleep.value).toMatchObject({ heard: 'stop', verdict: { gone: ['ask-first'] } })
  })

  it('ends unless mail is there: what came before the end is taken up, one at a time, through a crash at any commit', async () => {
    const clerk = (sim: Simulation): AgentDefinition => ({
      ...letter(() => []),
      reducer: () => {
        const heard: unknown[] = []
        return {
          begin: () => ({ asks: [toolAsk(sim, 'look', { effect: 'read' })] }),
          on(slot, outcome) {
            if (slot !== 'look' && outcome.ok) heard.push((outcome.value as Heard).body)
            const next: ReducerAsk = {
              type: 'receive',
              slot: `next${heard.length}`,
              pattern: { topics: ['*'] },
              aside: true,
            }
            return { asks: [next], end: { ok: true, value: heard } }
          },
        }
      },
    })
    for (let n = 0; n < 8; n++) {
      const said = await simulate({ seed: 1, habits: SLOW, ...powerCut(n) }, async (sim) => {
        sim.define(clerk(sim))
        await sim.boot()
        const pid = await sim.start(clerk(sim), 'go', { pid: 'a' })
        for (const m of [1, 2]) await sim.send(pid, m, { id: asMessageId(`m${m}`) })
        const view = await sim.reached(pid)
        return { ...outcomeOf(view.result), mailbox: view.mailbox }
      })
      expect(said).toMatchObject({ value: [1, 2], mailbox: 0 })
    }
  })
})
