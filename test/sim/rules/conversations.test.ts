/** Conversations of several turns and several agents, through crashes at every commit and through new code. */
import { describe, expect, it } from 'vitest'
import { agent } from '../../../src/agents/index.ts'
import { asMessageId } from '../../../src/std/index.ts'
import type { Pid } from '../../../src/std/index.ts'
import {
  CALM,
  conversationOffences,
  factsOf,
  journalOffences,
  scriptedModel,
  simulate,
  worldTool,
} from '../../../src/testing/index.ts'
import type { ScriptedModel, Simulation, SimulationOptions, SpokenMessage } from '../../../src/testing/index.ts'
import { deedsOf, outcomeOf, powerCut } from './stage.ts'

const textOf = ({ content }: SpokenMessage): string =>
  typeof content === 'string' ? content : content.map((part) => part.text ?? JSON.stringify(part)).join('\n')

/** Checks what it is given, and follows its script. */
function model(
  offences: string[],
  script: (said: string, prompt: readonly SpokenMessage[]) => string | { tool: string; input: unknown },
): ScriptedModel {
  return scriptedModel(({ options }) => {
    const prompt = options.prompt as unknown as readonly SpokenMessage[]
    offences.push(...conversationOffences(prompt))
    const said = script(textOf(prompt.at(-1) ?? { role: 'user', content: '' }), prompt)
    return typeof said === 'string' ? said : { calls: [said] }
  })
}

describe('a hand-off', () => {
  async function play(
    options: Partial<SimulationOptions> & { readonly during?: (sim: Simulation) => Promise<void> } = {},
  ) {
    const offences: string[] = []
    return simulate({ seed: 1, habits: { ...CALM, transitMs: [100, 200] }, ...options }, async (sim) => {
      const make = (system: string) => {
        const refunds = agent({
          name: 'refunds',
          instructions: () => system,
          model: model(offences, (said, prompt) =>
            said.includes('"pay"')
              ? `${textOf(prompt[0] ?? { role: '', content: '' })}: paid`
              : { tool: 'pay', input: { n: 1 } },
          ),
          tools: { pay: worldTool(sim.world, { name: 'pay', reconcile: true }) },
        })
        return agent({
          name: 'desk',
          instructions: 'You sort.',
          model: model(offences, () => ({ tool: 'transfer_to_refunds', input: {} })),
          handoffs: [refunds],
        })
      }
      const desk = make('You pay')
      sim.define(desk)
      await sim.boot()
      const pid = await sim.start(desk, 'my money', { pid: 'a' })
      await options.during?.(Object.assign(sim, { next: () => sim.define(make('You pay more')) }))
      const view = await sim.reached(pid)
      const commits = sim.trace.filter((line) => / commit \d+$/.test(line)).length
      return { ...outcomeOf(view.result), facts: await sim.facts(pid), ledger: sim.world.ledger, offences, commits }
    })
  }

  it('P1: happens once, in the same process, through a crash at any commit', async () => {
    const calm = await play()
    for (let n = 0; n <= calm.commits; n++)
      for (const moment of ['before', 'after'] as const) {
        const { value, facts, ledger, offences } = await play(powerCut(n, moment))
        expect(offences).toEqual([])
        expect(value).toEqual({ text: 'You pay: paid' })
        expect(deedsOf(ledger, 'pay')).toHaveLength(1)
        expect(journalOffences({ pid: 'a' as Pid, facts })).toEqual([])
        expect(factsOf(facts, 'settled').filter((fact) => fact.key === 'r1/handoff/0')).toHaveLength(1)
        expect(factsOf(facts, 'sent')).toEqual([])
      }
  })

  it('A1: what was handed over stays so when other code takes over', async () => {
    const { value, facts, ledger } = await play({
      rebootMs: 'never',
      async during(sim) {
        await sim.loop.sleep(60)
        sim.crash()
        sim.forget('desk')
        ;(sim as Simulation & { next(): void }).next()
        await sim.boot()
      },
    })
    expect(value).toEqual({ text: 'You pay: paid' })
    expect(factsOf(facts, 'settled').map((fact) => fact.key)).toContain('r1/handoff/0')
    expect(deedsOf(ledger, 'pay')).toHaveLength(1)
  })
})

describe('an agent that lives on its mailbox', () => {
  async function play(options: Partial<SimulationOptions> = {}) {
    const offences: string[] = []
    return simulate({ seed: 1, habits: { ...CALM, transitMs: [50, 90] }, ...options }, async (sim) => {
      const clerk = agent({
        name: 'clerk',
        onIdle: 'wait',
        model: model(offences, (said) =>
          /^(hello|letter \d)$/.test(said) ? { tool: 'note', input: { said } } : 'noted',
        ),
        tools: { note: worldTool(sim.world, { name: 'note', idempotent: true }) },
      })
      sim.define(clerk)
      await sim.boot()
      const pid = await sim.start(clerk, 'hello', { pid: 'a' })
      for (const n of [1, 2, 3]) {
        await sim.loop.sleep(n === 3 ? 5 : 1_000)
        await sim.send(pid, `letter ${n}`, { id: asMessageId(`m${n}`) })
      }
      await sim.loop.sleep(1_000)
      const asleep = await sim.inspect(pid)
      await sim.send(pid, null, { id: asMessageId('last'), type: 'skein.last' })
      const view = await sim.reached(pid)
      const facts = await sim.facts(pid)
      const commits = sim.trace.filter((line) => / commit \d+$/.test(line)).length
      return { ...outcomeOf(view.result), view, asleep, facts, ledger: sim.world.ledger, offences, commits }
    })
  }

  it('M4: takes up each letter once, between sleeps, through a crash at any commit', async () => {
    const calm = await play()
    expect(calm.asleep).toMatchObject({ status: 'waiting', mailbox: 0 })
    for (let n = 0; n <= calm.commits; n++) {
      const { value, view, facts, ledger, offences } = await play(powerCut(n, n % 2 === 0 ? 'after' : 'before'))
      expect([value, offences, view.mailbox]).toEqual([{ text: 'noted' }, [], 0])
      expect(deedsOf(ledger, 'note').map((deed) => deed.input)).toEqual(
        ['hello', 'letter 1', 'letter 2', 'letter 3'].map((said) => ({ said })),
      )
      const heard = factsOf(facts, 'answered').flatMap((fact) => fact.messageId ?? [])
      expect(heard.toSorted()).toEqual(['last', 'm1', 'm2', 'm3'])
      expect(journalOffences({ pid: 'a' as Pid, facts })).toEqual([])
    }
  })
})
