/** Texts and results made to fit a number of tokens, with a note where something is missing. */
import type { ChatMessage, ToolResultPart } from '../../kernel/index.ts'
import { cutText } from '../shown.ts'
import { messageTokens, resultText, textTokens } from './tokens.ts'

/** Characters of `cutText`'s note, at most. */
const NOTE_CHARS = 120
/** A result is not cut below this. */
const RESULT_TOKENS_MIN = 16
const SHRINK = 0.9

/** The text, or its beginning and end, in at most `tokensMax` tokens. */
export function cutToTokens(text: string, tokensMax: number): string {
  const tokens = textTokens(text)
  if (tokens <= tokensMax) return text
  for (let chars = Math.floor((text.length * tokensMax) / tokens) - NOTE_CHARS; chars > NOTE_CHARS;) {
    const cut = cutText(text, chars)
    if (textTokens(cut) <= tokensMax) return cut
    chars = Math.floor(chars * SHRINK)
  }
  // No character has more bytes than a token stands for.
  return text.slice(0, Math.max(tokensMax, 0)).toWellFormed()
}

/** The largest share that each may have so that all fit: what is smaller than its share leaves the rest to others. */
export function fairShare(sizes: readonly number[], total: number): number {
  let left = total
  const sorted = [...sizes].sort((a, b) => a - b)
  for (const [i, size] of sorted.entries()) {
    const share = Math.floor(left / (sorted.length - i))
    if (size > share) return Math.max(share, 0)
    left -= size
  }
  return Infinity
}

/** The messages with their tool results cut so that all fit `tokensMax`; undefined when that is not enough. */
export function shortenResults(
  messages: readonly ChatMessage[],
  tokensMax: number,
): readonly ChatMessage[] | undefined {
  const sizes = messages.flatMap((message) => (message.role === 'tool' ? message.content.map(resultTokens) : []))
  const whole = messages.reduce((sum, message) => sum + messageTokens(message), 0)
  const share = fairShare(sizes, tokensMax - (whole - sizes.reduce((sum, size) => sum + size, 0)))
  if (share < RESULT_TOKENS_MIN) return undefined
  return messages.map((message) =>
    message.role === 'tool' ? { ...message, content: message.content.map((part) => cutResult(part, share)) } : message,
  )
}

function cutResult(part: ToolResultPart, tokensMax: number): ToolResultPart {
  if (resultTokens(part) <= tokensMax) return part
  const type = part.output.type.startsWith('error') ? 'error-text' : 'text'
  return { ...part, output: { type, value: cutToTokens(resultText(part), tokensMax) } }
}

const resultTokens = (part: ToolResultPart): number => textTokens(resultText(part))
