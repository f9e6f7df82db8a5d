/** Limits of the kernel's own. What it shares with engines stands in `std/limits.ts`. */

/** Length of the token of a pending effect. */
export const PENDING_TOKEN_CHARACTERS_MAX = 1_024
/** How long a pending write that nobody waits for any more may still be settled before it is shown as unknown (rule X2). */
export const PENDING_LINGER_MS = 60_000
