/**
 * Keeps an agent's conversation within its budget: says before each step whether it must be made shorter, and how.
 *
 * Invariants:
 * 1. After `over` says undefined, or its `end` was called, the conversation fits.
 * 2. Everything here follows from recorded outcomes: the budget's correction, the cut, the summary.
 */
import { assert, SkeinError } from '../../std/index.ts'
import type { ModelRequest, ReducerAsk, ReducerOutcome, Usage } from '../../kernel/index.ts'
import type { Conversation, Mark } from '../conversation.ts'
import { shownTextsOf } from '../shown-texts.ts'
import { compacted, summaryRequest } from './compaction.ts'
import { ContextBudget } from './context-budget.ts'
import type { Counted } from './context-budget.ts'
import type { ContextPlan } from './context-settings.ts'
import { cutOf } from './cut.ts'
import type { Cut } from './cut.ts'

/** A conversation that is to be made shorter. */
export type Compaction = {
  /** The call that writes the summary; undefined where none is needed, or none can be made. */
  readonly ask: Extract<ReducerAsk, { type: 'model' }> | undefined
  /** Makes it shorter, by the outcome of the call if there was one; gives the place at which the request may be taken back. */
  readonly end: (outcome: ReducerOutcome | undefined) => Mark
}

/** The keeper of one agent's context. */
export class ContextKeeper {
  readonly #conversation: Conversation
  readonly #hash: (text: string) => string
  #plan: ContextPlan | undefined
  #budget: ContextBudget | undefined
  #counted: Counted | undefined
  /** Place of the task among the messages, the system message apart. */
  taskAt = 0
  /** The state has become much smaller than the journal. */
  hasCompacted = false

  constructor(conversation: Conversation, hash: (text: string) => string) {
    this.#conversation = conversation
    this.#hash = hash
  }

  /** The agent that has the conversation now; what was counted for an earlier one still says something. */
  use(plan: ContextPlan | undefined, request: Omit<ModelRequest, 'messages'>, counted = this.counted): void {
    this.#plan = plan
    this.#counted = counted
    this.#budget = plan === undefined ? undefined : new ContextBudget(plan.tokensMax)
    this.#budget?.open(request, counted)
  }

  get counted(): Counted | undefined {
    return this.#budget?.counted ?? this.#counted
  }

  /** The last message that has joined is what is to be done now. */
  isTask(): void {
    this.taskAt = this.#conversation.messages.length - 1 - this.#conversation.systemMessages
  }

  /** The provider has counted the conversation as it is. */
  learn(usage: Usage): void {
    this.#budget?.learn(this.#conversation.tokens, usage)
  }

  /** What must be done before the next step, if anything. Throws `CONTEXT_EXCEEDED`. */
  over(slot: string, agentName: string): Compaction | undefined {
    const plan = this.#plan
    const budget = this.#budget
    const conversation = this.#conversation
    if (plan === undefined || budget === undefined || budget.tokensOf(conversation.tokens) <= budget.tokensMax)
      return undefined
    const cut = cutOf(conversation, this.taskAt, budget.allowed)
    if (cut === undefined) throw exceeded(agentName, budget)
    const end = (outcome: ReducerOutcome | undefined): Mark => {
      const parts = compacted(cut, outcome)
      this.taskAt = parts.taskAt
      this.hasCompacted = true
      budget.forget()
      const mark = conversation.replace(parts)
      assert(budget.tokensOf(conversation.tokens) <= budget.tokensMax, 'a compacted conversation fits')
      return mark
    }
    const request = summaryRequest(cut, plan, budget.allowedAlone)
    if (request === undefined) return { ask: undefined, end }
    const { contentHash } = conversation
    const args = { cut: figuresOf(cut, budget.tokensOf(conversation.tokens), plan) }
    const shown = shownTextsOf(plan.instructions, new Map(), this.#hash)
    return { ask: { type: 'model', slot, ref: plan.model, request, contentHash, args, shown }, end }
  }
}

/** The cut point, as the journal keeps it beside the summary and its price. */
function figuresOf(cut: Cut, tokens: number, { tokensMax }: ContextPlan): Record<string, number> {
  return { tokens, tokensMax, summarised: cut.summarised.length, kept: cut.kept.length }
}

function exceeded(agentName: string, { tokensMax }: ContextBudget): SkeinError {
  return new SkeinError(
    'CONTEXT_EXCEEDED',
    `the instructions, tools and task of agent "${agentName}" alone do not fit its context of ${tokensMax} tokens; ` +
      'raise context.tokensMax, or give it less at once',
  )
}
