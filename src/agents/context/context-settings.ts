/** What an author says about the length of an agent's conversation. */
import { SkeinError } from '../../std/index.ts'
import type { ModelRef } from '../../kernel/index.ts'
import { contextWindowOf } from '../../model/index.ts'
import { CONTEXT_TOKENS_MIN } from '../limits.ts'

/** `context` of an agent. */
export type ContextSettings = {
  /** Most tokens of one model call: instructions, tools and conversation. Room for the answer is yours to leave. */
  readonly tokensMax?: number
  /** Who writes the summary; the agent's own model when absent. */
  readonly model?: ModelRef
  /** What the summary should hold, instead of Skein's own words. */
  readonly instructions?: string
}

/** The settings, checked; undefined: conversations grow as they like. */
export type ContextPlan = { readonly tokensMax: number; readonly model: ModelRef; readonly instructions: string }

/** Of a model's window, this part is used: the rest is for the answer, and for what an estimate may miss. */
const WINDOW_SHARE = 0.75

const INSTRUCTIONS = [
  'You keep the notes of an agent whose conversation has become too long to be read at once.',
  'Write what it needs in order to go on without the rest: what it was asked and what people said to it since;',
  'what it did and found, with exact names, numbers, paths and identifiers; what failed, and why;',
  'what is still open, and what it was about to do. Leave out what it can look up again. Answer with the notes only.',
].join(' ')

/** The plan of an agent's `context`. Throws `DEFINITION_INVALID`. */
export function contextPlanOf(
  context: ContextSettings | false | undefined,
  model: ModelRef,
  agentName: string,
): ContextPlan | undefined {
  if (context === false) return undefined
  const given: unknown = context ?? {}
  if (typeof given !== 'object' || given === null) throw bad(agentName, 'context that is no object')
  const { tokensMax, instructions, model: other } = given as ContextSettings
  const known = contextWindowOf(model)
  const max = tokensMax ?? (known === undefined ? undefined : Math.floor(known * WINDOW_SHARE))
  if (max === undefined) {
    if (context === undefined) return undefined
    throw bad(agentName, 'context without tokensMax, and a model whose window is not known')
  }
  if (!Number.isSafeInteger(max) || max < CONTEXT_TOKENS_MIN)
    throw bad(agentName, `context.tokensMax ${JSON.stringify(max)}`)
  if (instructions !== undefined && typeof instructions !== 'string')
    throw bad(agentName, 'context.instructions that are no text')
  return { tokensMax: max, model: other ?? model, instructions: instructions ?? INSTRUCTIONS }
}

function bad(agentName: string, what: string): SkeinError {
  return new SkeinError(
    'DEFINITION_INVALID',
    `agent "${agentName}" has ${what}; write context: { tokensMax: n } with a whole number from ${CONTEXT_TOKENS_MIN}, or context: false`,
  )
}
