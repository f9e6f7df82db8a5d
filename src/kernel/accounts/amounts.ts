/** Amounts: what budgets count, as integers per dimension. */
import { durationMs, SkeinError } from '../../std/index.ts'
import type { Duration } from '../../std/index.ts'

/**
 * `microUsd` money · `tokens` in and out · `effectMs` wall time spent inside effects (waiting for people,
 * machines that are down and timers cost nothing) · `modelCalls` · `toolCalls` (steps count as tools) ·
 * `processes` started below this one.
 */
export const DIMENSIONS = ['microUsd', 'tokens', 'effectMs', 'modelCalls', 'toolCalls', 'processes'] as const
/** One of the things budgets count. */
export type Dimension = (typeof DIMENSIONS)[number]

/** Integers ≥ 0; a missing dimension is 0 in an amount and *unlimited* in a cap. */
export type Amounts = { readonly [D in Dimension]?: number }

/** A budget as authors write it. */
export type Budget = {
  /** US dollars. */
  readonly usd?: number
  readonly tokens?: number
  /** Wall time inside effects, summed over the run; what the longest allowed run of a tool needs is reserved before it starts. */
  readonly time?: Duration
  readonly modelCalls?: number
  readonly toolCalls?: number
  readonly processes?: number
  /** Refuse with `BUDGET_EXCEEDED` instead of waiting for a top-up (rule G5). */
  readonly strict?: boolean
}

/** The cap that a budget stands for. Throws `INPUT_INVALID`. */
export function capOf(budget: Budget): Amounts {
  const cap: { [D in Dimension]?: number } = {}
  const put = (dimension: Dimension, name: string, value: number | undefined): void => {
    if (value === undefined) return
    if (!Number.isFinite(value) || value < 0)
      throw new SkeinError('INPUT_INVALID', `budget.${name} is ${value}; write a number of 0 or more`)
    cap[dimension] = Math.floor(value)
  }
  put('microUsd', 'usd', budget.usd === undefined ? undefined : Math.round(budget.usd * 1e6))
  put('tokens', 'tokens', budget.tokens)
  put('effectMs', 'time', budget.time === undefined ? undefined : durationMs(budget.time))
  put('modelCalls', 'modelCalls', budget.modelCalls)
  put('toolCalls', 'toolCalls', budget.toolCalls)
  put('processes', 'processes', budget.processes)
  return cap
}

/** `a + b` per dimension. */
export function addAmounts(a: Amounts, b: Amounts): Amounts {
  const sum: { [D in Dimension]?: number } = { ...a }
  for (const dimension of DIMENSIONS) {
    const value = b[dimension]
    if (value !== undefined && value !== 0) sum[dimension] = (sum[dimension] ?? 0) + value
  }
  return sum
}

/** `a - b` per dimension, for dimensions that either has. */
export function subtractAmounts(a: Amounts, b: Amounts): Amounts {
  const rest: { [D in Dimension]?: number } = { ...a }
  for (const dimension of DIMENSIONS) {
    const value = b[dimension]
    if (value !== undefined && value !== 0) rest[dimension] = (rest[dimension] ?? 0) - value
  }
  return rest
}

/** Amounts in an error's words: `2 toolCalls, 500 tokens`. */
export function amountsText(amounts: Amounts): string {
  return Object.entries(amounts)
    .map(([dimension, amount]) => `${amount} ${dimension}`)
    .join(', ')
}
