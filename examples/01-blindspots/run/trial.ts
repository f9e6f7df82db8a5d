/** The two smallest processes: a trial makes one change and runs the tests, a judge looks again at what survived. */
import { SkeinError, workflow } from 'skein'
import { z } from 'zod'
import { judgeBudget } from './budget.ts'
import { tryChange } from './tools.ts'
import { Change, Code, Tests, Verdict } from './types.ts'

export const Costs = z.object({ worstMs: z.int(), usualMs: z.int(), heldMs: z.int() })

const Case = z.object({ code: Code, change: Change, tests: Tests, costs: Costs })

/** Repeats a survivor: a change counts as unnoticed only if the whole suite misses it twice. */
export const judge = workflow({ name: 'judge', input: Case }, async (ctx, { code, change, tests, costs }) => {
  const { verdict, ms } = await ctx.tool(tryChange, { code, change, tests }, { timeout: costs.worstMs })
  return { pid: ctx.pid, verdict, ms }
})

/** What a trial found: `unjudged` is green, with no budget left for the judge. */
export const TrialEnd = z.object({
  type: z.enum(['noticed', 'unnoticed', 'wavered', 'unjudged']),
  change: Change,
  /** The changed lines, before and after. */
  was: z.string(),
  is: z.string(),
  how: Verdict,
  /** Time of its tests, and of its judge's. */
  ms: z.int(),
  trial: z.string(),
  judge: z.string().optional(),
})
export type TrialEnd = z.infer<typeof TrialEnd>

/** One change: does any test notice? */
export const trial = workflow(
  { name: 'trial', input: Case, output: TrialEnd },
  async (ctx, input): Promise<TrialEnd> => {
    const { code, change, tests, costs } = input
    const first = await ctx.tool(tryChange, { code, change, tests }, { timeout: costs.worstMs })
    const found = { change, was: first.was, is: first.is, how: first.verdict, ms: first.ms, trial: ctx.pid as string }
    if (first.verdict !== 'green') return { ...found, type: 'noticed' }
    const budget = judgeBudget(await ctx.budget(), costs)
    if (budget === undefined) return { ...found, type: 'unjudged' }
    const again = await ctx.run(judge, input, { budget })
    return {
      ...found,
      ms: first.ms + again.ms,
      judge: again.pid,
      type: again.verdict === 'green' ? 'unnoticed' : 'wavered',
    }
  },
)

/** The ordinary end of a run that tries as much as it may. */
export function isOutOfBudget(error: unknown): boolean {
  return SkeinError.isInstance(error) && error.code === 'BUDGET_EXCEEDED'
}
