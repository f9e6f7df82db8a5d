/** Drivers: what performs a kind of effect. They run outside the kernel and may do I/O. */
import type { EffectId } from '../../std/index.ts'
import type { Amounts } from '../accounts/amounts.ts'
import type { ModelRef, ModelRequest } from '../definitions/model.ts'
import type { AnyTool } from '../definitions/tool.ts'
import type { Pending } from '../effects/pending.ts'

type CallBase = {
  /** The idempotency key of all attempts. */
  readonly id: EffectId
  readonly attempt: number
  /** Whoever calls aborts it when `timeoutMs` are over, or nobody wants the answer any more; a driver keeps no time of its own. */
  readonly signal: AbortSignal
  /** Told only so that a driver can plan its retries: a pause that would go past it is not begun. */
  readonly timeoutMs: number
  /** For live views; not evidence. */
  readonly progress: (text: string) => void
}

/** One attempt of a model call. `request` is data that nobody changes any more. */
export type ModelCall = CallBase & { readonly kind: 'model'; readonly ref: ModelRef; readonly request: ModelRequest }

/** One attempt of a tool call, or a question what became of one. */
export type ToolCall = CallBase & {
  readonly kind: 'tool'
  readonly name: string
  readonly tool: AnyTool
  /** Parsed input, fresh. */
  readonly input: unknown
  readonly toolCallId: string
  readonly messages: readonly unknown[]
  /** `reconcile` asks the far side what became of an attempt in doubt. */
  readonly act: 'execute' | 'reconcile'
}

/** One attempt of a step. */
export type StepCall = CallBase & {
  readonly kind: 'step'
  readonly name: string
  readonly fn: (about: {
    readonly idempotencyKey: string
    readonly abortSignal: AbortSignal
    readonly attempt: number
  }) => unknown
}

/** Anything a driver can be asked for. */
export type EffectCall = ModelCall | ToolCall | StepCall

/**
 * `value` must be data; `pending`: the answer comes later (rule E10). `reconciled` only
 * for `act: 'reconcile'` when the answer is not "done", `why` if asking failed.
 */
export type DriverResult =
  | { readonly value: unknown; readonly actual?: Amounts }
  | { readonly pending: Pending; readonly actual?: Amounts }
  | { readonly reconciled: 'absent' | 'unknown'; readonly why?: string }

/** Throws for a failure, at once or later; how a throw is judged (error or unknown) is the kernel's (rule E6). */
export interface Driver<Call extends EffectCall = EffectCall> {
  /** How many calls may run at once in this host. */
  readonly concurrencyMax: number
  /** Worst case of a call, for the reservation; integers. */
  reserve(call: Omit<Call, 'signal' | 'progress'>): Amounts
  perform(call: Call): DriverResult | Promise<DriverResult>
}

/** The drivers of a host. */
export type Drivers = {
  readonly model: Driver<ModelCall>
  readonly tool: Driver<ToolCall>
  readonly step: Driver<StepCall>
}
