/** Every limit of the blind-spot run over kernel and engine, by name. */

/** One change for so many lines of a file. */
export const LINES_PER_CHANGE = 20
/** A change whose tests use more time of the processor than this hangs; whoever waits for them notices. */
export const TRIAL_CPU_MS_MAX = 60_000
/** How often a trial is looked at. */
export const LOOK_MS = 2_000
/** Survivors that meet the judge together; if one of them is noticed, each of them meets it alone. */
export const JUDGED_TOGETHER = 12
/** The process is made anew after so many trials, so that nothing piles up. */
export const TRIALS_PER_PROCESS = 150
/** Random workflows that a survivor meets at last. */
export const SEEDS_JUDGE = 60
/** After so many trials the untouched code is tried, which must be green. */
export const CONTROL_EVERY = 30
