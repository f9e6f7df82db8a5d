/** `ctx`: everything a workflow can do. Every member is an effect through the gate, or a combinator of them. */
import type { Duration, ErrorData, Pid } from '../../std/index.ts'
import type { Address } from '../messages/when-busy.ts'
import type { Amounts, Budget } from '../accounts/amounts.ts'
import type { AnyDefinition, AgentDefinition, WorkflowDefinition } from '../definitions/definition.ts'
import type {
  ChatMessage,
  FinishReason,
  ModelRef,
  Sampling,
  ToolCallPart,
  ToolSpec,
  Usage,
} from '../definitions/model.ts'
import type { InferSchema, InferSchemaInput, Schema } from '../definitions/schema.ts'
import type { ToolLike } from '../definitions/tool.ts'
import type { Pending } from '../effects/pending.ts'
import type { EffectClass, MessagePattern } from '../journal/facts.ts'
import type { ForkWrites } from '../journal/fork.ts'

/** How one effect is keyed, timed, repeated and approved. */
export type CallOptions = {
  /** The author's key: two calls with equal keys in one scope are told apart by order only (rule K1). */
  readonly key?: string
  /** Longest time of one attempt; a write that exceeds it is unknown, not failed (rule E6). */
  readonly timeout?: Duration
  /** Attempts of a failed, retryable, repeatable effect; default 1, model calls 3 (a crash is not counted). */
  readonly attempts?: number
  /** Ask a person first. */
  readonly approval?: boolean
  /** Allow a call of equal content after an unknown outcome (rule E7). */
  readonly again?: boolean
  /** `throw`: an unknown outcome rejects with `UnknownOutcome` instead of waiting for an operator. */
  readonly onUnknown?: 'park' | 'throw'
}

/** `name` for tools that carry none, as those of `ai`. */
export type ToolCallOptions = CallOptions & { readonly name?: string }
/** What a step does to the world; a write when nothing is said. */
export type StepOptions = CallOptions & { readonly effect?: EffectClass; readonly idempotent?: boolean }
/** The code of a step. */
export type StepFn<T> = (about: {
  readonly idempotencyKey: string
  readonly abortSignal: AbortSignal
  readonly attempt: number
}) => T | Pending | PromiseLike<T | Pending>

/** How a child runs. */
export type RunOptions = {
  readonly key?: string
  /**
   * Carved out of this process's account; what is left comes back at the end. Absent: no limit beyond this process's
   * own, shared by carving as needed.
   */
  readonly budget?: Budget
  /** The child goes on when this process ends; what is left of its account goes to nobody. */
  readonly detached?: boolean
  readonly timeout?: Duration
}

/** Where a fork branches off, what it changes, and what becomes of its writes. */
export type ForkOptions = Omit<RunOptions, 'timeout'> & {
  /** The last fact that is shared, by its seq; or an effect, by its key: right after its outcome. Absent: all there is. */
  readonly at?: number | string
  /** `refuse` (default): writes fail · `stub`: they get the outcome the origin got, or a marked value · `live`: they are done. */
  readonly writes?: ForkWrites
  /** From here with another model. */
  readonly model?: string
  /** From here with other instructions (of an agent). */
  readonly instructions?: string
  /** Other outcomes for effects, by key; the fork branches off right after the last of them. */
  readonly answers?: Readonly<Record<string, unknown>>
  readonly input?: unknown
}

/** What a model is asked. */
export type ModelInput = {
  readonly model: ModelRef
  readonly prompt?: string
  readonly system?: string
  readonly messages?: readonly ChatMessage[]
  readonly tools?: readonly ToolSpec[]
  readonly sampling?: Sampling
}

/** What a model answered. */
export type ModelResult<Output = undefined> = {
  readonly text: string
  readonly output: Output
  readonly toolCalls: readonly ToolCallPart[]
  readonly finishReason: FinishReason
  readonly usage: Usage
  readonly modelId?: string
  readonly notes?: readonly string[]
}

/** A message as its receiver sees it. */
export type ReceivedMessage<Body = unknown> = {
  readonly id: string
  readonly body: Body
  readonly from?: Pid
  readonly topic?: string
  readonly type?: string
  /** Answers a `call`. */
  readonly replyTo?: { readonly pid: Pid; readonly id: string }
  /** Of an answer: there is none, and why; `call` throws it. */
  readonly failed?: ErrorData
}

/** Which message to wait for, and how long. */
export type ReceiveOptions<Body = unknown> = MessagePattern & {
  readonly schema?: Schema<Body>
  readonly timeout?: Duration
}

/** A child that runs by itself. */
export type ChildHandle<Output> = {
  readonly pid: Pid
  /** Its value; rejects with its error. */
  result(): Promise<Output>
  cancel(reason?: string): Promise<void>
}

type InputOf<D> =
  D extends WorkflowDefinition<infer I, infer _O> ? I : D extends AgentDefinition<infer I, infer _O> ? I : never
type OutputOf<D> =
  D extends WorkflowDefinition<infer _I, infer O> ? O : D extends AgentDefinition<infer _I, infer O> ? O : never
/** The type a definition takes. */
export type DefinitionInput<D extends AnyDefinition> = InputOf<D>
/** The type a definition gives. */
export type DefinitionOutput<D extends AnyDefinition> = OutputOf<D>

/** By its schema; an `ai` tool forgets which schema it was given, so there by its body. */
type ToolInputOf<T> = T extends { readonly inputSchema: infer S }
  ? [S] extends [Schema]
    ? InferSchemaInput<S>
    : BodyInput<T>
  : never
type BodyInput<T> = T extends { readonly execute?: infer F }
  ? NonNullable<F> extends (input: infer I, ...rest: never[]) => unknown
    ? I
    : unknown
  : unknown
type ToolOutputOf<T> = T extends { readonly outputSchema: infer S extends Schema }
  ? InferSchema<S>
  : T extends { readonly execute?: infer F }
    ? NonNullable<F> extends (...args: never[]) => infer R
      ? StreamEnd<Awaited<R>>
      : unknown
    : unknown
type StreamEnd<R> = Exclude<R extends AsyncIterable<infer T> ? T : R, Pending>

/** What branch functions return, by index or name. */
type Branches = readonly ((ctx: Ctx) => unknown)[] | Readonly<Record<string, (ctx: Ctx) => unknown>>
type BranchResults<B extends Branches> = {
  -readonly [K in keyof B]: B[K] extends (ctx: Ctx) => infer R ? Awaited<R> : never
}
type BranchResult<B extends Branches> = BranchResults<B>[keyof BranchResults<B> &
  (B extends readonly unknown[] ? number : string)]

/** One of `{ ok, value }` and `{ ok: false, error }`, as `errors: 'collect'` gives. */
export type Collected<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: Error }

declare const continued: unique symbol
/** What `return ctx.continueAsNew(state)` returns; assignable to any output. */
export type ContinueAsNew = never & { readonly [continued]: true }

/** A workflow's only way to the world. */
export interface Ctx {
  readonly pid: Pid
  /** One model call; with `output`, the answer is parsed, validated and repaired within bounds. */
  model(input: ModelInput, options?: CallOptions): Promise<ModelResult>
  model<S extends Schema>(
    input: ModelInput & { readonly output: S; readonly outputName?: string },
    options?: CallOptions,
  ): Promise<ModelResult<InferSchema<S>>>
  tool<T extends ToolLike>(tool: T, input: ToolInputOf<T>, options?: ToolCallOptions): Promise<ToolOutputOf<T>>
  /** The place for any code that touches the world without being a tool; a write unless said otherwise. */
  step<T>(name: string, fn: StepFn<T>, options?: StepOptions): Promise<T>
  /** Starts a child and waits for its value. */
  run<D extends AnyDefinition>(definition: D, input: InputOf<D>, options?: RunOptions): Promise<OutputOf<D>>
  spawn<D extends AnyDefinition>(
    definition: D,
    input: InputOf<D>,
    options?: RunOptions,
  ): Promise<ChildHandle<OutputOf<D>>>
  /** Starts a child that is a fork of another process of this run; its money is carved from this one's account. */
  fork<Output = unknown>(
    target: Pid | string | { readonly pid: Pid },
    options?: ForkOptions,
  ): Promise<ChildHandle<Output>>
  send(to: Pid | string, body: unknown, options?: Address): Promise<void>
  /** Send and wait for the answer to it (rule M5). */
  call(to: Pid | string, body: unknown, options?: Address & { readonly timeout?: Duration }): Promise<unknown>
  receive<Body = unknown>(pattern?: ReceiveOptions<Body>): Promise<ReceivedMessage<Body>>
  /** Answers a received `call`. */
  reply(message: ReceivedMessage, body: unknown): Promise<void>
  sleep(duration: Duration): Promise<void>
  /** Milliseconds since the epoch, recorded. */
  now(): Promise<number>
  /** Uniform in [0, 1), recorded. */
  random(name?: string): Promise<number>
  uuid(name?: string): Promise<string>
  /** Puts a question before a person; the answer is parsed by `answer`. */
  ask<S extends Schema>(question: {
    readonly title: string
    readonly show?: unknown
    readonly answer: S
    readonly expires?: Duration
    readonly key?: string
  }): Promise<InferSchema<S>>
  /** Waits for a value given from outside under this name. */
  promise<T = unknown>(name: string, options?: { readonly schema?: Schema<T>; readonly timeout?: Duration }): Promise<T>
  /** A line on a live stream; not evidence. */
  emit(stream: string, chunk: unknown): void
  /** All branches; the first failure cancels the others, unless `errors: 'collect'`. */
  all<const B extends Branches>(branches: B): Promise<BranchResults<B>>
  map<Item, R>(
    items: readonly Item[],
    fn: (ctx: Ctx, item: Item, index: number) => Promise<R> | R,
    options?: { readonly concurrency?: number; readonly key?: (item: Item) => string; readonly errors?: 'cancel' },
  ): Promise<R[]>
  map<Item, R>(
    items: readonly Item[],
    fn: (ctx: Ctx, item: Item, index: number) => Promise<R> | R,
    options: { readonly concurrency?: number; readonly key?: (item: Item) => string; readonly errors: 'collect' },
  ): Promise<Collected<R>[]>
  /** The first branch to end, for better or worse, wins; the others stop spending. */
  race<const B extends Branches>(branches: B): Promise<BranchResult<B>>
  /** Like `race`, telling which branch won. */
  select<const B extends Readonly<Record<string, (ctx: Ctx) => unknown>>>(
    branches: B,
  ): Promise<
    {
      [K in keyof B]: { readonly name: K; readonly value: B[K] extends (ctx: Ctx) => infer R ? Awaited<R> : never }
    }[keyof B]
  >
  /**
   * Clean-up for what has just been done: a step that runs if this workflow fails or is cancelled, last registered first.
   * A branch that loses runs its own when its combinator has closed. A successful end runs none (rule X4), and
   * neither does `continueAsNew`: what a segment did stands when the next one begins.
   */
  compensate(name: string, fn: StepFn<unknown>, options?: StepOptions): void
  /** `return ctx.continueAsNew(state)`: the next segment starts with `state` as its input (rule A4). */
  continueAsNew(state: unknown): ContinueAsNew
  grant(...args: unknown[]): never
  /** What is left of this process's account, recorded. A missing dimension is unlimited. */
  budget(): Promise<Amounts>
  /** A line in the live log, once: not repeated in replay, not evidence. */
  log(...parts: unknown[]): void
}
