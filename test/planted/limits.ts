/** Limits of the trials of planted bugs, by name. */

/** The process is used up: another goes on. */
export const EXIT_GO_ON = 9
/** Warm tests that run for longer hang. */
export const HANGS_MS = 600_000
/** A hang says something where the untouched tests end in this fraction of the time. */
export const HANG_FACTOR = 3
/** Longest run of the tests that start processes of their own. */
export const COLD_MS = 900_000
/** How long the campaign kills a bug that everything else has missed. */
export const CAMPAIGN_S = 30
/** Random workflows that each change meets, by seed: of the richer language, and of the plain one. */
export const RICH_SEEDS_PLAYED = [1, 3, 5]
export const SEEDS_PLAYED = [12, 25, 46, 59, 175]
/** Threads that play at once, plays of one thread, and what a play may use of the processor. */
export const PLAYERS = 4
export const PLAYS_PER_THREAD = 50
export const PLAY_CPU_MS_MAX = 40_000
/** How often something that should end is looked at. */
export const LOOK_MS = 2_000
