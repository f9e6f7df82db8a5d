/** From an agent's instructions and input to the first messages of its conversation. */
import { SkeinError } from '../std/index.ts'
import type { ChatMessage } from '../kernel/index.ts'
import { jsonText } from './shown.ts'

/** Text for the model, or the AI SDK's system message(s). */
export type Instructions = string | SystemMessage | readonly SystemMessage[]
type SystemMessage = { readonly role: 'system'; readonly content: string; readonly providerOptions?: unknown }

/** A user's or an assistant's message as people write it: like `ChatMessage`, but its content may be plain text. */
export type MessageInput =
  | { readonly role: 'user' | 'assistant'; readonly content: string }
  | { readonly role: 'user' | 'assistant' | 'tool'; readonly content: readonly Readonly<Record<string, unknown>>[] }

type Row = Readonly<Record<string, unknown>>

/** The text of instructions. Throws `DEFINITION_INVALID`. */
export function instructionsText(instructions: unknown, agentName: string): string {
  if (typeof instructions === 'string') return instructions
  const messages: readonly unknown[] = Array.isArray(instructions) ? instructions : [instructions]
  return messages
    .map((message) => {
      if (!isRow(message) || message['role'] !== 'system' || typeof message['content'] !== 'string') {
        throw new SkeinError(
          'DEFINITION_INVALID',
          `the instructions of agent "${agentName}" are not a text; give a string, or a function of the input that returns one`,
        )
      }
      if (message['providerOptions'] !== undefined) {
        throw new SkeinError(
          'DEFINITION_INVALID',
          `the instructions of agent "${agentName}" carry providerOptions; put them into the agent's own providerOptions`,
        )
      }
      return message['content']
    })
    .join('\n\n')
}

/**
 * The messages that an input stands for: a text; `{ prompt }`; messages or `{ messages }`; any other data is
 * shown as JSON. Throws `INPUT_INVALID`, naming the place.
 */
export function messagesOf(input: unknown, agentName: string): readonly ChatMessage[] {
  if (typeof input === 'string') return [userText(input, 'the input', agentName)]
  if (isRow(input)) {
    const keys = Object.keys(input)
    if (keys.length === 1 && typeof input['prompt'] === 'string')
      return [userText(input['prompt'], 'prompt', agentName)]
    if (keys.length === 1 && Array.isArray(input['messages'])) return readMessages(input['messages'], agentName)
  }
  if (
    Array.isArray(input) &&
    input.length > 0 &&
    input.every((item) => isRow(item) && typeof item['role'] === 'string')
  ) {
    return readMessages(input, agentName)
  }
  if (input === undefined || input === null) {
    throw invalid(agentName, 'the input', 'is missing; give a text, messages, or data')
  }
  return [userText(jsonText(input), 'the input', agentName)]
}

/** Place of the message that says what is to be done: the last of the user's. */
export function taskAtOf(messages: readonly ChatMessage[]): number {
  return Math.max(
    messages.findLastIndex(({ role }) => role === 'user'),
    0,
  )
}

function readMessages(messages: readonly unknown[], agentName: string): readonly ChatMessage[] {
  if (messages.length === 0) throw invalid(agentName, 'messages', 'is empty; give at least one user message')
  return messages.map((message, i) => readMessage(message, `messages[${i}]`, agentName))
}

function readMessage(message: unknown, place: string, agentName: string): ChatMessage {
  const role = isRow(message) ? message['role'] : undefined
  const content = isRow(message) ? message['content'] : undefined
  if (role === 'system')
    throw invalid(agentName, place, 'is a system message; put it into the instructions of the agent')
  if (role !== 'user' && role !== 'assistant' && role !== 'tool') {
    throw invalid(agentName, place, "has no role of 'user', 'assistant' or 'tool'")
  }
  if (typeof content === 'string' && role !== 'tool') {
    return role === 'user' ? userText(content, place, agentName) : { role, content: [{ type: 'text', text: content }] }
  }
  if (!Array.isArray(content)) throw invalid(agentName, `${place}.content`, 'is neither a text nor a list of parts')
  return {
    role,
    content: content.map((part, i) => readPart(role, part, `${place}.content[${i}]`, agentName)),
  } as unknown as ChatMessage
}

/** Members that a part must have, by role and type; `text` stands for a string, `any` for whatever is there. */
const PARTS: Readonly<
  Record<'user' | 'assistant' | 'tool', Readonly<Record<string, Readonly<Record<string, 'text' | 'any'>>>>>
> = {
  user: { text: { text: 'text' }, file: { mediaType: 'text', data: 'any' }, image: { image: 'any' } },
  assistant: {
    text: { text: 'text' },
    reasoning: { text: 'text' },
    'tool-call': { toolCallId: 'text', toolName: 'text', input: 'any' },
  },
  tool: { 'tool-result': { toolCallId: 'text', toolName: 'text', output: 'any' } },
}

function readPart(role: 'user' | 'assistant' | 'tool', part: unknown, place: string, agentName: string): Row {
  const type = isRow(part) && typeof part['type'] === 'string' ? part['type'] : ''
  const members = Object.hasOwn(PARTS[role], type) ? PARTS[role][type] : undefined
  if (members === undefined || !isRow(part)) {
    throw invalid(
      agentName,
      place,
      `is no part that a ${role} message can have (${Object.keys(PARTS[role]).join(', ')})`,
    )
  }
  for (const [name, kind] of Object.entries(members)) {
    const value = part[name]
    if (kind === 'text' ? typeof value !== 'string' : value === undefined) {
      throw invalid(agentName, `${place}.${name}`, kind === 'text' ? 'is not a text' : 'is missing')
    }
  }
  if (type === 'image') return { type: 'file', mediaType: part['mediaType'] ?? 'image/*', data: part['image'] }
  return part
}

function userText(text: string, place: string, agentName: string): ChatMessage {
  if (text.trim() === '') throw invalid(agentName, place, 'is empty; say what the agent should do')
  return { role: 'user', content: [{ type: 'text', text }] }
}

function invalid(agentName: string, place: string, what: string): SkeinError {
  return new SkeinError('INPUT_INVALID', `agent "${agentName}": ${place} ${what}`)
}

function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
