/** A stretch of a conversation as text, for whoever summarises it. */
import type { ChatMessage } from '../../kernel/index.ts'
import { jsonText } from '../shown.ts'
import { cutToTokens, fairShare } from './shorten.ts'
import { resultText, textTokens } from './tokens.ts'

/** An entry is not cut below this; older ones are left out instead. */
const ENTRY_TOKENS_MIN = 24
const BREAK_TOKENS = 1

/** The messages, oldest first, in at most `tokensMax` tokens: long entries are cut, then the oldest left out. */
export function transcriptOf(messages: readonly ChatMessage[], tokensMax: number): string {
  const all = messages.flatMap(entriesOf)
  const most = Math.max(Math.floor(tokensMax / (ENTRY_TOKENS_MIN + BREAK_TOKENS)) - 1, 0)
  const missing = Math.max(all.length - most, 0)
  const entries = all.slice(missing)
  const head = missing === 0 ? [] : [`[${missing} older entries are left out]`]
  const room = tokensMax - ENTRY_TOKENS_MIN - entries.length * BREAK_TOKENS
  const share = fairShare(entries.map(textTokens), room)
  return [...head, ...entries.map((entry) => cutToTokens(entry, share))].join('\n\n')
}

function entriesOf(message: ChatMessage): readonly string[] {
  if (message.role === 'system') return []
  if (message.role === 'tool') return message.content.map((part) => `${part.toolName} gave: ${resultText(part)}`)
  const who = message.role === 'user' ? 'User' : 'Agent'
  return message.content.flatMap((part) => {
    switch (part.type) {
      case 'text':
        return part.text === '' ? [] : [`${who}: ${part.text}`]
      case 'tool-call':
        return [`Agent calls ${part.toolName} with ${jsonText(part.input)}`]
      case 'file':
        return [`${who} gives a file (${part.mediaType})`]
      case 'reasoning':
        return []
    }
  })
}
