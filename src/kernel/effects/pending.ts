/**
 * `pending(token)`: what `execute` (or a step) returns when the far side answers later, by itself (rule E10). The
 * effect then waits like an approval: durable, nothing in memory, until somebody settles it.
 */
import { durationMs, SkeinError } from '../../std/index.ts'
import type { Duration } from '../../std/index.ts'
import { PENDING_TOKEN_CHARACTERS_MAX } from '../limits.ts'

/** Known across copies of this module in one program. */
const BRAND: unique symbol = Symbol.for('skein.pending') as never

/** An effect that is under way at the far side. Made by `pending()`. */
export class Pending {
  readonly [BRAND] = true
  /** The far side's name for it; whoever brings the answer names this. */
  readonly token: string
  /** Time until nobody expects an answer any more. */
  readonly expiresMs: number | undefined

  constructor(token: string, expiresMs: number | undefined) {
    this.token = token
    this.expiresMs = expiresMs
  }
}

/**
 * The far side will answer later: `skein.settle(token, { done })`, a webhook, or `skein settle`. Without `expires` it is
 * waited for as long as it takes; past it, a write is an unknown outcome and a read has failed with `EFFECT_TIMEOUT`.
 * Tokens are unique in a data folder; the idempotency key is a good one.
 */
export function pending(token: string, options: { readonly expires?: Duration } = {}): Pending {
  if (typeof token !== 'string' || token.length === 0 || token.length > PENDING_TOKEN_CHARACTERS_MAX)
    throw new SkeinError(
      'INPUT_INVALID',
      `pending() takes a token of 1 to ${PENDING_TOKEN_CHARACTERS_MAX} characters: the name by which the far side will answer`,
    )
  return new Pending(token, options.expires === undefined ? undefined : durationMs(options.expires))
}

/** Whether a body's value says that its answer comes later. */
export function isPending(value: unknown): value is Pending {
  return typeof value === 'object' && value !== null && BRAND in value
}
