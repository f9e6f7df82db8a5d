/** Before the first trial: freeze the code, look at it, and prove that its tests are worth asking. */
import type { Ctx } from 'skein'
import { z } from 'zod'
import { BASELINE_SHARE, SCRATCH_MS, SURVEY_MS, WRITER_RUNS_MAX } from '../limits.ts'
import { heldMs, visitSize } from './budget.ts'
import { baselineFailure, notStarted, notWatching, nothingToTry, tooShort } from './failures.ts'
import { alarm, baseline, surveyFolder } from './tools.ts'
import { Costs, isOutOfBudget } from './trial.ts'
import { Code, NOTHING_TRIED, Tally, Tests } from './types.ts'
import type { Request } from './types.ts'

/** Where the next visit to a file begins: at every `stride`-th of its proposals. */
const Place = z.object({ file: z.string(), from: z.int(), stride: z.int() })
export type Place = z.infer<typeof Place>

/** What does not change while changes are tried. */
const Plan = z.object({
  code: Code,
  tests: Tests,
  costs: Costs,
  sources: z.int(),
  testFiles: z.int(),
  proposals: z.int(),
  perVisit: z.int(),
  skipped: z.object({ binary: z.int(), huge: z.int(), unreadable: z.int(), generated: z.int(), beyondLimit: z.int() }),
  baselineMs: z.int(),
  baselineRuns: z.int(),
  /** Time before the first trial, in which the lanes had nothing to do. */
  aloneMs: z.int(),
})
export type Plan = z.infer<typeof Plan>

/** A run between two segments of its journal. */
export const Standing = z.object({
  plan: Plan,
  queue: z.array(Place),
  tally: Tally,
  /** Files of which it is known whether any test loads them. */
  loaded: z.array(z.object({ file: z.string(), is: z.boolean() })),
})
export type Standing = z.infer<typeof Standing>

/** Everything up to the first trial. Throws what is wrong with the folder or its tests. */
export async function prepare(ctx: Ctx, request: Request): Promise<Standing> {
  const { folder, only, scratch, budgetMs, workers, writingMs = 0 } = request
  const shareMs = Math.floor(budgetMs * BASELINE_SHARE)
  const found = await ctx.tool(surveyFolder, { folder, scratch, only }, { timeout: Math.min(SURVEY_MS, shareMs) })
  const proposals = found.sources.reduce((sum, source) => sum + source.proposals, 0)
  if (proposals === 0) throw nothingToTry(folder, only, found.files, found.skipped)
  const code = { folder, scratch, fingerprint: found.fingerprint }
  const { tests, costs, runs, ms } = await watch(ctx, request, {
    code,
    shareMs,
    proposals,
    files: found.sources.map(({ file }) => file),
  })
  const leftMs = ((await ctx.budget()).effectMs ?? budgetMs * workers + writingMs) - writingMs
  const aloneMs = budgetMs * workers - leftMs
  const held = { ...costs, heldMs: heldMs(aloneMs, workers) + writingMs }
  return {
    plan: {
      code,
      tests,
      costs: held,
      sources: found.sources.length,
      testFiles: found.tests,
      proposals,
      perVisit: visitSize(leftMs + writingMs, found.sources.length, held),
      skipped: found.skipped,
      baselineMs: ms,
      baselineRuns: runs,
      aloneMs,
    },
    queue: places(found.sources, workers),
    tally: NOTHING_TRIED,
    loaded: [],
  }
}

type Watched = {
  readonly code: Code
  readonly shareMs: number
  readonly proposals: number
  readonly files: readonly string[]
}

/** Green on untouched copies every time, red when everything is broken; how long both take sets the patience of trials. */
async function watch(ctx: Ctx, { argv, folder, workers, network, model }: Request, about: Watched) {
  const { code, shareMs, proposals, files } = about
  const asked = {
    command: argv,
    folder,
    runsAtMost: 2 * (proposals + files.length) + workers + 2 + (model === undefined ? 0 : WRITER_RUNS_MAX),
    sideBySide: workers,
    network,
    code,
    ...(model === undefined ? {} : { writer: model }),
  }
  const testMs = workers > 1 ? shareMs : Math.floor(shareMs / 2)
  const first = await ctx
    .tool(baseline, { ...asked, testMs }, { timeout: shareMs + SCRATCH_MS })
    .catch((error: unknown) => {
      throw notStarted(argv, error)
    })
  const failure = baselineFailure(argv, network, first)
  if (failure !== undefined) throw failure
  const tests = { argv, testMs: first.testMs, network }
  const worstMs = first.testMs + first.scratchMs
  const broken = await ctx
    .tool(alarm, { code, files: [...files], tests }, { timeout: worstMs })
    .catch((error: unknown) => {
      throw isOutOfBudget(error) ? tooShort(first.ms, worstMs) : error
    })
  if (broken.verdict === 'green') throw notWatching(argv)
  return { tests, costs: { worstMs, usualMs: first.ms + 100, heldMs: 0 }, runs: first.runs, ms: first.ms }
}

/** All files have a first turn before one has a second; each is cut so that all workers can be in it at the end. */
function places(sources: readonly { readonly file: string; readonly proposals: number }[], workers: number): Place[] {
  const turns = Array.from({ length: workers }, (_, from) => from)
  return turns.flatMap((from) =>
    sources.filter((source) => from < source.proposals).map(({ file }) => ({ file, from, stride: workers })),
  )
}
