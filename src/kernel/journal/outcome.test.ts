import { describe, expect, it } from 'vitest'
import { ERASED, failure, failureOf, NOTHING, payloadOf, valueOf } from './outcome.ts'

describe('a payload', () => {
  it('J1: that was erased is read as erased; one of nothing, which has the same text, as nothing', () => {
    expect(ERASED.text).toBe(NOTHING.text)
    expect(valueOf(ERASED)).toEqual({ erased: true })
    expect(valueOf(NOTHING)).toBeUndefined()
    expect(valueOf(payloadOf({ erased: false }))).toEqual({ erased: false })
  })
})

describe('a failure', () => {
  it('is told without its data where that is no data', () => {
    const told = { code: 'X', message: 'broke', retryable: true }
    expect(failureOf(failure({ ...told, data: { at: 3 } }))).toEqual({ ...told, data: { at: 3 } })
    expect(failureOf(failure({ ...told, data: () => 1 }))).toEqual(told)
  })

  it('J1: that was erased is one still, and no reason to try again', () => {
    expect(failureOf({ type: 'error', error: ERASED })).toMatchObject({ code: 'EFFECT_FAILED', retryable: false })
  })
})
