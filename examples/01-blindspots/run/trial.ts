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
  const { verdict } = await ctx.tool(tryChange, { code, change, tests }, { timeout: costs.worstMs })
  return { pid: ctx.pid as string, verdict }
})

/** `unjudged`: green, and then there was no budget left for the judge. */
export const TrialEnd = z.discriminatedUnion('type', [
  z.object({ type: z.literal('noticed'), how: Verdict, ms: z.int() }),
  z.object({ type: z.literal('unnoticed'), trial: z.string(), judge: z.string(), was: z.string(), is: z.string(), ms: z.int() }),
  z.object({ type: z.literal('wavered'), ms: z.int() }),
  z.object({ type: z.literal('unjudged'), ms: z.int() }),
])

/** One change: does any test notice? */
export const trial = workflow({ name: 'trial', input: Case, output: TrialEnd }, async (ctx, input) => {
  const { code, change, tests, costs } = input
  const { verdict, ms, was, is } = await ctx.tool(tryChange, { code, change, tests }, { timeout: costs.worstMs })
  if (verdict !== 'green') return { type: 'noticed' as const, how: verdict, ms }
  try {
    const again = await ctx.run(judge, input, { budget: judgeBudget(costs) })
    if (again.verdict !== 'green') return { type: 'wavered' as const, ms }
    return { type: 'unnoticed' as const, trial: ctx.pid as string, judge: again.pid, was, is, ms }
  } catch (error) {
    if (isOutOfBudget(error)) return { type: 'unjudged' as const, ms }
    throw error
  }
})

/** The ordinary end of a run that tries as much as it may. */
export function isOutOfBudget(error: unknown): boolean {
  return SkeinError.isInstance(error) && error.code === 'BUDGET_EXCEEDED'
}
