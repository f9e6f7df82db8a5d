/** Models as the kernel sees them: a reference, a request that is data, an answer that is data. */

/** `provider/model`, an alias, or any AI SDK provider object (its `provider/modelId` is then the name). */
export type ModelRef =
  | string
  | { readonly specificationVersion: string; readonly provider: string; readonly modelId: string }

/** Text in a message. */
export type TextPart = {
  readonly type: 'text'
  readonly text: string
  readonly providerOptions?: Record<string, unknown>
}
/** What a model thought aloud; some providers want it back in the next call. */
export type ReasoningPart = {
  readonly type: 'reasoning'
  readonly text: string
  readonly providerOptions?: Record<string, unknown>
}
/** A file in a message, inline or by address. */
export type FilePart = {
  readonly type: 'file'
  readonly mediaType: string
  readonly data: string | Uint8Array
  readonly filename?: string
}
/** A model's wish to call a tool; `input` is a text where the model wrote broken JSON. */
export type ToolCallPart = {
  readonly type: 'tool-call'
  readonly toolCallId: string
  readonly toolName: string
  readonly input: unknown
  readonly providerOptions?: Record<string, unknown>
}
/** `output`: `text` or `json` of a success, `error-text` of a failure the model should see. */
export type ToolResultPart = {
  readonly type: 'tool-result'
  readonly toolCallId: string
  readonly toolName: string
  readonly output:
    | { readonly type: 'text' | 'error-text'; readonly value: string }
    | { readonly type: 'json' | 'error-json'; readonly value: unknown }
}

/** A conversation entry; the shapes are those of the AI SDK's provider prompt. */
export type ChatMessage =
  | { readonly role: 'system'; readonly content: string }
  | { readonly role: 'user'; readonly content: readonly (TextPart | FilePart)[] }
  | { readonly role: 'assistant'; readonly content: readonly (TextPart | ReasoningPart | ToolCallPart)[] }
  | { readonly role: 'tool'; readonly content: readonly ToolResultPart[] }

/** What the model may call: name, description, JSON Schema of the input. */
export type ToolSpec = {
  readonly name: string
  readonly description?: string
  readonly inputSchema: Record<string, unknown>
}

/** How the model chooses its words; what a provider ignores is said in the notes of the answer. */
export type Sampling = {
  readonly maxOutputTokens?: number
  readonly temperature?: number
  readonly topP?: number
  readonly topK?: number
  readonly presencePenalty?: number
  readonly frequencyPenalty?: number
  /** How much a model should think first. */
  readonly reasoning?: 'provider-default' | 'none' | 'minimal' | 'low' | 'medium' | 'high' | 'xhigh' | 'max'
  readonly seed?: number
  readonly stopSequences?: readonly string[]
  readonly providerOptions?: Record<string, Record<string, unknown>>
}

/** One model call, as data. */
export type ModelRequest = {
  readonly model: string
  readonly messages: readonly ChatMessage[]
  readonly tools?: readonly ToolSpec[]
  readonly toolChoice?: 'auto' | 'none' | 'required' | { readonly toolName: string }
  /** Typed output: JSON Schema and a name. */
  readonly output?: { readonly name?: string; readonly schema: Record<string, unknown> }
  readonly sampling?: Sampling
}

/** Why a model stopped. */
export type FinishReason = 'stop' | 'length' | 'tool-calls' | 'content-filter' | 'error' | 'other'

/** Tokens of one call. */
export type Usage = {
  readonly inputTokens: number
  readonly outputTokens: number
  readonly cachedInputTokens?: number
  readonly reasoningTokens?: number
}

/** What came back, as data; `content` goes into the conversation as it is. */
export type ModelAnswer = {
  readonly content: readonly (TextPart | ReasoningPart | ToolCallPart)[]
  readonly finishReason: FinishReason
  readonly usage: Usage
  /** The model that answered, as the provider names it. */
  readonly modelId?: string
  readonly costMicroUsd?: number
  /** What a reader of the log should know: options a provider ignored, that `offline` answered. */
  readonly notes?: readonly string[]
}

/** All text of an answer. */
export function textOf(answer: Pick<ModelAnswer, 'content'>): string {
  let text = ''
  for (const part of answer.content) if (part.type === 'text') text += part.text
  return text
}

/** The model calls of an answer. */
export function toolCallsOf(answer: Pick<ModelAnswer, 'content'>): readonly ToolCallPart[] {
  return answer.content.filter((part): part is ToolCallPart => part.type === 'tool-call')
}

/** The name under which a model is asked for, recorded and keyed. */
export function modelName(ref: ModelRef): string {
  return typeof ref === 'string' ? ref : `${ref.provider}/${ref.modelId}`
}
