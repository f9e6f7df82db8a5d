import { describe, expect, it } from 'vitest'
import { asEffectKey } from '../../std/index.ts'
import type { EffectKey } from '../../std/index.ts'
import type { FactBody } from '../journal/facts.ts'
import { failure, NOTHING } from '../journal/outcome.ts'
import { SHIELD_PATH } from '../scopes/scope.ts'
import { hasCompensated, pulledDown } from './failing.ts'
import { fold } from './process-state.fixture.ts'

const [a, b, c] = ['a', 'b', 'c'].map((name) => asEffectKey(`tool:${name}:x#0`)) as [EffectKey, EffectKey, EffectKey]
const undo = asEffectKey(`${SHIELD_PATH}compensate:undo:-#0`)
const broke = failure({ code: 'EFFECT_FAILED', message: 'down', retryable: false })

const intended = (key: EffectKey): FactBody => ({
  type: 'intended',
  key,
  attempt: 1,
  class: 'read',
  kind: 'tool',
  name: 't',
  argsHash: 'h',
  verdict: {},
  reserve: {},
  timeoutMs: 5,
})
const failed = (key: EffectKey): FactBody => ({ type: 'settled', key, attempt: 1, outcome: broke })

describe('what is taken away with a failure', () => {
  it('is every later one that the process has asked for nothing after', () => {
    expect(pulledDown(fold(intended(a), intended(b), failed(a), failed(b)), [a])).toEqual([a, b])
  })

  it('is none that it has answered to, and none before it', () => {
    const state = fold(intended(a), intended(b), failed(a), failed(b), intended(c), failed(c))
    expect(pulledDown(state, [a])).toEqual([a, c])
    expect(pulledDown(state, [c])).toEqual([c])
  })
})

describe('a process that has taken back what it had done', () => {
  it('X4: is one that has asked for a compensation, not one that has only been told of it', () => {
    expect(hasCompensated(fold(intended(a), failed(a)))).toBe(false)
    expect(hasCompensated(fold(intended(a), intended(undo)))).toBe(true)
    const told: FactBody = { type: 'answered', key: undo, outcome: { type: 'ok', value: NOTHING } }
    expect(hasCompensated(fold(intended(a), told))).toBe(false)
  })
})
