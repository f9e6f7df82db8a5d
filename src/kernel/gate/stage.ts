/** Stages of the gate: what each is shown, and what it can say. */
import type { SkeinError } from '../../std/index.ts'
import type { Account } from '../accounts/account.ts'
import type { Amounts } from '../accounts/amounts.ts'
import type { EffectAsk } from '../effects/ask.ts'
import type { FactBody } from '../journal/facts.ts'
import type { Outcome } from '../journal/outcome.ts'
import type { EffectRecord } from '../processes/effect-record.ts'
import type { Process } from '../processes/process.ts'

/** What a stage sees. `account` is a draft: reservations of the same decision count. */
export type StageInput = {
  readonly process: Process
  readonly ask: EffectAsk
  readonly record: EffectRecord | undefined
  readonly reserve: Amounts
  readonly account: Account
  /** Where the shape stage leaves what the schema made of the input. */
  readonly parsed: ParsedInput
}

/** What the schema made of the input. */
export type ParsedInput = { input?: unknown }

/** What a stage says. */
export type Verdict =
  | { readonly type: 'pass' }
  | { readonly type: 'refuse'; readonly error: SkeinError }
  /** It gets this outcome, and does not begin. */
  | { readonly type: 'answer'; readonly outcome: Outcome; readonly note: string }
  /** The facts say what is waited for; the ask comes back when it is answered. */
  | { readonly type: 'wait'; readonly facts: readonly FactBody[] }
  /** No slot now: the ask comes back when it has one. */
  | { readonly type: 'queue' }

/** One check of the gate. */
export type Stage = { readonly name: string; readonly judge: (input: StageInput) => Verdict }

/** The verdict of a stage that has nothing to say. */
export const PASS: Verdict = { type: 'pass' }
