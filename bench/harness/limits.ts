/** Limits of the harness. */

/** A cell that takes longer is killed and stands as failed. */
export const CELL_TIMEOUT_MS = 300_000
/** Of a bench that says nothing else; quick runs have one. */
export const ROUNDS = 3
export const ROUNDS_MAX = 100
/** What a failed cell may say in a report. */
export const FAILURE_CHARS_MAX = 600
/** Fewer crashes than these prove nothing, however clean they were. */
export const KILLS_LEAST = 10_000
export const SIMULATED_CRASHES_LEAST = 100_000
/** Small changes to kernel and engine that must have been tried. */
export const CHANGES_LEAST = 500
