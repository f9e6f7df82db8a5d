/** What came of planted bugs, as data: one entry each, kept between runs. */
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import type { PlantedBug } from './planted-bug.ts'
import type { Stage } from './stages.ts'

/** The code that a verdict is about: its commit, and what tells it and the catching test from others. */
export type Judged = { readonly commit: string; readonly code: string }

/** What one stage by itself came to, whatever others have caught. */
export type Alone = { readonly test?: string; readonly ms: number; readonly judged: Judged }

/** How a bug fared. `edits` says which text it was: another text is another bug. */
export type PlantedResult = {
  readonly name: string
  readonly edits: string
  /** What noticed it first; it was green on the untouched code before and after, where `judged` says which code that is. */
  readonly caught?: { readonly stage: Stage['name']; readonly test: string }
  /** The stages that it has survived, where none has caught it yet. */
  readonly missed?: readonly Stage['name'][]
  /** Why there is no verdict: an error of the bug or of the run. */
  readonly unclear?: string
  /** All its stages up to the failing test. */
  readonly ms: number
  readonly judged?: Judged
  readonly alone?: { readonly [stage in Stage['name']]?: Alone }
}

/** All that is kept: `older` names what was judged on older code than `commit`, when this was written. */
export type Kept = {
  readonly node: string
  readonly commit: string
  readonly older: readonly string[]
  readonly results: ReadonlyMap<string, PlantedResult>
}

const DIGEST_LENGTH = 12

/** Tells one text of a bug from another. */
export const digestOf = ({ edits }: PlantedBug): string =>
  createHash('sha256').update(JSON.stringify(edits)).digest('hex').slice(0, DIGEST_LENGTH)

type Data = {
  readonly node: string
  readonly commit?: string
  readonly older?: string[]
  readonly bugs: PlantedResult[]
}

/** What was kept, or nothing. */
export function readKept(path: string): Kept {
  const data: Data = existsSync(path)
    ? (JSON.parse(readFileSync(path, 'utf8')) as Data)
    : { node: process.version, bugs: [] }
  const { node, commit = '', older = [], bugs } = data
  return { node, commit, older, results: new Map(bugs.map((result) => [result.name, result])) }
}

/** Writes results of the bugs there are, in their order. */
export function writeKept(path: string, kept: Kept, bugs: readonly PlantedBug[]): void {
  const { results, ...about } = kept
  const known = bugs.flatMap((bug) => results.get(bug.name) ?? [])
  writeFileSync(path, `${JSON.stringify({ ...about, bugs: known }, undefined, 2)}\n`)
}
