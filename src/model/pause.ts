/** How long to wait before a refused request is sent again. */
import type { Random } from '../std/index.ts'
import { BACKOFF_MS_FIRST, BACKOFF_MS_MAX, RETRY_AFTER_JITTER } from './limits.ts'

/** What the server asks for, in ms: `retry-after-ms`, or `retry-after` in seconds or as an HTTP date. */
export function retryAfterMs(headers: Readonly<Record<string, string>>, nowMs: number): number | undefined {
  const precise = headers['retry-after-ms']?.trim()
  if (precise && Number(precise) >= 0) return Number(precise)
  const plain = headers['retry-after']?.trim()
  if (!plain) return undefined
  const seconds = Number(plain)
  const ms = Number.isNaN(seconds) ? Date.parse(plain) - nowMs : seconds * 1000
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined
}

/** The pause after refusal number `refusals`: never shorter than asked for, and never equal for all callers. */
export function pauseMs(refusals: number, askedMs: number | undefined, random: Random): number {
  if (askedMs !== undefined) return Math.ceil(askedMs * (1 + RETRY_AFTER_JITTER * random.next()))
  const full = Math.min(BACKOFF_MS_FIRST * 2 ** (refusals - 1), BACKOFF_MS_MAX)
  return Math.ceil(full * (0.5 + 0.5 * random.next()))
}
