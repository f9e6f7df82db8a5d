/** From a request that is data to the call options of the provider interface. */
import type {
  JSONSchema7,
  JSONValue,
  LanguageModelV4CallOptions,
  LanguageModelV4FilePart,
  LanguageModelV4FunctionTool,
  LanguageModelV4Message,
  LanguageModelV4ToolChoice,
  SharedV4ProviderOptions,
} from '@ai-sdk/provider'
import type {
  ChatMessage,
  FilePart,
  ModelRequest,
  Sampling,
  TextPart,
  ToolResultPart,
  ToolSpec,
} from '../kernel/index.ts'

const SCHEMA_NAME_CHARS_MAX = 64

type AssistantPart = Extract<ChatMessage, { role: 'assistant' }>['content'][number]

/** The options of one call. Prompt and tools are made anew for each: providers and middleware may mark what they are given. */
export function callOptions(
  request: ModelRequest,
  about: { readonly maxOutputTokens: number; readonly abortSignal: AbortSignal },
): LanguageModelV4CallOptions {
  const own = request.tools ?? []
  const tools = own.length === 0 ? toolsOfThePast(request.messages) : own
  const choice = own.length === 0 ? undefined : request.toolChoice
  const options: LanguageModelV4CallOptions = {
    ...samplingOptions(request.sampling),
    prompt: request.messages.map(promptMessage),
    maxOutputTokens: about.maxOutputTokens,
    abortSignal: about.abortSignal,
  }
  if (tools.length > 0) options.tools = tools.map(functionTool)
  if (choice !== undefined) options.toolChoice = toolChoice(choice)
  if (request.output !== undefined) options.responseFormat = responseFormat(request.output)
  return options
}

/**
 * Some providers refuse a conversation with tool calls in it when no tools are defined, as after a hand-off to an agent that
 * has none. What was called then is defined: the calls stay as they were, where text in their place would teach the model to
 * write calls as text. Nothing forbids to call it, because providers send no tools at all with the choice `none`; who does is
 * told that it is gone.
 */
function toolsOfThePast(messages: readonly ChatMessage[]): readonly ToolSpec[] {
  const parts = messages.flatMap((message) => (message.role === 'assistant' ? message.content : []))
  const names = new Set(parts.flatMap((part) => (part.type === 'tool-call' ? [part.toolName] : [])))
  return [...names].map((name) => ({
    name,
    description: 'Was there before, and is not any more.',
    inputSchema: { type: 'object' },
  }))
}

function functionTool(tool: ToolSpec): LanguageModelV4FunctionTool {
  return { ...tool, type: 'function' }
}

const NO_SAMPLING: Omit<LanguageModelV4CallOptions, 'prompt'> = {}

function samplingOptions(sampling: Sampling | undefined): Omit<LanguageModelV4CallOptions, 'prompt'> {
  if (sampling === undefined) return NO_SAMPLING
  const { maxOutputTokens: _, stopSequences, providerOptions, ...numbers } = sampling
  return {
    ...numbers,
    ...(stopSequences === undefined ? {} : { stopSequences: [...stopSequences] }),
    ...(providerOptions === undefined ? {} : { providerOptions: copyOf(providerOptions) as SharedV4ProviderOptions }),
  }
}

function toolChoice(choice: NonNullable<ModelRequest['toolChoice']>): LanguageModelV4ToolChoice {
  return typeof choice === 'string' ? { type: choice } : { type: 'tool', toolName: choice.toolName }
}

/** Providers take only names of letters, digits, `_` and `-`. */
function responseFormat(
  output: NonNullable<ModelRequest['output']>,
): NonNullable<LanguageModelV4CallOptions['responseFormat']> {
  const name = output.name?.replaceAll(/[^\w-]+/g, '_').slice(0, SCHEMA_NAME_CHARS_MAX)
  return { type: 'json', schema: output.schema as JSONSchema7, ...(name ? { name } : {}) }
}

/**
 * The shapes are the provider's own, but for files and for data that JSON lacks. Every call copies the whole conversation: what
 * has the members that most messages have, and no others, is written out, which costs a third of a copy by looking.
 */
function promptMessage(message: ChatMessage): LanguageModelV4Message {
  const isBare = countOf(message) === 2
  switch (message.role) {
    case 'user':
    case 'tool':
    case 'assistant': {
      const content = contentOf(message)
      return (
        isBare ? { role: message.role, content } : copyWith(message, 'content', content)
      ) as LanguageModelV4Message
    }
    case 'system':
      return isBare ? { role: 'system', content: message.content } : copyOf(message)
  }
}

function contentOf(message: Exclude<ChatMessage, { role: 'system' }>): object[] {
  switch (message.role) {
    case 'user':
      return message.content.map(userPart)
    case 'tool':
      return message.content.map(resultPart)
    case 'assistant':
      return message.content.map(assistantPart)
  }
}

/** How many members it has, also inherited ones: whoever has more than are written out is copied by looking. */
function countOf(value: object): number {
  let count = 0
  for (const _ in value) count += 1
  return count
}

function userPart(part: TextPart | FilePart): object {
  if (part.type === 'text' && countOf(part) === 2) return { type: 'text', text: part.text }
  const own = copyOf(part)
  return own.type === 'file' ? filePart(own) : own
}

function assistantPart(part: AssistantPart): object {
  if (part.type === 'tool-call' && part.input !== undefined && countOf(part) === 4) {
    const { toolCallId, toolName, input } = part
    return { type: 'tool-call', toolCallId, toolName, input: copyOf(input) }
  }
  if (part.type === 'text' && countOf(part) === 2) return { type: 'text', text: part.text }
  return copyOf(part)
}

/** Text is base64, or the address of the file. */
function filePart(part: FilePart): LanguageModelV4FilePart {
  const inline = typeof part.data === 'string' ? /^data:[^,]*;base64,/.exec(part.data) : null
  if (typeof part.data === 'string' && /^https?:\/\//i.test(part.data)) {
    return { ...part, data: { type: 'url', url: new URL(part.data) } }
  }
  return { ...part, data: { type: 'data', data: inline === null ? part.data : part.data.slice(inline[0].length) } }
}

function resultPart(part: ToolResultPart): object {
  const { type, value } = part.output
  const isJson = type === 'json' || type === 'error-json'
  if (value !== undefined && countOf(part) === 4 && countOf(part.output) === 2) {
    const { toolCallId, toolName } = part
    return { type: 'tool-result', toolCallId, toolName, output: { type, value: isJson ? jsonOf(value) : value } }
  }
  return copyWith(part, 'output', { ...part.output, value: isJson ? jsonOf(value) : value })
}

/** The record anew, with another value for one of its members. */
function copyWith<T extends object>(value: T, name: keyof T & string, member: unknown): object {
  const copy = { ...value, [name]: undefined } as Record<string, unknown>
  for (const key in copy) {
    const own = copy[key]
    if (typeof own === 'object' && own !== null) copy[key] = copyOf(own)
  }
  copy[name] = member
  return copy
}

/** Lists and records anew, all the way down; the rest is as it is. */
function copyOf<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(copyOf) as T
  if (Object.getPrototypeOf(value) !== Object.prototype) return value
  const copy = { ...value } as Record<string, unknown>
  for (const key in copy) {
    const member = copy[key]
    if (typeof member === 'object' && member !== null) copy[key] = copyOf(member)
  }
  return copy as T
}

/** Data as JSON, all anew: what JSON lacks becomes text. */
function jsonOf(value: unknown): JSONValue {
  if (typeof value === 'bigint') return String(value)
  if (typeof value !== 'object' || value === null) return (value ?? null) as JSONValue
  if (Array.isArray(value)) return value.map(jsonOf)
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  if (value instanceof Date) return value.toISOString()
  const copy = { ...value } as Record<string, unknown>
  for (const key in copy) {
    const member = copy[key]
    if (typeof member === 'object' || typeof member === 'bigint') copy[key] = jsonOf(member)
  }
  return copy as JSONValue
}
