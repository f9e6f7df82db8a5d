import { describe, expect, it } from 'vitest'
import { asEffectKey, asOwnerId, asPid, asSeq } from '../../std/index.ts'
import type { EffectKey } from '../../std/index.ts'
import type { Fact, FactBody } from '../journal/facts.ts'
import { NOTHING, payloadOf } from '../journal/outcome.ts'
import type { Outcome, Payload } from '../journal/outcome.ts'
import { shareFacts } from './shared-facts.ts'

type FactOfIntent = Extract<FactBody, { type: 'intended' }>

const pid = asPid('p')
const born: FactBody = {
  type: 'born',
  kind: 'workflow',
  workflow: 'w',
  version: '1',
  codeDigest: 'x',
  input: NOTHING,
  root: pid,
  depth: 0,
  cap: {},
  strict: false,
  incarnation: 0,
}
const drawn = (name: string, value: Payload): FactBody => ({
  type: 'settled',
  key: asEffectKey(`random:${name}:-#0`),
  attempt: 0,
  outcome: { type: 'ok', value },
})
const journal = (...bodies: readonly FactBody[]): readonly Fact[] =>
  bodies.map((body, seq) => ({ ...body, v: 1, seq: asSeq(seq), at: 0 }))
const owner = asOwnerId('o')
const decided = (key: EffectKey, attempt: number): FactOfIntent => ({
  type: 'intended',
  key,
  attempt,
  class: 'write',
  kind: 'tool',
  name: 'pay',
  argsHash: 'h',
  verdict: {},
  reserve: { tokens: 9 },
  timeoutMs: 1,
})
const NOTHING_CARRIED = payloadOf({ account: {}, children: [], counts: {} })
const ERASED: Payload = { ...NOTHING, erased: true }

describe('shareFacts', () => {
  it('FK1: refuses what was erased, naming the fact; before it, and with another answer for it, it can be forked', () => {
    const facts = journal(born, drawn('a', NOTHING), drawn('b', ERASED))
    const request = { from: pid, writes: 'refuse' } as const
    expect(() => shareFacts(facts, request)).toThrow(/a payload of its fact 2 was erased/)
    expect(shareFacts(facts, { ...request, seq: asSeq(1) }).facts).toHaveLength(1)
    const overrides = { answers: { 'random:b:-#0': { text: '7' } } }
    expect(shareFacts(facts, { ...request, overrides }).facts).toHaveLength(2)
  })

  it('FK1: an erased input is refused too, unless another is given', () => {
    const facts = journal({ ...born, input: ERASED }, drawn('a', NOTHING))
    const request = { from: pid, writes: 'refuse' } as const
    expect(() => shareFacts(facts, request)).toThrow(/fact 0 was erased/)
    expect(shareFacts(facts, { ...request, overrides: { input: NOTHING } }).seq).toBe(1)
  })

  it('refuses an origin that has not begun, and an effect without an outcome', () => {
    expect(() => shareFacts([], { from: pid, writes: 'live' })).toThrow(/has not begun/)
    expect(() => shareFacts(journal(born), { from: pid, writes: 'live', after: asEffectKey('x') })).toThrow(
      /no outcome/,
    )
  })

  it('FK1: branches off right after an effect, or with an answer for it right where its outcome was', () => {
    const facts = journal(born, drawn('a', NOTHING), drawn('b', NOTHING), drawn('c', NOTHING))
    const request = { from: pid, writes: 'refuse' } as const
    expect(shareFacts(facts, { ...request, after: asEffectKey('random:b:-#0') })).toMatchObject({ seq: 2 })
    const overrides = { answers: { 'random:b:-#0': { text: '7' } } }
    const { seq, facts: shared } = shareFacts(facts, { ...request, overrides })
    expect([seq, shared.map((fact) => fact.shared)]).toEqual([2, [1, 2]])
    expect(shared[1]?.body).toMatchObject({ type: 'settled', attempt: 0, outcome: { value: { text: '7' } } })
  })

  it('FK1: what has no outcome at the point can be answered too; the answer is nobody’s fact', () => {
    const key = asEffectKey('tool:pay:x#0')
    const facts = journal(born, drawn('a', NOTHING), decided(key, 1), { type: 'begun', key, attempt: 1, owner })
    const overrides = { answers: { [key]: { text: '7' } } }
    const { seq, facts: shared } = shareFacts(facts, { from: pid, writes: 'refuse', overrides })
    expect([seq, shared.map((fact) => fact.shared)]).toEqual([3, [1, undefined]])
    expect(shared[1]?.body).toMatchObject({ type: 'settled', key, outcome: { type: 'ok', value: { text: '7' } } })
  })

  it('FK1, FK2: of an effect its last attempt is shared, without its price and what hangs on it', () => {
    const key = asEffectKey('tool:pay:x#0')
    const end = asEffectKey('run:x:-#0!end')
    const facts = journal(
      born,
      { type: 'waiting', key: asEffectKey(`${key}!approval`), on: { kind: 'approval', title: 'pay', argsHash: 'h' } },
      { type: 'answered', key: asEffectKey(`${key}!approval`), outcome: { type: 'ok', value: NOTHING }, by: 'ann' },
      decided(key, 1),
      { type: 'begun', key, attempt: 1, owner },
      { type: 'account', op: 'forfeit', key, amounts: {} },
      { type: 'unknown', key, attempt: 1, why: 'lost' },
      { type: 'resolved', key, how: 'again', by: 'ann' },
      decided(key, 2),
      { type: 'begun', key, attempt: 2, owner },
      { type: 'settled', key, attempt: 2, outcome: { type: 'ok', value: NOTHING }, actual: { tokens: 5 } },
      { type: 'shown', what: 'prompt', hash: 'h', text: NOTHING },
      { type: 'answered', key: end, outcome: { type: 'ok', value: NOTHING } },
    )
    const { facts: shared } = shareFacts(facts, { from: pid, writes: 'refuse' })
    expect(shared.map(({ body, shared: of }) => `${body.type} ${of}`)).toEqual([
      'intended 8',
      'unknown 6',
      'settled 10',
      'shown 11',
      'answered 12',
    ])
    expect(shared[0]?.body).toMatchObject({ attempt: 2, reserve: {} })
    expect(shared[2]?.body).not.toHaveProperty('actual')
  })

  it('FK3: with stubs, the origin’s own writes stand in for the fork’s: what came after the point, and was had', () => {
    const writes = (name: string, outcome: Outcome): readonly FactBody[] => {
      const key = asEffectKey(`tool:${name}:x#0`)
      return [
        { ...decided(key, 1), name },
        { type: 'settled', key, attempt: 1, outcome },
      ]
    }
    const facts = journal(
      born,
      ...writes('before', { type: 'ok', value: NOTHING }),
      drawn('point', NOTHING),
      ...writes('done', { type: 'ok', value: NOTHING }),
      ...writes('failed', { type: 'error', error: NOTHING }),
      ...writes('stopped', { type: 'cancelled' }),
      { ...decided(asEffectKey('tool:read:x#0'), 1), class: 'read' },
      { type: 'settled', key: asEffectKey('tool:read:x#0'), attempt: 1, outcome: { type: 'ok', value: NOTHING } },
      decided(asEffectKey('tool:open:x#0'), 1),
    )
    const request = { from: pid, seq: asSeq(3) } as const
    expect(Object.values(shareFacts(facts, { ...request, writes: 'stub' }).stubs).map(({ name }) => name)).toEqual([
      'done',
      'failed',
    ])
    expect(shareFacts(facts, { ...request, writes: 'refuse' }).stubs).toEqual({})
  })

  it('FK1, U5: an adoption is shared under the seq that its keys were made with, in a fork of a fork too', () => {
    const adopted: FactBody = { type: 'adopted', from: 'd', to: 'e', version: '2', orphans: [], by: 'ann' }
    const named = (...facts: readonly FactBody[]) =>
      shareFacts(journal(born, ...facts), { from: pid, writes: 'refuse' }).facts.map(({ body }) =>
        body.type === 'adopted' ? body.named : undefined,
      )
    expect(named(drawn('a', NOTHING), adopted)).toEqual([undefined, 2])
    expect(named(drawn('a', NOTHING), { ...adopted, named: asSeq(7) })).toEqual([undefined, 7])
  })

  it('an agent whose task lies before its last snapshot cannot be given another', () => {
    const snapshot: FactBody = { type: 'snapshot', state: NOTHING, version: '1', segment: 1, carried: NOTHING_CARRIED }
    const request = { from: pid, writes: 'refuse', overrides: { input: NOTHING } } as const
    expect(() => shareFacts(journal({ ...born, kind: 'agent' }, snapshot), request)).toThrow(/before its last snapshot/)
    expect(shareFacts(journal({ ...born, kind: 'agent' }, drawn('a', NOTHING)), request).seq).toBe(1)
  })
})
