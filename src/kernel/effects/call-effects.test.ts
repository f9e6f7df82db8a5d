import { describe, expect, it } from 'vitest'
import { stepEffect } from './call-effects.ts'

describe('a call as an effect', () => {
  it('E7: is made again while its outcome is unknown only where its author says so', () => {
    expect(stepEffect('s', () => 1, {}).again).toBe(false)
    expect(stepEffect('s', () => 1, { again: true }).again).toBe(true)
  })
})
