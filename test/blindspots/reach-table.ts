/**
 * Which changes each test reaches, on the untouched program: a line for each file of tests, so that a run that was stopped goes on
 * where it was.
 */
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestPlace } from './play-switched.ts'

/** A test, what it uses of the processor, and the numbers of the changes that it reaches. */
export type ReachingTest = TestPlace & {
  readonly name: string
  readonly cpuMs: number
  readonly reaches: readonly number[]
}

/** The tests of a file; those that are struck off fail, hang or leave something behind in a bare thread, untouched. */
export type FileReach = {
  readonly file: string
  readonly tests: readonly ReachingTest[]
  readonly struck: readonly { readonly name: string; readonly why: string }[]
}

const tableOf = (scratch: string): string => join(scratch, 'reach.jsonl')

/** All that is known. */
export function readReach(scratch: string): readonly FileReach[] {
  if (!existsSync(tableOf(scratch))) return []
  const lines = readFileSync(tableOf(scratch), 'utf8').split('\n')
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as FileReach)
}

/** Adds the tests of a file. */
export function addReach(scratch: string, reach: FileReach): void {
  appendFileSync(tableOf(scratch), `${JSON.stringify(reach)}\n`)
}
