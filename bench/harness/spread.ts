/** Median and spread of samples. */

export type Spread = {
  readonly median: number
  readonly least: number
  readonly most: number
  readonly count: number
}

/** Of an even number of values the median is the mean of the middle two. */
export function spreadOf(values: readonly number[]): Spread | undefined {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const [least, most, upper] = [sorted[0], sorted.at(-1), sorted[middle]]
  if (least === undefined || most === undefined || upper === undefined) return undefined
  const median = sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2
  return { median, least, most, count: sorted.length }
}

/** Whether two spreads have values in common. */
export function isOverlapping(a: Spread, b: Spread): boolean {
  return a.least <= b.most && b.least <= a.most
}

/** Three significant digits, whole numbers above 100, thousands set apart. */
export function digits(value: number): string {
  if (!Number.isFinite(value)) return String(value)
  const size = Math.abs(value)
  if (size >= 100 || Number.isInteger(value)) return Math.round(value).toLocaleString('en-US')
  return value.toFixed(size >= 10 ? 1 : size >= 1 ? 2 : 3)
}

/** `12.3 (11.9–14.0)`; without the brackets when there is one value. */
export function spreadText({ median, least, most, count }: Spread): string {
  return count === 1 || least === most ? digits(median) : `${digits(median)} (${digits(least)}–${digits(most)})`
}
