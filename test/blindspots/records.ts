/** What trials came to, a line each, so that a run that was stopped goes on where it was. */
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'

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
 * that was written for it, and a trial has said so since, `open` should be noticed and is not.
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

/**
 * Records with what people have said of survivors. `killed` holds only while the trial says that a test notices; what is
 * noticed now without having been called so is `noticed`, whatever was said before.
 */
export function explained(records: readonly Record[], before: readonly Explained[]): readonly Explained[] {
  const said = new Map(before.map((change) => [change.id, change]))
  return records.map((record) => {
    const known = said.get(record.id)
    const { verdict, because } = known ?? {}
    if (verdict === undefined || because === undefined) return record
    const isNoticed = record.verdict !== 'survived'
    return isNoticed === (verdict === 'killed') ? { ...record, verdict, because } : record
  })
}

/** Drops records of changes that are not proposed any more. */
export function keepProposed(path: string, ids: ReadonlySet<string>): void {
  const kept = [...readRecords(path).values()].filter(({ id }) => ids.has(id))
  writeFileSync(path, kept.map((record) => `${JSON.stringify(record)}\n`).join(''))
}

/** Adds a verdict. */
export function addRecord(path: string, record: Record): void {
  appendFileSync(path, `${JSON.stringify(record)}\n`)
}
