import { describe, expect, it } from 'vitest'
import { NOTHING, PENDING_TOKEN_CHARACTERS_MAX } from '../../kernel/index.ts'
import { prepareSettlement } from './prepare.ts'

const about = { hold: true, hash: { sha256: (text: string) => text } }
const settle = (token: string) => prepareSettlement(token, { how: 'done', value: NOTHING, by: 'ann' }, about)

describe('a settlement', () => {
  it('has a token, as long as one may be and no longer', () => {
    expect(settle('x'.repeat(PENDING_TOKEN_CHARACTERS_MAX))).toMatchObject({ type: 'settlement', hold: true })
    expect(() => settle('x'.repeat(PENDING_TOKEN_CHARACTERS_MAX + 1))).toThrow('is no token')
    expect(() => settle('')).toThrow('is no token')
  })
})
