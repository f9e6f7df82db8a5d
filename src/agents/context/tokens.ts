/**
 * How long a conversation is for a model, estimated without its tokenizer: a third of a text's UTF-8 bytes, and a
 * little for the frame around each part. That is high for English, about right for code, JSON and CJK; what the
 * provider counts then corrects it (`ContextBudget`). Equal messages, equal estimate, on every machine.
 */
import type {
  ChatMessage,
  FilePart,
  ReasoningPart,
  TextPart,
  ToolCallPart,
  ToolResultPart,
} from '../../kernel/index.ts'
import { FILE_TOKENS, PART_TOKENS } from '../limits.ts'
import { jsonText } from '../shown.ts'

/** UTF-8 bytes that one token is taken to hold. */
export const BYTES_PER_TOKEN = 3

/** Estimated tokens of a text. */
export function textTokens(text: string): number {
  return Math.ceil(utf8Bytes(text) / BYTES_PER_TOKEN)
}

/** Estimated tokens of one message. */
export function messageTokens(message: ChatMessage): number {
  if (message.role === 'system') return PART_TOKENS + textTokens(message.content)
  let tokens = PART_TOKENS
  for (const part of message.content) tokens += PART_TOKENS + partTokens(part)
  return tokens
}

/** Estimated tokens of anything that is shown as JSON: tool definitions, a schema. */
export function dataTokens(value: unknown): number {
  return textTokens(jsonText(value))
}

/** The text of a tool's result as it is counted, and cut. */
export function resultText({ output }: ToolResultPart): string {
  return output.type === 'text' || output.type === 'error-text' ? output.value : jsonText(output.value)
}

function partTokens(part: TextPart | FilePart | ReasoningPart | ToolCallPart | ToolResultPart): number {
  switch (part.type) {
    case 'text':
    case 'reasoning':
      return textTokens(part.text)
    case 'file':
      return part.mediaType.startsWith('image')
        ? FILE_TOKENS
        : Math.max(FILE_TOKENS, Math.ceil(part.data.length / BYTES_PER_TOKEN))
    case 'tool-call':
      return textTokens(part.toolName) + dataTokens(part.input)
    case 'tool-result':
      return textTokens(part.toolName) + textTokens(resultText(part))
  }
}

/** Most texts are ASCII, and are told so at the speed of a search. */
function utf8Bytes(text: string): number {
  // oxlint-disable-next-line no-control-regex
  if (!/[^\u0000-\u007f]/.test(text)) return text.length
  let bytes = 0
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    // A surrogate is half of a character of four bytes.
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code >= 0xd800 && code < 0xe000 ? 2 : 3
  }
  return bytes
}
