/** What trials came to, a line each, so that a run that was stopped goes on where it was. */
import { appendFileSync, existsSync, readFileSync } from 'node:fs'

/**
 * What a change meets, in this order: random workflows, tests near its file, other tests that reach it, the compiler, all of unit, all
 * of simulation.
 */
export const STAGES = ['seeds', 'near', 'reached', 'types', 'unit', 'simulation'] as const

/** One of them. */
export type Stage = (typeof STAGES)[number]

/** `noticed` by a test, `hangs`, or `survived` all that it met. */
export type Verdict = 'noticed' | 'hangs' | 'survived'

/** One change and its verdict. */
export type Trial = {
  readonly id: string
  readonly file: string
  readonly line: number
  readonly operator: string
  readonly was: string
  readonly is: string
  readonly verdict: Verdict
  /** The last stage that it has met. */
  readonly stage: Stage
  /** What noticed it, or where it hung; nothing for a survivor. */
  readonly by: string
  /** Of the processor, for all that it has met. */
  readonly cpuMs: number
  /** The code that it was tried on. */
  readonly commit: string
}

/** The last word on each change, in the order of the first; what it cost is the sum. */
export function readTrials(path: string): ReadonlyMap<string, Trial> {
  const trials = new Map<string, Trial>()
  if (!existsSync(path)) return trials
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    if (line === '') continue
    const trial = JSON.parse(line) as Trial
    trials.set(trial.id, { ...trial, cpuMs: trial.cpuMs + (trials.get(trial.id)?.cpuMs ?? 0) })
  }
  return trials
}

/** Adds a verdict. */
export function addTrial(path: string, trial: Trial): void {
  appendFileSync(path, `${JSON.stringify(trial)}\n`)
}
