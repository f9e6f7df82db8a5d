/** What an agent has used. */
import type { ModelAnswer, ReducerTotals } from '../kernel/index.ts'

/** Before the first step. */
export const NO_TOTALS: ReducerTotals = { steps: 0, usage: { inputTokens: 0, outputTokens: 0 }, costMicroUsd: 0 }

/** The totals with one more step. */
export function withStep({ steps, usage: sum, costMicroUsd }: ReducerTotals, answer: ModelAnswer): ReducerTotals {
  const { usage } = answer
  return {
    steps: steps + 1,
    usage: {
      inputTokens: sum.inputTokens + usage.inputTokens,
      outputTokens: sum.outputTokens + usage.outputTokens,
      cachedInputTokens: (sum.cachedInputTokens ?? 0) + (usage.cachedInputTokens ?? 0),
      reasoningTokens: (sum.reasoningTokens ?? 0) + (usage.reasoningTokens ?? 0),
    },
    costMicroUsd: costMicroUsd + (answer.costMicroUsd ?? 0),
  }
}
