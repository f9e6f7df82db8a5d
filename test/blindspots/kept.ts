/** What is kept of blind spots: verdicts, which a run writes, and explanations, which people write. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Trial } from './records.ts'

/** A change, its verdict, and what notices it since, if it had survived. */
export type Kept = Trial & { readonly killed?: { readonly by: string; readonly commit: string } }

/** What a run leaves behind. */
export type BlindspotsData = {
  readonly format: 1
  readonly node: string
  /** The code that the changes were made to. */
  readonly commit: string
  /** How many changes the sample has; fewer may have been tried. */
  readonly sample: number
  readonly changes: readonly Kept[]
}

/**
 * What somebody found out about a survivor: `equivalent` changes nothing that anybody could see, `slower` costs only time,
 * `words` are for people, `unreachable` is behind a guard that something else keeps, `open` should be noticed and is not.
 */
export type Explanation = Pick<Trial, 'file' | 'was' | 'is'> & {
  readonly kind: 'equivalent' | 'slower' | 'words' | 'unreachable' | 'open'
  readonly because: string
}

/** Where pages lie. */
export const REPORTS = join(import.meta.dirname, '..', '..', 'docs', 'reports')

const dataOf = (reports: string): string => join(reports, 'data', 'blindspots.json')

/** What the last run has left; undefined if there was none. */
export function readData(reports = REPORTS): BlindspotsData | undefined {
  try {
    return JSON.parse(readFileSync(dataOf(reports), 'utf8')) as BlindspotsData
  } catch {
    return undefined
  }
}

/** The same change, of a file whose other lines may have changed. */
export const isSame = (a: Pick<Trial, 'file' | 'was' | 'is'>, b: Pick<Trial, 'file' | 'was' | 'is'>): boolean =>
  a.file === b.file && a.was === b.was && a.is === b.is

/** Keeps the verdicts of a run. */
export function keepRun(sample: number, trials: readonly Trial[]): void {
  const before = readData()
  const changes = trials.map((trial): Kept => {
    const killed = before?.changes.find((change) => change.id === trial.id)?.killed
    return killed === undefined || trial.verdict !== 'survived' ? trial : { ...trial, killed }
  })
  write({ format: 1, node: process.version, commit: trials[0]?.commit ?? '', sample, changes })
}

/** Keeps what notices survivors now, and what does not any more. */
export function keepAgain(trials: readonly Trial[]): void {
  const before = readData()
  if (before === undefined) return
  const changes = before.changes.map((change): Kept => {
    const trial = trials.find((again) => isSame(again, change))
    if (trial === undefined) return change
    const { killed: _, ...survived } = change
    return trial.verdict === 'survived' ? survived : { ...survived, killed: { by: trial.by, commit: trial.commit } }
  })
  write({ ...before, changes })
}

function write(data: BlindspotsData): void {
  writeFileSync(dataOf(REPORTS), `${JSON.stringify(data, undefined, 1)}\n`)
}

/** What people have said of survivors. */
export function readExplanations(): readonly Explanation[] {
  const text = readFileSync(join(import.meta.dirname, 'explanations.json'), 'utf8')
  return JSON.parse(text) as readonly Explanation[]
}
