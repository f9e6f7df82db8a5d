/** Limits of the kernel's own. What it shares with engines stands in `std/limits.ts`. */

/** Length of the token of a pending effect. */
export const PENDING_TOKEN_CHARACTERS_MAX = 1_024
/** How long a pending write that nobody waits for any more may still be settled before it is shown as unknown (rule X2). */
export const PENDING_LINGER_MS = 60_000
/** Time in which the compensations of an ending workflow may begin; the rest is named in its warning (rule X4). */
export const SHIELD_MS = 10 * 60 * 1000
/** A compensation that says nothing about its time. */
export const COMPENSATION_TIMEOUT_MS_DEFAULT = 60_000
/** Under a time budget such a compensation takes at most this share of what is left, so that it does not keep back all. */
export const COMPENSATION_TIME_SHARE = 0.1
