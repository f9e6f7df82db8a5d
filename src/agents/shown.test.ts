import { describe, expect, it } from 'vitest'
import { ERROR_CHARS_MAX, RESULT_CHARS_MAX } from './limits.ts'
import { cutText, jsonText, shownError, shownValue } from './shown.ts'

describe('what a model is shown', () => {
  it('shows text as text and data as JSON', () => {
    expect(shownValue('fine')).toEqual({ type: 'text', value: 'fine' })
    expect(shownValue({ a: [1, null] })).toEqual({ type: 'json', value: { a: [1, null] } })
    expect(shownValue(undefined)).toEqual({ type: 'json', value: null })
    expect(shownValue(null)).toEqual({ type: 'json', value: null })
  })
  it('turns what JSON lacks into what a model can read', () => {
    const value = { n: 2n ** 70n, at: new Date(0), raw: new Uint8Array(3) }
    expect(shownValue(value)).toEqual({
      type: 'json',
      value: { n: '1180591620717411303424', at: '1970-01-01T00:00:00.000Z', raw: '[3 bytes]' },
    })
    expect(jsonText([1n])).toBe('["1"]')
  })
  it('cuts what is too long and says so', () => {
    const long = shownValue(`start${'x'.repeat(RESULT_CHARS_MAX)}end`)
    expect(long.type).toBe('text')
    expect(String(long.value)).toMatch(/^startx+\n\[… 8 of 60008 characters are left out here[^\n]*\]\nx+end$/)
    expect(shownValue({ rows: Array.from({ length: 20_000 }, (_, i) => i) }).type).toBe('text')
    expect(
      String(shownError({ code: 'EXEC_FAILED', message: 'y'.repeat(10 * ERROR_CHARS_MAX) }).value).length,
    ).toBeLessThan(ERROR_CHARS_MAX + 200)
  })
  it('never leaves half a character', () => {
    expect(cutText('😀'.repeat(100), 51).isWellFormed()).toBe(true)
  })
})
