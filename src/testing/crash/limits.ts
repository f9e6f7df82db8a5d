/** Limits of the crash harness, by name. */

/** Longest time the ledger takes before it does something, and again before it answers. */
export const LEDGER_PAUSE_MS_MAX = 6
/** One request of so many takes much longer, so that it is often under way when its sender is killed. */
export const LEDGER_SLOW_EVERY = 12
/** How long such a request takes each way. */
export const LEDGER_SLOW_MS = 40
