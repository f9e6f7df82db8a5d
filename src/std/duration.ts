/** Durations as authors write them. */
import { SkeinError } from './errors.ts'

const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** A number is milliseconds; text is `500ms`, `5s`, `1.5m`, `2h` or `30d`. */
export type Duration = number | string

/** Milliseconds of a duration. Throws `INPUT_INVALID`. */
export function durationMs(duration: Duration): number {
  if (typeof duration === 'number') {
    if (Number.isFinite(duration) && duration >= 0) return Math.round(duration)
  } else {
    const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(duration.trim())
    const unit = match?.[2] as keyof typeof UNIT_MS | undefined
    if (match !== null && unit !== undefined) return Math.round(Number(match[1]) * UNIT_MS[unit])
  }
  throw new SkeinError(
    'INPUT_INVALID',
    `"${duration}" is not a duration; write milliseconds, or a text such as 500ms, 5s, 2m, 1h, 30d`,
  )
}
