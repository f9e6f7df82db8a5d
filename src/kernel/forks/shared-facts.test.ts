import { describe, expect, it } from 'vitest'
import { asEffectKey, asPid, asSeq } from '../../std/index.ts'
import type { Fact, FactBody } from '../journal/facts.ts'
import { NOTHING } from '../journal/outcome.ts'
import type { Payload } from '../journal/outcome.ts'
import { shareFacts } from './shared-facts.ts'

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
})
