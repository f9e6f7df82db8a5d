import { describe, expect, it } from 'vitest'
import { limits } from '../../std/index.ts'
import { failureOf, valueOf } from '../journal/outcome.ts'
import type { Outcome } from '../journal/outcome.ts'
import { recordedValue } from './recorded-value.ts'

class Charge {
  readonly id = 'ch_1'
  readonly paidAt = new Date(0)
  refund(): void {}
}

const circle: { self?: unknown } = {}
circle.self = circle
const value = (outcome: Outcome): unknown => (outcome.type === 'ok' ? valueOf(outcome.value) : failureOf(outcome))

describe('what is recorded of a value', () => {
  it('is the value where it is data, with nothing to note', () => {
    const { outcome, note } = recordedValue({ when: new Date(5), big: 1n }, { class: 'read' })
    expect(value(outcome)).toEqual({ when: new Date(5), big: 1n })
    expect(note).toBeUndefined()
  })

  it('is what JSON makes of an instance, and says so', () => {
    const { outcome, note } = recordedValue({ charge: new Charge() }, { class: 'read' })
    expect(value(outcome)).toEqual({ charge: { id: 'ch_1', paidAt: '1970-01-01T00:00:00.000Z' } })
    expect(note).toContain('$.charge is an instance of Charge')
    expect(value(recordedValue(() => 1, { class: 'read' }).outcome)).toBeNull()
  })

  it('is that it is too large where it is, whether it is data or what JSON makes of it', () => {
    const text = 'x'.repeat(limits.PAYLOAD_BYTES_MAX)
    const charge = Object.assign(new Charge(), { text })
    for (const tooLarge of [text, charge]) {
      const { outcome, note } = recordedValue(tooLarge, { class: 'read' })
      expect([outcome.type, note, value(outcome)]).toMatchObject(['error', undefined, { code: 'VALUE_TOO_LARGE' }])
    }
    const longest = recordedValue(text.slice(2), { class: 'read' })
    expect([longest.outcome.type, longest.note]).toEqual(['ok', undefined])
  })

  it('E6: of a write whose value cannot be recorded it is said that it was done', () => {
    expect(value(recordedValue(circle, { class: 'write' }).outcome)).toMatchObject({
      code: 'RESULT_NOT_DATA',
      message: expect.stringContaining('it was done'),
      retryable: false,
    })
    expect(value(recordedValue(circle, { class: 'read' }).outcome)).toMatchObject({ code: 'RESULT_NOT_DATA' })
  })
})
