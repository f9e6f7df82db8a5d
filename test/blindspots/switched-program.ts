/** All changes of a run in one program, and which of them are in it. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Proposal } from '../../examples/01-blindspots/code/propose.ts'
import { switched } from './switched.ts'
import type { Numbered } from './switched.ts'

/** The texts of the files that are changed, and the changes that a number switches on in them. */
export type SwitchedProgram = { readonly texts: ReadonlyMap<string, string>; readonly taken: readonly Numbered[] }

/** Puts all changes that lie in function bodies into the program below a folder. */
export function switchedProgram(base: string, changes: readonly Proposal[]): SwitchedProgram {
  const numbered = changes.map((change, at): Numbered => ({ change, n: at + 1 }))
  const texts = new Map<string, string>()
  const taken = new Set<number>()
  for (const [file, own] of Map.groupBy(numbered, ({ change }) => change.file)) {
    const made = switched(file, readFileSync(join(base, file), 'utf8'), own)
    texts.set(file, made.text)
    for (const n of made.taken) taken.add(n)
  }
  return { texts, taken: numbered.filter(({ n }) => taken.has(n)) }
}
