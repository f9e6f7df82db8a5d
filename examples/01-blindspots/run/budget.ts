/**
 * How the budget of a run is laid out.
 *
 * The account counts time inside effects. With `workers` trials at a time, `--budget 90s` is an account of
 * `90 s x workers`, which is used up after about 90 s of work by the clock on the wall. Time in which nothing is done
 * (an approval that waits, a machine that is down) costs nothing.
 *
 * 1. Whatever runs reserves its worst case first, so no run ever takes longer than its budget.
 * 2. Where there is enough, a trial is given three times its worst case: for itself, for its judge, and for one repeat
 *    after a crash.
 * 3. With a model, the writer's time is in the same account and is held back from the trials.
 * 4. What a visit does not use comes home before the next visit of its lane; as the budget ends, lanes share the rest.
 */
import type { Budget } from 'skein'
import { PROPOSE_MS, REPORT_MS, VISIT_CHANGES_MAX } from '../limits.ts'

export type Costs = {
  /** Worst case of one run of the tests, with making and cleaning its scratch copy. */
  readonly worstMs: number
  /** What one takes as a rule. */
  readonly usualMs: number
  /** Not for trials: the report, and the time in which only one worker had work. */
  readonly heldMs: number
}

/** What is left of an account; a dimension without a limit is missing. */
type Left = { readonly effectMs?: number; readonly processes?: number }

const timeOf = (left: Left): number => left.effectMs ?? Number.POSITIVE_INFINITY
const processesOf = (left: Left): number => left.processes ?? Number.POSITIVE_INFINITY

/** Time that is not for trials, after `aloneMs` in which the other workers had nothing to do. */
export function heldMs(aloneMs: number, workers: number): number {
  return REPORT_MS + aloneMs * (workers - 1)
}

/** How many changes a visit should try, so that every file has its turn at least twice before the budget ends. */
export function visitSize(leftMs: number, files: number, costs: Costs): number {
  const trials = (leftMs - costs.heldMs) / costs.usualMs
  return Math.min(VISIT_CHANGES_MAX, Math.max(1, Math.floor(trials / files / 2)))
}

/** The budget of one visit; undefined when what is left does not cover the worst case of a single trial. */
export function visitBudget(
  left: Left,
  about: { readonly changes: number; readonly lanes: number },
  costs: Costs,
): Budget | undefined {
  const { changes, lanes } = about
  const time = timeOf(left) - costs.heldMs
  const processes = processesOf(left) - 1
  const least = PROPOSE_MS + costs.worstMs
  if (time < least || processes < 2) return undefined
  const wished = PROPOSE_MS + 3 * costs.worstMs + 2 * (changes - 1) * costs.usualMs
  // A trial and its judge for each change, and the two that tell whether any test loads the file.
  return {
    time: Math.floor(Math.min(wished, Math.max(least, time / lanes))),
    processes: Math.min(processes, 2 * changes + 2),
    strict: true,
  }
}

/** The budget of one trial and its judge; undefined when what is left of the visit does not cover the trial. */
export function trialBudget(left: Left, costs: Costs): Budget | undefined {
  if (timeOf(left) < costs.worstMs || processesOf(left) < 2) return undefined
  return { time: Math.min(timeOf(left), 3 * costs.worstMs), processes: 1, strict: true }
}

/** The budget of a trial's judge; undefined when what is left of the trial does not cover it. */
export function judgeBudget(left: Left, costs: Costs): Budget | undefined {
  if (timeOf(left) < costs.worstMs || processesOf(left) < 1) return undefined
  return { time: Math.min(timeOf(left), 2 * costs.worstMs), processes: 0, strict: true }
}
