import { describe, expect, it } from 'vitest'
import { asEffectKey } from '../../std/index.ts'
import type { EffectRecord } from '../processes/effect-record.ts'
import { ProcessState } from '../processes/process-state.ts'
import { familyDone, isOpen } from './leftovers.ts'

const state = new ProcessState()
const record = (more: Partial<EffectRecord>): EffectRecord =>
  ({ key: asEffectKey('tool:pay:-#0'), kind: 'tool', name: 'pay', class: 'write', attempt: 1, ...more }) as EffectRecord

describe('what is left over of older code', () => {
  it('E6: may have been done to the world when a write was begun, and is not surely undone', () => {
    expect(familyDone(state, record({}))).toBe('tool pay')
    expect(familyDone(state, record({ attempt: 0 }))).toBeUndefined()
    expect(familyDone(state, record({ class: 'read' }))).toBeUndefined()
    const outcome = { type: 'error', error: { text: '{}' } } as const
    expect(familyDone(state, record({ outcome, inDoubt: false }))).toBeUndefined()
    expect(familyDone(state, record({ outcome, inDoubt: true }))).toBe('tool pay')
  })

  it('goes on while it has no outcome; what waits on its behalf has one of its own', () => {
    const outcome = { type: 'cancelled' } as const
    expect(isOpen(state, record({}))).toBe(true)
    expect(isOpen(state, record({ outcome }))).toBe(false)
    expect(isOpen(state, record({ key: asEffectKey('tool:pay:-#0!approval'), outcome }))).toBe(true)
  })
})
