/** What trials came to, a line each, so that a run that was stopped goes on where it was. */
import { appendFileSync, existsSync, readFileSync } from 'node:fs'

/** `noticed` by a test, `hangs`, or `survived` all that it met. */
export type Verdict = 'noticed' | 'hangs' | 'survived'

/** One change and its verdict. */
export type Record = {
  readonly id: string
  readonly file: string
  readonly line: number
  readonly operator: string
  readonly was: string
  readonly is: string
  readonly verdict: Verdict
  /** What noticed it, or where it hung, or what it survived last. */
  readonly by: string
  readonly ms: number
}

/**
 * A survivor that somebody has looked at: `equivalent` changes nothing that anybody could see, `killed` is noticed by a test
 * that was written for it, `open` should be noticed and is not.
 */
export type Explained = Omit<Record, 'verdict'> & {
  readonly verdict: Verdict | 'equivalent' | 'killed' | 'open'
  readonly because?: string
}

/** The last word on each change, in the order of the first. */
export function readRecords(path: string): ReadonlyMap<string, Record> {
  if (!existsSync(path)) return new Map()
  const lines = readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
  return new Map(lines.map((line) => JSON.parse(line) as Record).map((record) => [record.id, record]))
}

/** Adds a verdict. */
export function addRecord(path: string, record: Record): void {
  appendFileSync(path, `${JSON.stringify(record)}\n`)
}
