/** What came of planted bugs, as data: one entry each, kept between runs. */
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import type { PlantedBug } from './planted-bug.ts'
import type { Stage } from './stages.ts'

/** How a bug fared. `edits` says which text it was: another text is another bug. */
export type PlantedResult = {
  readonly name: string
  readonly edits: string
  /** What noticed it first. */
  readonly caught?: { readonly stage: Stage['name']; readonly test: string }
  /** The stages that it has survived, where none has caught it yet. */
  readonly missed?: readonly Stage['name'][]
  /** All its stages up to the failing test. */
  readonly ms: number
}

const DIGEST_LENGTH = 12

/** Tells one text of a bug from another. */
export const digestOf = ({ edits }: PlantedBug): string =>
  createHash('sha256').update(JSON.stringify(edits)).digest('hex').slice(0, DIGEST_LENGTH)

/** Results by the names of bugs. */
export function readResults(path: string): ReadonlyMap<string, PlantedResult> {
  const results = existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as { bugs: PlantedResult[] }).bugs : []
  return new Map(results.map((result) => [result.name, result]))
}

/** Writes results of the bugs there are, in their order. */
export function writeResults(
  path: string,
  results: ReadonlyMap<string, PlantedResult>,
  bugs: readonly PlantedBug[],
): void {
  const known = bugs.flatMap((bug) => results.get(bug.name) ?? [])
  writeFileSync(path, `${JSON.stringify({ node: process.version, bugs: known }, undefined, 2)}\n`)
}
