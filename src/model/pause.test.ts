import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BACKOFF_MS_MAX, RETRY_AFTER_JITTER } from './limits.ts'
import { pauseMs, retryAfterMs } from './pause.ts'

const NOW = Date.UTC(2026, 10, 20, 12, 0, 0)
const draw = (value: number) => ({ next: () => value, hex: () => '' })
const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })

describe('retryAfterMs', () => {
  it.each([
    [{ 'retry-after': '3' }, 3_000],
    [{ 'retry-after': '0.5' }, 500],
    [{ 'retry-after-ms': '120', 'retry-after': '3' }, 120],
    [{ 'retry-after': 'Fri, 20 Nov 2026 12:00:30 GMT' }, 30_000],
    [{ 'retry-after': 'Fri, 20 Nov 2026 11:00:00 GMT' }, 0],
    [{ 'retry-after': '-5' }, 0],
    [{ 'retry-after': 'soon' }, undefined],
    [{ 'retry-after': 'Infinity' }, undefined],
    [{ 'retry-after': ' ' }, undefined],
    [{}, undefined],
  ])('%j is %s', (headers, expected) => {
    expect(retryAfterMs(headers as Record<string, string>, NOW)).toBe(expected)
  })
})

describe('pauseMs', () => {
  it('is never shorter than asked, nor much longer', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 0, max: 10_000_000 }),
        chance,
        (refusals, asked, luck) => {
          const pause = pauseMs(refusals, asked, draw(luck))
          expect(pause).toBeGreaterThanOrEqual(asked)
          expect(pause).toBeLessThanOrEqual(asked * (1 + RETRY_AFTER_JITTER) + 1)
        },
      ),
    )
  })
  it('doubles up to a limit when nothing is asked', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), chance, (refusals, luck) => {
        const pause = pauseMs(refusals, undefined, draw(luck))
        expect(pause).toBeGreaterThan(0)
        expect(pause).toBeLessThanOrEqual(BACKOFF_MS_MAX)
        expect(pauseMs(refusals + 1, undefined, draw(luck))).toBeGreaterThanOrEqual(pause)
      }),
    )
  })
})
