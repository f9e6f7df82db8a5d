import { describe, expect, it } from 'vitest'
import { asEffectKey, ROOT_SCOPE } from '../../../std/index.ts'
import type { EffectAsk } from '../../effects/ask.ts'
import type { FactBody } from '../../journal/facts.ts'
import { fold } from '../../processes/process-state.fixture.ts'
import { PASS } from '../stage.ts'
import type { StageInput } from '../stage.ts'
import { unknownFirst } from './unknown-first.ts'

const key = asEffectKey('tool:pay:x#0')
const intended: FactBody = {
  type: 'intended',
  key,
  attempt: 1,
  class: 'write',
  kind: 'tool',
  name: 'pay',
  argsHash: 'h',
  verdict: {},
  reserve: {},
  timeoutMs: 5,
}

/** What is said of a call while nobody knows whether `pay` was done with arguments of hash `h`. */
function judged(of: Partial<EffectAsk>) {
  const state = fold(intended, { type: 'unknown', key, attempt: 1, why: 'cut' })
  const ask = { class: 'write', name: 'pay', argsHash: 'h', again: false, scope: { path: ROOT_SCOPE }, ...of }
  return unknownFirst.judge({ process: { state }, ask, record: undefined } as unknown as StageInput)
}

describe('a write while the outcome of another is unknown', () => {
  it('E7: is refused with equal content, unless its author says so', () => {
    expect(judged({})).toMatchObject({ type: 'refuse', error: { code: 'UNKNOWN_FIRST' } })
    expect(judged({ again: true })).toBe(PASS)
  })

  it('E7: goes on with other arguments, or by another tool', () => {
    expect(judged({ argsHash: 'other' })).toBe(PASS)
    expect(judged({ name: 'refund' })).toBe(PASS)
    expect(judged({ class: 'read' })).toBe(PASS)
  })
})
