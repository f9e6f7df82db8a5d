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

type Sum = { -readonly [D in Dimension]?: number }

/** `a + b` per dimension. */
export function addAmounts(a: Amounts, b: Amounts): Amounts {
  return moved(a, b, 1)
}

/** `a - b` per dimension, for dimensions that either has. */
export function subtractAmounts(a: Amounts, b: Amounts): Amounts {
  return moved(a, b, -1)
}

/** Every effect moves amounts a dozen times: each dimension by its name, which costs a tenth of a loop over the names. */
function moved(a: Amounts, b: Amounts, sign: 1 | -1): Amounts {
  const sum: Sum = { ...a }
  if (isMoved(b.microUsd)) sum.microUsd = (sum.microUsd ?? 0) + sign * b.microUsd
  if (isMoved(b.tokens)) sum.tokens = (sum.tokens ?? 0) + sign * b.tokens
  if (isMoved(b.effectMs)) sum.effectMs = (sum.effectMs ?? 0) + sign * b.effectMs
  if (isMoved(b.modelCalls)) sum.modelCalls = (sum.modelCalls ?? 0) + sign * b.modelCalls
  if (isMoved(b.toolCalls)) sum.toolCalls = (sum.toolCalls ?? 0) + sign * b.toolCalls
  if (isMoved(b.processes)) sum.processes = (sum.processes ?? 0) + sign * b.processes
  return sum
}

function isMoved(value: number | undefined): value is number {
  return value !== undefined && value !== 0
}

/** Amounts in an error's words: `2 toolCalls, 500 tokens`. */
export function amountsText(amounts: Amounts): string {
  return Object.entries(amounts)
    .map(([dimension, amount]) => `${amount} ${dimension}`)
    .join(', ')
}
