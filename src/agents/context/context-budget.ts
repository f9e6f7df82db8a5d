/**
 * The budget of an agent's context: how long its conversation may be, by what the provider counted last and an
 * estimate of what has come since.
 *
 * Invariants:
 * 1. What was counted is taken as counted; what is only estimated is never taken for less than the estimate.
 * 2. Everything follows from recorded answers and the conversation; nothing here is looked up.
 */
import type { ModelRequest, Usage } from '../../kernel/index.ts'
import { dataTokens } from './tokens.ts'

/** A count further off than this is not of our text: a cache that is not counted, a template of the provider's. */
const RATIO_MIN = 0.5
const RATIO_MAX = 4
const RATIO_STEP = 1_000

/** What a provider's counts have taught, as data. */
export type Counted = {
  /** Tokens that the model counts where we estimate one. */
  readonly tokensPerEstimate: number
  /** The last count, and the estimate of the same; absent while nothing of the conversation was counted. */
  readonly last?: { readonly tokens: number; readonly estimate: number }
}

const NOTHING_COUNTED: Counted = { tokensPerEstimate: 1 }

/** How much fits. */
export class ContextBudget {
  readonly tokensMax: number
  #counted = NOTHING_COUNTED
  #requestTokens = 0

  constructor(tokensMax: number) {
    this.tokensMax = tokensMax
  }

  get counted(): Counted {
    return this.#counted
  }

  /** What goes with every call beside the messages, and what an earlier instance has learnt. */
  open({ tools, output }: Omit<ModelRequest, 'messages'>, counted: Counted | undefined): void {
    this.#counted = counted ?? NOTHING_COUNTED
    this.#requestTokens = (tools ?? []).reduce((sum, tool) => sum + dataTokens(tool), 0)
    if (output !== undefined) this.#requestTokens += dataTokens(output)
  }

  /** Estimated tokens that the messages of a call may have, if none of them was counted. */
  get allowed(): number {
    return this.allowedAlone - this.#requestTokens
  }

  /** The same for a call without tools. */
  get allowedAlone(): number {
    return Math.floor(this.tokensMax / this.#factor)
  }

  /** Tokens of a call whose messages are estimated to be so long. */
  tokensOf(estimate: number): number {
    const { last } = this.#counted
    const whole = estimate + this.#requestTokens
    return last === undefined
      ? Math.ceil(whole * this.#factor)
      : last.tokens + Math.ceil((whole - last.estimate) * this.#factor)
  }

  /** Learns from the provider's count of a call whose messages were estimated. */
  learn(messages: number, { inputTokens }: Usage): void {
    const estimate = messages + this.#requestTokens
    if (!(inputTokens > 0) || estimate <= 0) return
    const ratio = Math.ceil((inputTokens / estimate) * RATIO_STEP) / RATIO_STEP
    const tokensPerEstimate = Math.min(Math.max(ratio, RATIO_MIN), RATIO_MAX)
    const tokens = Math.max(inputTokens, Math.ceil(estimate * RATIO_MIN))
    this.#counted = { tokensPerEstimate, last: { tokens, estimate } }
  }

  /** The conversation is another one now: nothing of it was counted. */
  forget(): void {
    const { tokensPerEstimate } = this.#counted
    this.#counted = { tokensPerEstimate }
  }

  get #factor(): number {
    return Math.max(this.#counted.tokensPerEstimate, 1)
  }
}
