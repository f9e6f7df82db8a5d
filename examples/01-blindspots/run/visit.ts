/** One process per visit to a source file: it proposes a few changes and has each of them tried. */
import { SkeinError, workflow } from 'skein'
import type { Ctx } from 'skein'
import { z } from 'zod'
import { PROPOSE_MS, SURVIVORS_TO_DOUBT } from '../limits.ts'
import { trialBudget } from './budget.ts'
import { breaking } from './changes.ts'
import { propose } from './tools.ts'
import { Costs, isOutOfBudget, trial } from './trial.ts'
import { added, Code, NOTHING_TRIED, Tally, Tests } from './types.ts'
import type { Change } from './types.ts'

const Visit = z.object({
  code: Code,
  file: z.string(),
  from: z.int(),
  stride: z.int(),
  most: z.int(),
  /** Whether any test loads this file; unknown until something in it is noticed, or much of it is not. */
  loaded: z.boolean().optional(),
  /** What survived in this file so far. */
  survived: z.int(),
  tests: Tests,
  costs: Costs,
})

export const VisitEnd = z.object({
  tally: Tally,
  /** Where the next visit goes on; null when the file is done. */
  next: z.int().nullable(),
  loaded: z.boolean().optional(),
})

/** Tries the next changes of one file, as many as its budget allows. */
export const visit = workflow({ name: 'file', input: Visit, output: VisitEnd }, async (ctx, input) => {
  const { code, file, from, stride, most } = input
  const proposed = await ctx.tool(propose, { code, file, from, stride, most }, { timeout: PROPOSE_MS })
  let tally: Tally = { ...NOTHING_TRIED, dropped: proposed.dropped }
  let loaded = input.loaded
  for (const { index, change } of proposed.changes) {
    const found = await attempt(ctx, input, change)
    // Another visit begins here, with a budget of its own.
    if (found === undefined) return { tally, next: index, ...(loaded === undefined ? {} : { loaded }) }
    tally = added(tally, found)
    // Whoever notices something in a file has loaded it.
    if (found.noticed > 0) loaded = true
    const survived = input.survived + tally.survivors.length
    if (found.survivors.length === 0 || loaded !== undefined || survived < SURVIVORS_TO_DOUBT) continue
    loaded = await isLoaded(ctx, input)
    // Nothing in a file that no test loads can be noticed: one line of the report says it.
    if (loaded === false) return { tally, next: null, loaded }
  }
  return { tally, next: proposed.next, ...(loaded === undefined ? {} : { loaded }) }
})

type VisitInput = z.infer<typeof Visit>

/** What came of one change; undefined when the budget does not cover it. */
async function attempt(ctx: Ctx, { code, tests, costs }: VisitInput, change: Change): Promise<Tally | undefined> {
  const tried = { ...NOTHING_TRIED, tried: 1 }
  const budget = trialBudget(await ctx.budget(), costs)
  if (budget === undefined) return undefined
  try {
    const end = await ctx.run(trial, { code, change, tests, costs }, { key: change.id, budget })
    switch (end.type) {
      case 'noticed':
        return { ...tried, noticed: 1, witnesses: [change] }
      case 'wavered':
        return { ...tried, noticed: 1, wavered: 1 }
      case 'unjudged':
        return undefined
      case 'unnoticed':
        return {
          ...tried,
          survivors: [{ change, was: end.was, is: end.is, trial: end.trial, judge: end.judge ?? end.trial }],
        }
    }
  } catch (error) {
    if (isOutOfBudget(error)) return undefined
    if (!SkeinError.isInstance(error) || error.code === 'CANCELLED') throw error
    return { ...NOTHING_TRIED, failed: 1, why: error.message }
  }
}

/** False when the tests stay green although the whole file is broken; undefined when there was no budget to look. */
async function isLoaded(ctx: Ctx, { code, file, tests, costs }: VisitInput): Promise<boolean | undefined> {
  const budget = trialBudget(await ctx.budget(), costs)
  if (budget === undefined) return undefined
  try {
    const end = await ctx.run(trial, { code, change: breaking(file), tests, costs }, { key: 'broken', budget })
    return end.type === 'unjudged' ? undefined : end.type !== 'unnoticed'
  } catch (error) {
    if (isOutOfBudget(error)) return undefined
    throw error
  }
}
