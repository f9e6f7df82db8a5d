/** `tool()`: a tool as authors write it. */
import type {
  InferSchema,
  InferSchemaInput,
  Pending,
  Reconciled,
  Schema,
  Tool,
  ToolExecutionOptions,
} from '../../kernel/index.ts'
import { validateTool } from './validate-tool.ts'

/** What a body is given beside its input: `idempotencyKey` is always there, gate or no gate. */
export type ToolOptions = ToolExecutionOptions & { readonly idempotencyKey: string }

/** The members whose types depend on neither schema. */
type Manner = { readonly [K in Exclude<keyof Tool, SchemaBound>]?: Exclude<Tool[K], undefined> }
type SchemaBound = 'inputSchema' | 'outputSchema' | 'needsApproval' | 'execute' | 'reconcile'

type Later<Value> = Value | Pending
type Result<Value> = Later<Value> | PromiseLike<Later<Value>> | AsyncIterable<Later<Value>>
/** The value that a body ends with: what its promise resolves to, or the last of its stream. */
type ValueOf<Returned> = Exclude<
  Awaited<Returned> extends AsyncIterable<infer Item> ? Item : Awaited<Returned>,
  Pending
>
type Answer<Returned> = Reconciled<ValueOf<Returned>> | PromiseLike<Reconciled<ValueOf<Returned>>>

/** What `tool()` takes. Other members of the AI SDK's tool (`toModelOutput`, `strict`, …) go through untouched. */
export type ToolDefinition<In extends Schema, Returned> = Manner & {
  readonly inputSchema: In
  readonly needsApproval?: boolean | ((input: InferSchema<In>) => boolean)
  readonly execute?: (input: InferSchema<In>, options: ToolOptions) => Returned
  readonly reconcile?: (input: InferSchema<In>, options: ToolOptions) => NoInfer<Answer<Returned>>
}

/** What `tool()` gives: a `Tool` for the kernel and a tool for the `ai` package, with the author's own types. */
export type DefinedTool<In extends Schema, Returned, Extra = unknown> = Manner & {
  readonly inputSchema: In
  readonly needsApproval?: boolean | ((input: InferSchema<In>) => boolean)
  readonly execute: (input: InferSchema<In>, options: ToolExecutionOptions) => Returned
  readonly reconcile?: (input: InferSchema<In>, options: ToolExecutionOptions) => Answer<Returned>
} & Extra

/**
 * Defines a tool. The result is also a tool of the `ai` package; run there, where there is no gate,
 * its `idempotencyKey` is the `toolCallId`. Throws `DEFINITION_INVALID`.
 */
export function tool<In extends Schema, Out extends Schema, Returned extends Result<InferSchemaInput<Out>>>(
  definition: ToolDefinition<In, Returned> & { readonly outputSchema: Out },
): DefinedTool<In, Returned, { readonly outputSchema: Out }>
export function tool<In extends Schema, Returned>(definition: ToolDefinition<In, Returned>): DefinedTool<In, Returned>
export function tool<In extends Schema, Returned>(definition: ToolDefinition<In, Returned>): DefinedTool<In, Returned> {
  validateTool(definition)
  const { execute, reconcile, ...rest } = definition
  type Input = InferSchema<In>
  // Called on the definition, so that a body written as a method keeps its `this`.
  const defined = {
    ...rest,
    ...(execute && {
      execute: (input: Input, options: ToolExecutionOptions) => execute.call(definition, input, keyed(options)),
    }),
    ...(reconcile && {
      reconcile: (input: Input, options: ToolExecutionOptions) => reconcile.call(definition, input, keyed(options)),
    }),
  }
  return Object.freeze(defined) as DefinedTool<In, Returned>
}

/** Under the gate the key is there; a copy would look at every member, and some are made for who looks. */
function keyed(options: ToolExecutionOptions): ToolOptions {
  return isKeyed(options) ? options : { ...options, idempotencyKey: options.toolCallId }
}

function isKeyed(options: ToolExecutionOptions): options is ToolOptions {
  return options.idempotencyKey !== undefined
}
