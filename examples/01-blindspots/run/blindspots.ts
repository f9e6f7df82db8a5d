/**
 * The main job: which lines of this code could break without any test noticing? Every claim is proved by a run.
 *
 *   blindspots
 *   ├ survey               freezes the code, finds sources and tests
 *   ├ run-tests            asks first; green on untouched copies, twice at least
 *   ├ break-everything     red when every source is broken, or the tests look elsewhere
 *   ├ file                 a visit to one source file: proposes changes
 *   │ └ trial              one change in a scratch copy of its own
 *   │   └ judge            what survived, once more
 *   ├ write-test           with a model: a test for a blind spot, proved by runs on the code and on the change
 *   ├ write-report
 *   └ add-tests            asks first; changes the working tree, once
 */
import { workflow } from 'skein'
import type { Ctx } from 'skein'
import { z } from 'zod'
import { hashOf } from '../code/propose.ts'
import { REPORT_MS } from '../limits.ts'
import { markdown } from '../report/markdown.ts'
import { removeScratch } from '../scratch/slots.ts'
import { applyPatch, keepPatch, writeTests } from '../write/writing.ts'
import { Written } from '../write/types.ts'
import { hunt } from './hunt.ts'
import type { HuntEnd } from './hunt.ts'
import { prepare, Standing } from './plan.ts'
import type { Plan } from './plan.ts'
import { writeReport } from './tools.ts'
import { Request, Tally } from './types.ts'

/** What a finished run says. */
export const Result = z.object({
  /** False when everything was tried. */
  stopped: z.boolean(),
  /** Time of work by the clock on the wall. */
  activeMs: z.int(),
  proposals: z.int(),
  sources: z.int(),
  testFiles: z.int(),
  testMs: z.int(),
  /** Of the code, as it was when the run began. */
  fingerprint: z.string(),
  tally: Tally,
  /** Files that no test loads. */
  unloaded: z.array(z.string()),
  report: z.string(),
  budgetMs: z.int(),
  workers: z.int(),
  /** What a model wrote; absent without one. */
  written: Written.optional(),
})
export type Result = z.infer<typeof Result>

const Input = Request.extend({ standing: Standing.optional() })

/** The root of a run. Its input after the first segment carries where it stands. */
export const blindspots = workflow(
  { name: 'blindspots', input: Input, output: Result },
  async (ctx, { standing, ...request }) => {
    const hunted = await hunt(ctx, request.workers, standing ?? (await prepare(ctx, request)))
    if (hunted.end === 'paused') return ctx.continueAsNew({ ...request, standing: hunted.standing })
    const found = await resultOf(ctx, request, hunted)
    const { plan } = hunted.standing
    const result = request.model === undefined ? found : await withTests(ctx, request, plan, found)
    await report(ctx, request, result)
    const { scratch } = plan.code
    await ctx.step('clear-scratch', () => removeScratch(scratch), { idempotent: true, timeout: REPORT_MS })
    return result
  },
)

async function report(ctx: Ctx, request: Request, result: Result): Promise<void> {
  const text = markdown(request, result)
  await ctx.tool(writeReport, { path: request.report, text, sha256: hashOf(text) }, { timeout: REPORT_MS })
}

/** The report and the patch are there before anybody is asked about them. */
async function withTests(ctx: Ctx, request: Request, plan: Plan, found: Result): Promise<Result> {
  const writing = await writeTests(ctx, request, plan, found.tally)
  const result = { ...found, written: writing.written }
  if (writing.patch.length === 0) return result
  await keepPatch(ctx, plan, writing)
  if (writing.written.fate !== 'asked') return result
  await report(ctx, request, result)
  return { ...found, written: await applyPatch(ctx, request, plan, writing) }
}

async function resultOf(ctx: Ctx, request: Request, { end, standing }: HuntEnd): Promise<Result> {
  const { budgetMs, workers, report: path, writingMs = 0 } = request
  const { plan, tally, loaded } = standing
  const left = await ctx.budget()
  const spentMs = left.effectMs === undefined ? 0 : budgetMs * workers + writingMs - left.effectMs
  const unloaded = loaded.filter(({ is }) => !is).map(({ file }) => file)
  return {
    stopped: end === 'stopped',
    // While one had work, the other workers' time passed as well, and was not counted.
    activeMs: Math.round((spentMs + plan.aloneMs * (workers - 1)) / workers),
    proposals: plan.proposals - tally.dropped,
    sources: plan.sources,
    testFiles: plan.testFiles,
    testMs: plan.baselineMs,
    fingerprint: plan.code.fingerprint,
    tally: { ...tally, survivors: tally.survivors.filter(({ change }) => !unloaded.includes(change.file)) },
    unloaded,
    report: path,
    budgetMs,
    workers,
  }
}
