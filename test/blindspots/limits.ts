/** Every limit of the blind-spot run over kernel and engine, by name. */
import { RICH_SEEDS } from '../sim/program/play.ts'

/** One change for so many lines of a file. */
export const LINES_PER_CHANGE = 20
/** What the tests near a file may use of the processor; beyond it they hang, and whoever waits for them notices. */
export const NEAR_CPU_MS_MAX = 20_000
/** What a file of tests may use, with changes that have survived all else. */
export const JUDGE_CPU_MS_MAX = 100_000
/** What the tests that reach a change may need on the untouched code; a test that needs more alone is left to the judge. */
export const REACHED_CPU_MS_MAX = 2_500
/** With a change on they may need so many times as much, and this: beyond it they hang. */
export const REACHED_PATIENCE = 3
export const REACHED_PATIENCE_MS = 5_000
/** What random workflows may use: some ten times of what the untouched code needs. */
export const SEEDS_CPU_MS_MAX = 15_000
/** Random workflows that each change meets, those of planted bugs, cheapest first. */
export const SEEDS_PLAYED = [59, 175, 46, ...[3, 1].map((seed) => RICH_SEEDS + seed), 12, 25, RICH_SEEDS + 5]
/** A test that waits for longer waits for ever; said only if it ends on the untouched code. */
export const TEST_MS_MAX = 20_000
/** How often a trial is looked at. */
export const LOOK_MS = 1_000
/** Survivors that meet the judge together; what fails then is met by each half of them, and at last by each alone. */
export const JUDGED_TOGETHER = 60
/** Survivors that meet the compiler together. */
export const TYPED_TOGETHER = 60
/** The process is made anew after so many trials, so that nothing piles up. */
export const TRIALS_PER_PROCESS = 150
/** Random workflows that a survivor meets at last. */
export const SEEDS_JUDGE = 30
/** After so many trials the untouched code is tried, which must be green. */
export const CONTROL_EVERY = 20
/** Not all is tried, but the time is up. */
export const EXIT_TIME_UP = 3
/** How often somebody who pauses looks whether the pause is over. */
export const PAUSE_LOOK_MS = 250
/** Plays of one thread: what changes leave behind piles up. */
export const PLAYS_PER_THREAD = 120
/** A test that does nothing for so many looks in a row waits for ever. */
export const IDLE_LOOKS_MAX = 12
export const IDLE_LOOK_MS = 200
/** A thread that should rest is watched for so long, and is at work if it uses this share of it. */
export const REST_MS = 30
export const BUSY_SHARE = 0.6
/** A thread that uses less than this share of the processor rests; one that rests for so long in a play waits for ever. */
export const REST_SHARE = 0.01
export const IDLE_MS_MAX = 20_000
