import { describe, expect, it } from 'vitest'
import { asEffectKey, asSeq } from '../../std/index.ts'
import { NOTHING } from '../journal/outcome.ts'
import { suffixed } from '../keys/key.ts'
import { endOfBudgetWait } from './funding.ts'
import { ProcessState } from './process-state.ts'
import type { Process } from './process.ts'

describe('a wait for money', () => {
  it('G5, J4: what has a verdict waits for money no more, or the wait would begin it a second time', () => {
    const key = asEffectKey('tool:pay:x#0')
    const wait = suffixed(key, 'budget')
    const state = new ProcessState()
    const process = { state } as Process
    expect(endOfBudgetWait(process, key)).toEqual([])
    const on = { kind: 'budget', need: { toolCalls: 1 } } as const
    state.apply({ type: 'waiting', key: wait, on, v: 1, seq: asSeq(0), at: 1 })
    const end = { type: 'answered', key: wait, outcome: { type: 'ok', value: NOTHING } } as const
    expect(endOfBudgetWait(process, key)).toEqual([end])
    expect(endOfBudgetWait(process, asEffectKey('tool:pay:y#0'))).toEqual([])
    state.apply({ ...end, v: 1, seq: asSeq(1), at: 2 })
    expect(endOfBudgetWait(process, key)).toEqual([])
  })
})
