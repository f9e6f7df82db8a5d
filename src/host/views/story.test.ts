import { describe, expect, it } from 'vitest'
import { payloadOf } from '../../kernel/index.ts'
import type { Fact, FactBody } from '../../kernel/index.ts'
import { asEffectKey, asOwnerId, asPid, asSeq } from '../../std/index.ts'
import { Story } from './story.ts'

const facts = (...bodies: FactBody[]): Fact[] =>
  bodies.map((body, i) => ({ ...body, v: 1, seq: asSeq(i), at: 1_000 + i }))

const key = (text: string) => asEffectKey(text)
const ok = (value: unknown) => ({ type: 'ok', value: payloadOf(value) }) as const
const born: FactBody = {
  type: 'born',
  kind: 'workflow',
  workflow: 'article',
  version: '1',
  codeDigest: 'd',
  input: payloadOf(1),
  root: asPid('a1'),
  depth: 0,
  cap: { microUsd: 500_000 },
  strict: false,
  incarnation: 0,
}
const intended = (k: string, name: string, attempt = 1): FactBody => ({
  type: 'intended',
  key: key(k),
  attempt,
  class: 'write',
  kind: 'tool',
  name,
  argsHash: 'h',
  verdict: {},
  reserve: {},
  timeoutMs: 1_000,
})
const begun = (k: string, attempt = 1): FactBody => ({ type: 'begun', key: key(k), attempt, owner: asOwnerId('o') })
const settled = (k: string, attempt = 1): FactBody => ({
  type: 'settled',
  key: key(k),
  attempt,
  outcome: ok(1),
  actual: { toolCalls: 1, microUsd: 5 },
})
const PAY = 'tool:pay:aa'

describe('Story', () => {
  it('calls the slot of an agent by what waits in it or was refused there, before there is an intent', () => {
    const story = new Story()
    const on = { kind: 'switch', target: 'tool:pay', by: 'ann' } as const
    story.apply(
      facts(born, { type: 'waiting', key: key('r2/tool/0!switch'), on, name: 'pay' }, intended('r2/tool/0', 'pay'), {
        type: 'settled',
        key: key('r3/tool/0'),
        attempt: 0,
        outcome: ok(1),
        name: 'mail',
      }),
    )
    expect([...story.entries.values()].map(({ name }) => name)).toEqual(['pay', 'mail'])
  })

  it('knows what a model was shown, and finds effects of older segments by their key', () => {
    const story = new Story()
    const call = { ...intended('r1/model', 'gpt'), kind: 'model', prompt: 'p1', tools: 't1' } as FactBody
    story.apply(
      facts(
        born,
        { type: 'shown', what: 'prompt', hash: 'p1', text: payloadOf('Be brief.') },
        { type: 'shown', what: 'tools', hash: 't1', text: payloadOf('[]') },
        call,
        { type: 'snapshot', state: payloadOf({}), version: '1', segment: 1, carried: payloadOf({}) },
        intended('r2/compact', 'gpt'),
        intended('r2/model', 'gpt'),
      ),
    )
    expect(story.find('r1/model')).toMatchObject({ name: 'gpt', segment: 0, prompt: 'p1', tools: 't1' })
    expect(story.find('r2/model')).toMatchObject({ name: 'gpt#2', segment: 1, prompt: undefined })
    expect(story.find('compact')).toMatchObject({ key: 'r2/compact', segment: 1 })
    expect([...story.texts].map(([hash, { text }]) => [hash, text])).toEqual([
      ['p1', '"Be brief."'],
      ['t1', '"[]"'],
    ])
  })

  it('names effects by order, for ever', () => {
    const story = new Story()
    story.apply(
      facts(
        born,
        intended(`${PAY}#0`, 'pay'),
        begun(`${PAY}#0`),
        settled(`${PAY}#0`),
        intended(`${PAY}#1`, 'pay'),
        intended('tool:pay:bb#0', 'pay'),
      ),
    )
    expect([...story.entries.values()].map((entry) => entry.name)).toEqual(['pay', 'pay#2', 'pay#3'])
    expect(story.find('pay')?.phase).toBe('settled')
    expect(story.find('pay#1')?.key).toBe(`${PAY}#0`)
    expect(story.find('pay#3')?.key).toBe('tool:pay:bb#0')
    expect(story.find(`${PAY}#1`)?.name).toBe('pay#2')
  })
  it('hangs an approval on its effect', () => {
    const story = new Story()
    const all = facts(
      born,
      {
        type: 'waiting',
        key: key(`${PAY}#0!approval`),
        on: { kind: 'approval', title: 'pay', argsHash: 'h', show: payloadOf({ to: 'x' }) },
      },
      { type: 'answered', key: key(`${PAY}#0!approval`), outcome: ok(null), by: 'ann' },
      intended(`${PAY}#0`, 'pay'),
    )
    story.apply(all.slice(0, 2))
    expect(story.waiting().map((entry) => [entry.name, entry.wait?.on.kind, entry.phase])).toEqual([
      ['pay', 'approval', 'waiting'],
    ])
    story.apply(all)
    expect(story.waiting()).toEqual([])
    expect([story.find('pay')?.approvedBy, story.find('pay')?.phase]).toEqual(['ann', 'intended'])
  })
  it('counts attempts, spending and losses', () => {
    const story = new Story()
    story.apply(
      facts(
        born,
        intended(PAY, 'pay'),
        begun(PAY),
        { type: 'account', op: 'forfeit', key: key(PAY), amounts: { microUsd: 9 } },
        intended(PAY, 'pay', 2),
        begun(PAY, 2),
      ),
    )
    expect([story.repeated, story.inFlight().length, story.forfeited]).toEqual([1, 1, { microUsd: 9 }])
    story.apply(
      facts(
        born,
        intended(PAY, 'pay'),
        begun(PAY),
        { type: 'account', op: 'forfeit', key: key(PAY), amounts: { microUsd: 9 } },
        intended(PAY, 'pay', 2),
        begun(PAY, 2),
        settled(PAY, 2),
      ),
    )
    expect([story.spent, story.inFlight().length, story.effects().length]).toEqual([
      { toolCalls: 1, microUsd: 5 },
      0,
      1,
    ])
  })
  it('skips what it has seen and says when facts are missing', () => {
    const story = new Story()
    const all = facts(born, intended(PAY, 'pay'), begun(PAY), settled(PAY))
    expect([
      story.apply(all.slice(0, 2)),
      story.apply(all.slice(0, 3)),
      story.apply(all.slice(3)),
      story.apply(all),
    ]).toEqual([true, true, true, true])
    expect(story.spent).toEqual({ toolCalls: 1, microUsd: 5 })
    const gap = new Story()
    expect([gap.apply(all.slice(0, 1)), gap.apply(all.slice(2))]).toEqual([true, false])
  })
  it('keeps names over segments', () => {
    const story = new Story()
    story.apply(
      facts(
        born,
        intended(PAY, 'pay'),
        settled(PAY),
        { type: 'snapshot', state: payloadOf(1), version: '1', segment: 1, carried: payloadOf({}) },
        intended(PAY, 'pay'),
      ),
    )
    expect([...story.entries.values()].map((entry) => [entry.segment, entry.name, entry.phase])).toEqual([
      [0, 'pay', 'settled'],
      [1, 'pay#2', 'intended'],
    ])
    expect(story.find(PAY)?.segment).toBe(1)
  })
  it('what a branch waited for that has lost is asked of nobody any more; what has begun there goes on', () => {
    const on = { kind: 'message', pattern: {} } as const
    const approval = { kind: 'approval', title: 'pay', argsHash: 'h', show: payloadOf(1) } as const
    const story = new Story()
    story.apply(
      facts(
        born,
        { type: 'waiting', key: key('0.select[letter]/receive::x#0'), on },
        { type: 'waiting', key: key('0.select[stop]/receive::y#0'), on },
        { type: 'waiting', key: key(`0.select[stop]/${PAY}#0!approval`), on: approval },
        intended('0.select[stop]/tool:mail:bb#0', 'mail'),
        begun('0.select[stop]/tool:mail:bb#0'),
        { type: 'waiting', key: key('receive::z#0'), on },
        { type: 'answered', key: key('0.select[letter]/receive::x#0'), outcome: ok(1) },
        { type: 'closed', scope: '0.select' as never, why: 'won' },
      ),
    )
    expect(story.waiting().map((entry) => entry.key)).toEqual(['receive::z#0'])
    expect(story.inFlight().map((entry) => entry.name)).toEqual(['mail'])
  })
  it('ends with nothing waiting', () => {
    const story = new Story()
    story.apply(
      facts(
        born,
        { type: 'waiting', key: key('sleep::x#0'), on: { kind: 'timer', dueAt: 5 } },
        { type: 'ended', result: ok(3) },
      ),
    )
    expect([story.waiting(), story.ended?.result.type]).toEqual([[], 'ok'])
  })
})
