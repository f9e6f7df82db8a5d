/** Tools: what an agent or a workflow can do to the world. A structural superset of the AI SDK's tool. */
import type { Duration } from '../../std/index.ts'
import type { EffectClass } from '../journal/facts.ts'
import type { Pending } from '../effects/pending.ts'
import type { Schema } from './schema.ts'

/** What a tool's `execute` is given beside its input. */
export type ToolExecutionOptions = {
  /** The id of the model's call, or the effect key. */
  readonly toolCallId: string
  /** The conversation so far when an agent calls; empty otherwise. */
  readonly messages: readonly unknown[]
  readonly abortSignal?: AbortSignal
  /** Equal for all attempts of this effect (rule K5); hand it to the far side. Equals `toolCallId` where there is no gate. */
  readonly idempotencyKey?: string
  /** 1 for the first attempt. */
  readonly attempt?: number
  /** What `reportProgress` of live views shows; not evidence. */
  readonly progress?: (text: string) => void
}

/** What was found at the far side of a write that is in doubt. */
export type Reconciled<Output> =
  | { readonly done: Output }
  | { readonly absent: true }
  | { readonly unknown: true }
  /** It is still under way there: go on waiting (rule E10). */
  | Pending

/** Something an agent or a workflow can do. */
export interface Tool<Input = unknown, Output = unknown> {
  readonly name?: string
  readonly description?: string | undefined
  readonly inputSchema: Schema<Input>
  readonly outputSchema?: Schema<Output> | undefined
  /** `write` when absent: in doubt it is never repeated by itself. */
  readonly effect?: EffectClass
  /** The far side, or the nature of the act, makes repeats under the same key harmless; it must stand concurrency. */
  readonly idempotent?: boolean
  /** How long the far side remembers a key; past it, a write in doubt is an unknown outcome. */
  readonly keyTtl?: Duration
  /** True, or a synchronous function of the input. */
  readonly needsApproval?: boolean | Bivariant<[input: Input], boolean> | undefined
  /** Expiry of the approval request; never when absent. */
  readonly approvalExpires?: Duration
  /** Longest time of one attempt; also what a time budget reserves. */
  readonly timeout?: Duration
  /** How many may run at once in this host. */
  readonly concurrency?: number
  /** Label of the definition's version, part of what is approved. */
  readonly version?: string
  readonly execute?:
    | Bivariant<
        [input: Input, options: ToolExecutionOptions],
        Output | Pending | PromiseLike<Output | Pending> | AsyncIterable<Output | Pending>
      >
    | undefined
  readonly reconcile?:
    | Bivariant<[input: Input, options: ToolExecutionOptions], Reconciled<Output> | PromiseLike<Reconciled<Output>>>
    | undefined
}

/** A tool whose types do not matter here. */
export type AnyTool = Tool

/**
 * A tool of the `ai` package goes in unchanged: the members that Skein reads, of any type. Not a union with `Tool`: every
 * tool of an agent would be compared with that first, schema and all.
 */
export type ToolLike = { readonly inputSchema: unknown } & {
  readonly [Member in Exclude<keyof Tool, 'inputSchema'>]?: unknown
}

/** A function type whose parameters are compared both ways, so that a `Tool<City>` is a `Tool`. */
type Bivariant<Args extends unknown[], Result> = { bivarianceHack(...args: Args): Result }['bivarianceHack']
