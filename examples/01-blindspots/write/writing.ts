/**
 * After the hunt, with a model: one writer per blind spot, in turn, each on top of what was proved before it. What they
 * proved becomes one patch, which a person is asked about and which is applied once.
 */
import { SkeinError } from 'skein'
import type { Budget, Ctx } from 'skein'
import type { Amounts } from 'skein/kernel'
import { ADD_TESTS_MS, MODEL_MS, REPORT_MS, WITNESSES_MAX, WRITERS_MAX } from '../limits.ts'
import type { Plan } from '../run/plan.ts'
import type { Change, Request, Tally } from '../run/types.ts'
import { hashOf } from '../code/propose.ts'
import { patchHash } from './patch.ts'
import { addTests, diffPatch, hashSources, passTogether } from './tools.ts'
import { Ending } from './types.ts'
import type { Fate, TestFile, WriterEnd, Written } from './types.ts'
import { writeReport } from '../run/tools.ts'
import { writeTest } from './writer.ts'

/** What the writers came to, with the files that their proved tests make. */
export type Writing = { readonly written: Written; readonly patch: readonly TestFile[] }

/** Has tests written for the survivors, until all are dealt with or the budget is used up. */
export async function writeTests(ctx: Ctx, request: Request, plan: Plan, tally: Tally): Promise<Writing> {
  const { code, tests, costs } = plan
  const model = request.model ?? ''
  const before = await ctx.budget()
  const ends: WriterEnd[] = []
  let patch: readonly TestFile[] = []
  let stopped: string | undefined
  for (const survivor of tally.survivors.slice(0, WRITERS_MAX)) {
    const budget = writerBudget(await ctx.budget(), costs.worstMs)
    if (budget === undefined) {
      stopped = 'its budget is used up'
      break
    }
    const witnesses = witnessesOf(survivor.change, tally)
    const assignment = { code, survivor, witnesses, patch: [...patch], tests, costs, model }
    try {
      const end = await ctx.run(writeTest, assignment, { key: survivor.change.id, budget })
      ends.push(end)
      patch = end.patch
    } catch (error) {
      if (!SkeinError.isInstance(error) || error.code === 'CANCELLED') throw error
      if (ENDS_IT.test(error.code)) {
        stopped = error.message
        break
      }
      ends.push({
        type: 'given up',
        change: survivor.change,
        attempts: 0,
        refused: 0,
        why: error.message,
        patch: [...patch],
      })
    }
  }
  const together = await proveTogether(ctx, plan, patch)
  const { tokens, microUsd } = spent(before, await ctx.budget())
  const written: Written = {
    model,
    ends: ends.map((end) => Ending.parse(end)),
    left: tally.survivors.length - ends.length,
    ...(stopped === undefined ? {} : { stopped }),
    files: patch.map(({ path }) => path),
    patch: patchHash(patch),
    patchFile: patchFileOf(request.report),
    ...together,
    tokens,
    microUsd,
  }
  return { written, patch }
}

/** Noticed changes to the same file; what is on other lines is less likely to be noticed by the new test itself. */
function witnessesOf({ file, line }: Change, { witnesses = [] }: Tally): Change[] {
  const near = witnesses.filter((change) => change.file === file)
  const sorted = near.toSorted((a, b) => Math.abs(b.line - line) - Math.abs(a.line - line))
  return sorted.slice(0, WITNESSES_MAX)
}

/** Errors that the next survivor would meet as well. */
const ENDS_IT = /^(BUDGET_EXCEEDED|ACCOUNT_FROZEN|MODEL_(UNKNOWN|AUTH|RATE_LIMITED|UNAVAILABLE))$/

/** Each was proved on top of those before it; all of them once more, so that what wavers has a second chance to show. */
async function proveTogether(
  ctx: Ctx,
  { code, tests, costs }: Plan,
  patch: readonly TestFile[],
): Promise<{ fate: Fate; why?: string }> {
  if (patch.length === 0) return { fate: 'nothing' }
  const run = await ctx.tool(passTogether, { code, patch: [...patch], tests }, { timeout: costs.worstMs })
  return run.verdict === 'green' ? { fate: 'asked' } : { fate: 'red', why: `${run.ended}: ${run.tail}` }
}

/** Puts the patch before a person, and applies it once. */
export async function applyPatch(
  ctx: Ctx,
  { folder }: Request,
  plan: Plan,
  { written, patch }: Writing,
): Promise<Written> {
  const proved = written.ends.filter(({ type }) => type === 'proved')
  const sources = await ctx.tool(
    hashSources,
    { code: plan.code, files: [...new Set(proved.map(({ change }) => change.file))] },
    { timeout: REPORT_MS },
  )
  try {
    const asked = { folder, patch: written.patch, files: [...patch], sources }
    await ctx.tool(addTests, asked, { timeout: ADD_TESTS_MS })
    return { ...written, fate: 'applied' }
  } catch (error) {
    if (!SkeinError.isInstance(error) || error.code === 'CANCELLED') throw error
    return { ...written, fate: FATES[error.code] ?? 'failed', why: error.message }
  }
}

const FATES: Readonly<Record<string, Fate>> = {
  APPROVAL_DENIED: 'denied',
  APPROVAL_EXPIRED: 'expired',
  FILE_CHANGED: 'changed',
}

/** Leaves the patch beside the report, whatever becomes of it. */
export async function keepPatch(ctx: Ctx, plan: Plan, { written, patch }: Writing): Promise<void> {
  const { text } = await ctx.tool(diffPatch, { code: plan.code, patch: [...patch] }, { timeout: REPORT_MS })
  await ctx.tool(writeReport, { path: written.patchFile, text, sha256: hashOf(text) }, { timeout: REPORT_MS })
}

/** Where the patch lies: beside the report. */
export function patchFileOf(report: string): string {
  return `${report.replace(/\.md$/, '')}.patch`
}

/** All that is left, but what the end of the run needs; undefined when it does not cover one answer and its proof. */
function writerBudget(left: Amounts, worstMs: number): Budget | undefined {
  const time = (left.effectMs ?? Number.POSITIVE_INFINITY) - worstMs - ENDING_MS
  if (time < MODEL_MS + 2 * worstMs || left.modelCalls === 0 || left.tokens === 0 || left.microUsd === 0)
    return undefined
  return {
    ...(Number.isFinite(time) ? { time } : {}),
    ...(left.tokens === undefined ? {} : { tokens: left.tokens }),
    ...(left.microUsd === undefined ? {} : { usd: left.microUsd / 1e6 }),
    processes: 0,
    strict: true,
  }
}

/** The patch and its diff, two reports, the hashes of the sources, and the working tree. */
const ENDING_MS = 5 * REPORT_MS + ADD_TESTS_MS

function spent(before: Amounts, after: Amounts): { readonly tokens: number; readonly microUsd: number } {
  const of = (dimension: 'tokens' | 'microUsd'): number => (before[dimension] ?? 0) - (after[dimension] ?? 0)
  return { tokens: of('tokens'), microUsd: of('microUsd') }
}
