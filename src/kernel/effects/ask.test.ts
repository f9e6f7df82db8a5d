import { describe, expect, it } from 'vitest'
import type { Ask } from './ask.ts'
import { isBackground } from './ask.ts'

const ask = (of: object): Ask => of as Ask

describe('what nobody is expected to wait for', () => {
  it('is a receive beside the code, and the note of a compensation', () => {
    expect(isBackground(ask({ op: 'receive', aside: true }))).toBe(true)
    expect(isBackground(ask({ op: 'draw', what: 'compensation' }))).toBe(true)
  })

  it('is no receive that the code waits in, and nothing else', () => {
    expect(isBackground(ask({ op: 'receive', aside: false }))).toBe(false)
    expect(isBackground(ask({ op: 'draw', what: 'now' }))).toBe(false)
    expect(isBackground(ask({ op: 'effect', aside: true, what: 'compensation' }))).toBe(false)
  })
})
