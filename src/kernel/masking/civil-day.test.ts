import fc from 'fast-check'
import { expect, it } from 'vitest'
import { dayOf, textOfDay } from './civil-day.ts'

const DAY_MS = 86_400_000

it('days are those of the calendar', () => {
  const some = fc.date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true })
  fc.assert(
    fc.property(some, fc.nat(3_000), (date, days) => {
      const text = date.toISOString().slice(0, 10)
      const later = new Date(Date.parse(text) + days * DAY_MS).toISOString()
      fc.pre(!later.startsWith('+'))
      expect(textOfDay((dayOf(text) ?? 0) + days)).toBe(later.slice(0, 10))
    }),
  )
  expect(['2023-02-29', '2024-13-01', '2024-00-10', '2024-04-31'].map(dayOf)).toEqual(Array(4).fill(undefined))
  expect(['2024-02-29', '2000-02-29', '1999-12-31'].map((text) => textOfDay(dayOf(text) ?? 0))).toEqual([
    '2024-02-29',
    '2000-02-29',
    '1999-12-31',
  ])
})
