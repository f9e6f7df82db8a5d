/** How long an attempt may take. */
import { limits } from '../../std/index.ts'
import type { Account } from '../accounts/account.ts'
import type { EffectAsk } from './ask.ts'

/**
 * What the author said, else the default; under a time budget at most half of what is left, so that a call whose author
 * said nothing neither exceeds the budget nor takes all of it.
 */
export function timeoutOf(ask: EffectAsk, account: Account): number {
  if (ask.timeoutMs !== undefined) return ask.timeoutMs
  const left = account.available('effectMs')
  if (left === Number.POSITIVE_INFINITY) return limits.EFFECT_TIMEOUT_MS_DEFAULT
  return Math.min(limits.EFFECT_TIMEOUT_MS_DEFAULT, Math.max(limits.EFFECT_TIMEOUT_MS_LEAST, Math.floor(left / 2)))
}
