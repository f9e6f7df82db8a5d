import { describe, expect, it } from 'vitest'
import type { EffectAsk } from '../effects/ask.ts'
import type { EffectRecord } from '../processes/effect-record.ts'
import { isInDoubt } from './doubt.ts'

const asked = (of: Partial<EffectAsk>): EffectAsk => ({ class: 'write', idempotent: false, ...of }) as EffectAsk
const known = (of: Partial<EffectRecord>): EffectRecord => ({ inDoubt: false, phase: 'waiting', ...of }) as EffectRecord

describe('whether an earlier attempt of a write may have been done', () => {
  it.each([true, false])('E6: nobody knows of one that is unknown, whether it has a key (%s) or not', (idempotent) => {
    expect(isInDoubt(asked({ idempotent }), known({ phase: 'unknown' }))).toBe(true)
    expect(isInDoubt(asked({ idempotent, class: 'read' }), known({ phase: 'unknown' }))).toBe(false)
    expect(isInDoubt(asked({ idempotent }), known({}))).toBe(false)
  })

  it('E6: an attempt that is over leaves doubt where it is repeated under its key', () => {
    expect(isInDoubt(asked({ idempotent: true }), known({ inDoubt: true }))).toBe(true)
    expect(isInDoubt(asked({ idempotent: false }), known({ inDoubt: true }))).toBe(false)
  })
})
