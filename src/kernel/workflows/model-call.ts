/** `ctx.model`: one question to a model; a typed answer that does not fit is asked for again, within bounds. */
import { SkeinError } from '../../std/index.ts'
import { modelName, textOf, toolCallsOf } from '../definitions/model.ts'
import type { ChatMessage, ModelAnswer, ModelRequest } from '../definitions/model.ts'
import { jsonSchemaOf } from '../definitions/schema.ts'
import type { Schema } from '../definitions/schema.ts'
import { modelEffect } from '../effects/call-effects.ts'
import type { EffectBody } from '../effects/call-effects.ts'
import { payloadOf, valueOf } from '../journal/outcome.ts'
import { contentIdent } from '../keys/key.ts'
import type { KernelDeps } from '../ports/host.ts'
import type { CallOptions, ModelInput, ModelResult } from './context.ts'

/** How often a typed answer that does not fit is asked for again. */
const REPAIRS_MAX = 2

/** What `ctx.model` takes, with and without a schema of the answer. */
export type TypedModelInput = ModelInput & { readonly output?: Schema; readonly outputName?: string }

/** Asks the gate for one model call. */
export type AskModel = (request: ModelRequest, identity: unknown, effect: EffectBody) => Promise<ModelAnswer>

/** Each try is an effect of its own: recorded, charged, replayed. Rejects with `OUTPUT_INVALID` when no try fits. */
export async function callModel(
  ask: AskModel,
  input: TypedModelInput,
  options: CallOptions,
  deps: KernelDeps,
): Promise<ModelResult<unknown>> {
  let messages = messagesOf(input)
  for (let repairs = 0; ; repairs++) {
    const given = requestOf(input, messages)
    const identity = identityOf(input, given)
    const about = { argsHash: contentIdent(identity, deps.hash), args: payloadOf(given, 'ARGS_NOT_DATA') }
    // What is recorded is what is sent: messages and tools are the author's, who may change them while the call is on its way.
    const request = valueOf(about.args) as ModelRequest
    const answer = await ask(request, identity, modelEffect(input.model, request, about, options))
    if (input.output === undefined) return resultOf(answer, undefined)
    const read = deps.readAnswer(answer, input.output, input.outputName)
    if (read.ok) return resultOf(answer, read.value)
    if (repairs === REPAIRS_MAX) {
      const tries = repairs + 1
      throw new SkeinError(
        'OUTPUT_INVALID',
        `${request.model} gave no answer that fits the schema in ${tries} tries; the last complaint: ${read.complaint}`,
      )
    }
    const complaint: ChatMessage = { role: 'user', content: [{ type: 'text', text: read.complaint }] }
    messages = [...request.messages, { role: 'assistant', content: answer.content }, complaint]
  }
}

/** What makes two model calls the same (rule K2): never rendered schemas, never options. */
function identityOf(input: TypedModelInput, request: ModelRequest): unknown {
  return {
    model: request.model,
    messages: request.messages,
    tools: (input.tools ?? []).map((tool) => tool.name),
    output: input.outputName ?? null,
    typed: input.output !== undefined,
    sampling: input.sampling ?? null,
  }
}

function messagesOf(input: ModelInput): readonly ChatMessage[] {
  const messages: ChatMessage[] = []
  if (input.system !== undefined) messages.push({ role: 'system', content: input.system })
  messages.push(...(input.messages ?? []))
  if (input.prompt !== undefined) messages.push({ role: 'user', content: [{ type: 'text', text: input.prompt }] })
  if (messages.every((message) => message.role === 'system')) {
    throw new SkeinError('INPUT_INVALID', 'ctx.model was given nothing to answer; pass { prompt } or { messages }')
  }
  return messages
}

function requestOf(input: TypedModelInput, messages: readonly ChatMessage[]): ModelRequest {
  const name = input.outputName === undefined ? {} : { name: input.outputName }
  return {
    model: modelName(input.model),
    messages,
    ...(input.tools === undefined ? {} : { tools: input.tools }),
    ...(input.output === undefined
      ? {}
      : { output: { ...name, schema: jsonSchemaOf(input.output, 'a typed answer') } }),
    ...(input.sampling === undefined ? {} : { sampling: input.sampling }),
  }
}

function resultOf(answer: ModelAnswer, output: unknown): ModelResult<unknown> {
  const { finishReason, usage, modelId, notes } = answer
  return {
    text: textOf(answer),
    output,
    toolCalls: toolCallsOf(answer),
    finishReason,
    usage,
    ...(modelId === undefined ? {} : { modelId }),
    ...(notes === undefined ? {} : { notes }),
  }
}
