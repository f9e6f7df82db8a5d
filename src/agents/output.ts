/** What an agent answers with: text, a value that fits a schema, or what an `Output` of the AI SDK makes of the text. */
import { SkeinError } from '../std/index.ts'
import type { InferSchema, ModelAnswer, ModelRequest, Schema } from '../kernel/index.ts'
import { isSchema, jsonSchemaOf, textOf } from '../kernel/index.ts'

/** `Output.object(…)`, `Output.array(…)`, `Output.choice(…)`, … of the AI SDK: its members work asynchronously, so they are hooks. */
export type AiSdkOutput<T = unknown> = {
  readonly name: string
  readonly responseFormat: PromiseLike<unknown>
  parseCompleteOutput(options: { text: string }, context: never): PromiseLike<T>
}

/** What `output` of an agent may be. */
export type AgentOutput = Schema | AiSdkOutput

/** The value of an agent without an `output`. `truncated`: the model came to its token limit. */
export type AgentText = { readonly text: string; readonly truncated?: true }

/** The type of an agent's value. */
export type OutputValue<O> = O extends AiSdkOutput<infer T> ? T : O extends Schema ? InferSchema<O> : AgentText

/** How the loop asks for and reads the final answer. */
export type OutputFormat =
  | { readonly kind: 'text' }
  | { readonly kind: 'schema'; readonly schema: Schema; readonly request: NonNullable<ModelRequest['output']> }
  | { readonly kind: 'hook'; readonly output: AiSdkOutput }

/** A final answer that was read, or what to tell the model about it. */
export type ReadResult =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly complaint: string }

/** The format of an agent's `output` setting. Throws `DEFINITION_INVALID`. */
export function outputFormatOf(output: unknown, agentName: string): OutputFormat {
  if (output === undefined) return { kind: 'text' }
  if (isSchema(output)) {
    return {
      kind: 'schema',
      schema: output,
      request: { schema: jsonSchemaOf(output, `output of agent "${agentName}"`) },
    }
  }
  if (isAiSdkOutput(output)) return output.name === 'text' ? { kind: 'text' } : { kind: 'hook', output }
  throw new SkeinError(
    'DEFINITION_INVALID',
    `output of agent "${agentName}" is not a schema; give a Standard Schema (zod, valibot, arktype, …) or an Output of the AI SDK`,
  )
}

/** Hook: what the model is asked for, as data. */
export async function responseFormatOf(output: AiSdkOutput): Promise<ModelRequest['output'] | null> {
  const format = (await output.responseFormat) as { readonly schema?: Record<string, unknown>; readonly name?: string }
  if (format.schema === undefined) return null
  return { schema: format.schema, ...(format.name === undefined ? {} : { name: format.name }) }
}

/** Hook: the AI SDK's own reading of the final answer. */
export async function readByOutput(
  output: AiSdkOutput,
  answer: ModelAnswer,
  modelId: string,
  id: string,
): Promise<ReadResult> {
  const context = {
    response: { id, modelId: answer.modelId ?? modelId },
    usage: answer.usage,
    finishReason: answer.finishReason,
  }
  try {
    return { ok: true, value: await output.parseCompleteOutput({ text: textOf(answer) }, context as never) }
  } catch (thrown) {
    const cut = answer.finishReason === 'length' ? ' It was cut off at the token limit; make it shorter.' : ''
    return { ok: false, complaint: `Your answer could not be used: ${whyOf(thrown)}.${cut}` }
  }
}

/** The AI SDK wraps what was wrong with the text into causes; the innermost says it. */
function whyOf(thrown: unknown): string {
  let error: unknown = thrown
  while (error instanceof Error && error.cause instanceof Error) error = error.cause
  return error instanceof Error ? error.message : String(error)
}

function isAiSdkOutput(value: unknown): value is AiSdkOutput {
  return typeof value === 'object' && value !== null && 'responseFormat' in value && 'parseCompleteOutput' in value
}
