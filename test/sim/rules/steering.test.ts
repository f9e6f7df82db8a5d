/** Agents that are spoken to while they work, through crashes at every commit. */
import { describe, expect, it } from 'vitest'
import { agent } from '../../../src/agents/index.ts'
import { workflow } from '../../../src/kernel/index.ts'
import type { WhenBusy } from '../../../src/kernel/index.ts'
import { asMessageId, asPid } from '../../../src/std/index.ts'
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

type Prompt = readonly SpokenMessage[]
const SLOW = { ...CALM, transitMs: [100, 300] } as const
const REQUESTS = ['go', 'first', 'second', 'asked']

const textOf = ({ content }: SpokenMessage): string =>
  typeof content === 'string' ? content : content.map((part) => part.text ?? JSON.stringify(part)).join('\n')

/** A request of a person leads to one of each kind of call, anything else to an answer; what it is shown must be valid. */
function clerkModel(offences: string[], sim: Simulation): ScriptedModel {
  return scriptedModel(async ({ options }) => {
    const prompt = options.prompt as unknown as Prompt
    offences.push(...conversationOffences(prompt))
    await sim.loop.sleep(150)
    const last = prompt.at(-1)
    const request = prompt.findLast((message) => message.role === 'user' && REQUESTS.includes(textOf(message)))
    const about = { for: request === undefined ? '' : textOf(request) }
    if (last !== request) return `answer to ${about.for}`
    return {
      calls: ['look', 'post', 'pay', 'helper'].map((tool) => ({
        tool,
        input: tool === 'helper' ? { prompt: about.for } : about,
      })),
    }
  })
}

function cast(sim: Simulation, offences: string[], whenBusy: WhenBusy) {
  const value = (name: string) => (input: unknown) => ({ done: name, ...(input as object) })
  const helper = agent({
    name: 'helper',
    model: scriptedModel(async () => (await sim.loop.sleep(100), 'helped')),
    description: 'helps',
  })
  const model = clerkModel(offences, sim)
  const clerk = agent({
    name: 'clerk',
    model,
    whenBusy,
    loopDetection: false,
    tools: {
      look: worldTool(sim.world, { name: 'look', effect: 'read', value: value('look') }),
      post: worldTool(sim.world, { name: 'post', reconcile: true, value: value('post') }),
      pay: worldTool(sim.world, { name: 'pay', idempotent: true, value: value('pay') }),
      helper,
    },
  })
  const asker = workflow({ name: 'asker' }, async (ctx) => {
    try {
      return await ctx.call('a', 'asked', { timeout: '1h' })
    } catch (error) {
      return { failed: (error as { code?: string }).code }
    }
  })
  return { clerk, helper, asker, model }
}

type Play = Partial<SimulationOptions> & {
  readonly whenBusy: WhenBusy
  readonly atMs: readonly [number, number, number]
}

async function play({ whenBusy, atMs, ...options }: Play) {
  const offences: string[] = []
  return simulate({ seed: 1, habits: SLOW, ...options }, async (sim) => {
    const { clerk, helper, asker, model } = cast(sim, offences, whenBusy)
    sim.define(clerk, helper, asker)
    await sim.boot()
    const pid = await sim.start(clerk, 'go', { pid: 'a' })
    await sim.loop.sleep(atMs[0])
    const said = [await sim.send(pid, 'first', { id: asMessageId('first') })]
    await sim.loop.sleep(atMs[1])
    await sim.start(asker, null, { pid: 'asker' })
    await sim.loop.sleep(atMs[2])
    said.push(await sim.send(pid, 'second', { id: asMessageId('second') }))
    const view = await sim.reached(pid)
    const asked = outcomeOf((await sim.reached(asPid('asker'))).result).value
    const facts = await sim.facts(pid)
    const prompt = (model.calls.at(-1)?.prompt ?? []) as unknown as Prompt
    const commits = sim.trace.filter((line) => / commit \d+$/.test(line)).length
    const taken = ['first', 'second'].filter((_, i) => said[i] === 'queued')
    if ((asked as { failed?: string }).failed !== 'PROCESS_ENDED') taken.push('asker')
    return { ...outcomeOf(view.result), taken, asked, facts, prompt, offences, ledger: sim.world.ledger, commits }
  })
}

/** What must hold whatever the policy, and whenever somebody spoke. */
function judge({ facts, prompt, offences, ledger, value }: Awaited<ReturnType<typeof play>>): void {
  expect(offences).toEqual([])
  expect(journalOffences({ pid: 'a' as never, facts })).toEqual([])
  const told = prompt.map(textOf)
  const gone = new Set<string>(factsOf(facts, 'dropped').flatMap((fact) => fact.keys))
  const done = [...deedsOf(ledger, 'post'), ...deedsOf(ledger, 'pay')]
  for (const deed of done) {
    const request = (deed.input as { for: string }).for
    const slot = deed.key.split('/').slice(3).join('/')
    expect(gone.has(slot), `${slot} was done, so it was not let go of`).toBe(false)
    const isTold = told.some((text) => text.includes(deed.service) && text.includes(request))
    expect(isTold, `${deed.service} for ${request} is told of`).toBe(true)
  }
  expect(new Set(done.map(({ key }) => key)).size).toBe(done.length)
  for (const request of REQUESTS) expect(told.filter((text) => text === request).length).toBeLessThanOrEqual(1)
  expect(value).toMatchObject({ text: expect.stringMatching(/^answer to /) as string })
}

const MOMENTS = [0, 40, 160, 220, 330, 480, 700]
/** What the one who calls is told: by `steer` and `replace` the second message takes its place, or not, by when it comes. */
const ANSWERS = {
  steer: { text: expect.stringMatching(/^answer to (asked|second)$/) as string },
  queue: { text: 'answer to asked' },
  reject: { failed: 'MESSAGE_REFUSED' },
  replace: { failed: 'MESSAGE_WITHDRAWN' },
}
const heardOf = ({ facts }: Awaited<ReturnType<typeof play>>): readonly string[] =>
  factsOf(facts, 'answered').flatMap((fact) =>
    fact.messageId === undefined ? [] : [fact.messageId.split('/')[0] ?? ''],
  )

describe.each(['steer', 'queue', 'reject', 'replace'] as const)('whenBusy: %s', (whenBusy) => {
  it('whenever somebody speaks: each message is taken once, each write is told of, and whoever calls is answered', async () => {
    for (const at of MOMENTS)
      for (const [seed, then] of [
        [1, 0],
        [2, 90],
        [3, 400],
      ] as const) {
        const played = await play({ whenBusy, atMs: [at, then, 60], seed })
        judge(played)
        const heard = heardOf(played)
        expect(new Set(heard).size).toBe(heard.length)
        expect(heard.toSorted()).toEqual(whenBusy === 'reject' ? [] : played.taken.toSorted())
        const inTime = played.taken.includes('asker')
        expect(played.asked).toEqual(inTime ? ANSWERS[whenBusy] : { failed: 'PROCESS_ENDED' })
      }
  })

  it('P1: the same through a crash at any commit', async () => {
    const about = { whenBusy, atMs: [330, 90, 60] as const }
    const { commits } = await play(about)
    for (let n = 0; n <= commits; n++) judge(await play({ ...about, ...powerCut(n, n % 2 === 0 ? 'after' : 'before') }))
  })
})
