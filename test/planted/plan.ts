/** What one run tries and how far it has come: a process that is used up leaves it to the next. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { PlantedResult } from './results.ts'
import type { Stage } from './stages.ts'

/** What a run tries. */
export type Plan = {
  readonly names: readonly string[]
  readonly stages: readonly Stage['name'][]
  /** One stage by itself, which is no word on who caught it first. */
  readonly isAlone: boolean
  readonly commit: string
}

/** How far it has come. */
export type Progress = {
  readonly results: readonly PlantedResult[]
  /** How long each stage took on the untouched code, where it was green. */
  readonly untouchedMs: { readonly [stage in Stage['name']]?: number }
}

const planOf = (scratch: string): string => join(scratch, 'plan.json')
const progressOf = (scratch: string): string => join(scratch, 'progress.json')

export const writePlan = (scratch: string, plan: Plan): void => writeFileSync(planOf(scratch), JSON.stringify(plan))

export const readPlan = (scratch: string): Plan => JSON.parse(readFileSync(planOf(scratch), 'utf8')) as Plan

export const writeProgress = (scratch: string, progress: Progress): void =>
  writeFileSync(progressOf(scratch), JSON.stringify(progress))

export const readProgress = (scratch: string): Progress =>
  JSON.parse(readFileSync(progressOf(scratch), 'utf8')) as Progress

/** True when a bug meets no stage of this run any more. */
export const isOver = ({ stages }: Plan, { caught, unclear, missed = [] }: PlantedResult): boolean =>
  caught !== undefined || unclear !== undefined || stages.every((stage) => missed.includes(stage))

/** What is kept of a result of this run, beside what was kept before. */
export function kept({ isAlone, stages }: Plan, result: PlantedResult, before?: PlantedResult): PlantedResult {
  const same = before?.edits === result.edits ? before : undefined
  const [stage] = stages
  if (!isAlone || stage === undefined) return same?.alone === undefined ? result : { ...result, alone: same.alone }
  const { name, edits, caught, ms, judged } = result
  // Without a verdict there is nothing to say about the stage.
  if (judged === undefined) return same ?? { name, edits, ms: 0 }
  const alone = { ms, judged, ...(caught === undefined ? {} : { test: caught.test }) }
  return { ...(same ?? { name, edits, ms: 0 }), alone: { ...same?.alone, [stage]: alone } }
}
