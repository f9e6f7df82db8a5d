import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { WHEN_BUSY } from '../kernel/index.ts'
import { call, calls, echo, make, says, sub } from './loop.fixture.ts'
import { Talk } from './talk.fixture.ts'
import type { Mailed } from './talk.fixture.ts'

type Act =
  | { readonly what: 'answer'; readonly calls: readonly number[] }
  | { readonly what: 'settle'; readonly which: number; readonly fails: boolean }
  | { readonly what: 'begin'; readonly which: number }
  | { readonly what: 'say'; readonly how: number }
  | { readonly what: 'hooks' }

const act: fc.Arbitrary<Act> = fc.oneof(
  fc.record({ what: fc.constant('answer' as const), calls: fc.array(fc.nat(2), { maxLength: 3 }) }),
  fc.record({ what: fc.constant('settle' as const), which: fc.nat(9), fails: fc.boolean() }),
  fc.record({ what: fc.constant('begin' as const), which: fc.nat(9) }),
  fc.record({ what: fc.constant('say' as const), how: fc.nat(WHEN_BUSY.length - 1) }),
  fc.constant({ what: 'hooks' as const }),
)

const write = { ...echo, effect: 'write' as const }
const read = { ...echo, effect: 'read' as const }
const FAILURE = { code: 'EXEC_FAILED', message: 'exit 3', retryable: false }

/** What was said, in order, and what became of it; ids of the writes that had begun. */
type Life = { readonly said: { text: string; how: string; mailed: Mailed }[]; readonly begun: Set<string> }

/** Does what the random acts say, where it makes sense, and then lets everything come to its end. */
function live(talk: Talk, acts: readonly Act[]): Life {
  const life: Life = { said: [], begun: new Set() }
  let ids = 0
  const called = new Map<string, string>()
  const answer = (which: readonly number[]): void => {
    const model = talk.work.find((slot) => slot.endsWith('/model'))
    if (model === undefined) return
    const made = which.map((kind) =>
      call(['write', 'read', 'sub'][kind] ?? 'read', { text: 't', prompt: 'p' }, `id${ids++}`),
    )
    made.forEach(({ toolCallId }, i) => called.set(model.replace('model', `tool/${i}`), toolCallId))
    talk.model(made.length === 0 ? says('fine') : calls(...made), model)
  }
  const settle = (slot: string | undefined, fails: boolean): void => {
    if (slot === undefined || slot.endsWith('/model')) return
    if (fails) talk.fail(slot, FAILURE)
    else talk.give(slot, `gave ${called.get(slot)}`)
  }
  for (const one of acts) {
    if (talk.end !== undefined) break
    const tools = talk.work.filter((slot) => slot.includes('/tool/') || slot.includes('/run/'))
    if (one.what === 'answer') answer(one.calls)
    else if (one.what === 'settle') settle(tools[one.which % Math.max(tools.length, 1)], one.fails)
    else if (one.what === 'hooks') talk.hooks()
    else if (one.what === 'begin') {
      const slot = tools[one.which % Math.max(tools.length, 1)]
      const ask = slot === undefined ? undefined : talk.open.get(slot)
      if (ask?.type !== 'tool' || ask.name !== 'write' || talk.begun.has(ask.slot)) continue
      talk.begun.add(ask.slot)
      life.begun.add(ask.toolCallId)
    } else {
      const text = `said ${life.said.length}`
      const how = WHEN_BUSY[one.how] ?? 'queue'
      life.said.push({ text, how, mailed: talk.say(text, { whenBusy: how }) })
    }
  }
  for (let n = 0; talk.end === undefined && n < 500; n++) {
    talk.hooks()
    settle(
      talk.work.find((slot) => !slot.endsWith('/model')),
      false,
    )
    answer([])
  }
  return life
}

describe('a conversation, whoever says what and when', () => {
  const agents = [
    make({ tools: { write, read, sub }, maxSteps: 1_000, loopDetection: false }),
    make({
      tools: { write, read, sub },
      maxSteps: 1_000,
      loopDetection: false,
      whenBusy: 'steer',
      instructions: () => 'Go.',
    }),
    make({ tools: { write, read, sub }, stopWhen: () => false, loopDetection: false }),
  ]

  it('is valid at every model call, comes to its end, says each message once, and tells of every begun write', () => {
    const law = fc.property(
      fc.constantFrom(...agents),
      fc.array(act, { maxLength: 40 }),
      fc.infiniteStream(fc.boolean()),
      (agent, acts, leaves) => {
        const isEverLeft = leaves.next().value
        const talk = new Talk(agent, 'go', () => isEverLeft === true && leaves.next().value === true)
        const { said, begun } = live(talk, acts)
        expect(talk.end).toMatchObject({ ok: true })
        const told = talk.told.join('\n')
        const lastReplace = said.findLastIndex(({ how, mailed }) => how === 'replace' && mailed === 'heard')
        const wrong = said.filter(({ text, mailed }, i) => {
          const times = talk.told.filter((line) => line === `user: ${text}`).length
          if (mailed === 'refused') return times !== 0
          return i >= lastReplace ? times !== 1 : times > 1
        })
        expect(wrong).toEqual([])
        for (const id of begun)
          expect([
            id,
            told.includes(`gave ${id}`) || told.includes(`The call ${id} of`) || told.includes('EXEC_FAILED'),
          ]).toEqual([id, true])
        if (isEverLeft !== true) talk.replays(agent)
      },
    )
    fc.assert(law, { numRuns: 400 })
  })
})
