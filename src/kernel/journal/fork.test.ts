import { describe, expect, it } from 'vitest'
import { stricter } from './fork.ts'
import type { ForkWrites } from './fork.ts'

/** From what may do most to what may do least. */
const ALL: readonly ForkWrites[] = ['live', 'stub', 'refuse']

describe('what becomes of writes under a fork', () => {
  it('FK3: of two rules the stricter holds, whichever comes first', () => {
    for (const [at, a] of ALL.entries()) {
      expect(stricter(a, undefined)).toBe(a)
      for (const [other, b] of ALL.entries()) expect(stricter(a, b)).toBe(ALL[Math.max(at, other)])
    }
  })
})
