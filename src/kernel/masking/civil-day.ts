/** Days of the Gregorian calendar as numbers, without a clock: years begin in March, so that a leap day is the last. */

const DAYS_PER_YEAR = 365
const DAYS_PER_ERA = 146_097
const YEARS_PER_ERA = 400

/** The number of a day `YYYY-MM-DD`; undefined where there is no such day. */
export function dayOf(text: string): number | undefined {
  const [year = 0, month = 0, day = 0] = text.split('-').map(Number)
  const shifted = month > 2 ? year : year - 1
  const era = Math.floor(shifted / YEARS_PER_ERA)
  const ofEra = shifted - era * YEARS_PER_ERA
  const ofYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1
  const number = era * DAYS_PER_ERA + daysBefore(ofEra) + ofYear
  return textOfDay(number) === text ? number : undefined
}

/** `YYYY-MM-DD` of the number of a day. */
export function textOfDay(number: number): string {
  const era = Math.floor(number / DAYS_PER_ERA)
  const ofEra = number - era * DAYS_PER_ERA
  let years = Math.min(YEARS_PER_ERA - 1, Math.floor(ofEra / DAYS_PER_YEAR))
  while (daysBefore(years) > ofEra) years -= 1
  const ofYear = ofEra - daysBefore(years)
  const months = Math.floor((5 * ofYear + 2) / 153)
  const day = ofYear - Math.floor((153 * months + 2) / 5) + 1
  const month = months < 10 ? months + 3 : months - 9
  const year = era * YEARS_PER_ERA + years + (month <= 2 ? 1 : 0)
  return [String(year).padStart(4, '0'), ...[month, day].map((n) => String(n).padStart(2, '0'))].join('-')
}

function daysBefore(years: number): number {
  return years * DAYS_PER_YEAR + Math.floor(years / 4) - Math.floor(years / 100)
}
