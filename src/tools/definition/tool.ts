/** `tool()`: a tool as authors write it. */
import type {
  InferSchema,
  InferSchemaInput,
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

type Result<Value> = Value | PromiseLike<Value> | AsyncIterable<Value>

/** What `tool()` takes. Other members of the AI SDK's tool (`toModelOutput`, `strict`, …) go through untouched. */
export type ToolDefinition<In extends Schema, Value> = Manner & {
  readonly inputSchema: In
  readonly needsApproval?: boolean | ((input: InferSchema<In>) => boolean)
  readonly execute?: (input: InferSchema<In>, options: ToolOptions) => Result<Value>
  readonly reconcile?: (
    input: InferSchema<In>,
    options: ToolOptions,
  ) => Reconciled<NoInfer<Value>> | PromiseLike<Reconciled<NoInfer<Value>>>
}

/** What `tool()` gives: a `Tool` for the kernel and a tool for the `ai` package, with the author's own schema types. */
export type DefinedTool<In extends Schema, Value, Extra = unknown> = Manner & {
  readonly inputSchema: In
  readonly needsApproval?: boolean | ((input: InferSchema<In>) => boolean)
  readonly execute: (input: InferSchema<In>, options: ToolExecutionOptions) => Result<Value>
  readonly reconcile?: (
    input: InferSchema<In>,
    options: ToolExecutionOptions,
  ) => Reconciled<Value> | PromiseLike<Reconciled<Value>>
} & Extra

/**
 * Defines a tool. The result is also a tool of the `ai` package; run there, where there is no gate,
 * its `idempotencyKey` is the `toolCallId`. Throws `DEFINITION_INVALID`.
 */
export function tool<In extends Schema, Out extends Schema>(
  definition: ToolDefinition<In, InferSchemaInput<Out>> & { readonly outputSchema: Out },
): DefinedTool<In, InferSchemaInput<Out>, { readonly outputSchema: Out }>
export function tool<In extends Schema, Value>(definition: ToolDefinition<In, Value>): DefinedTool<In, Value>
export function tool<In extends Schema, Value>(definition: ToolDefinition<In, Value>): DefinedTool<In, Value> {
  validateTool(definition)
  const { execute, reconcile, ...rest } = definition
  // Bound to the definition, so that a body written as a method keeps its `this`.
  const defined = {
    ...rest,
    ...(execute === undefined
      ? {}
      : {
          execute: (input: InferSchema<In>, options: ToolExecutionOptions) =>
            execute.call(definition, input, keyed(options)),
        }),
    ...(reconcile === undefined
      ? {}
      : {
          reconcile: (input: InferSchema<In>, options: ToolExecutionOptions) =>
            reconcile.call(definition, input, keyed(options)),
        }),
  }
  return Object.freeze(defined) as DefinedTool<In, Value>
}

function keyed(options: ToolExecutionOptions): ToolOptions {
  return { ...options, idempotencyKey: options.idempotencyKey ?? options.toolCallId }
}
