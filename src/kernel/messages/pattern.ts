/** Message patterns: data, so that an engine can keep them as rows (rule M3). */
import type { MessagePattern } from '../journal/facts.ts'
import type { Message } from '../ports/activation.ts'

/** Topics with this prefix are Skein's own: a pattern must name them to match. */
export const RESERVED_TOPIC_PREFIX = 'skein.'
/** In `topics` of a pattern: any topic but Skein's own, and none. */
const ANY_TOPIC = '*'
/** Answers to `ctx.call`; `type` is the correlation id. */
export const REPLY_TOPIC = 'skein.reply'
/** Tells a sender that its message was refused by the receiver's schema. */
export const REFUSED_TOPIC = 'skein.refused'

/** Whether a waiting receive may get this message. */
export function matches(pattern: MessagePattern, message: Pick<Message, 'topic' | 'from' | 'type' | 'id'>): boolean {
  const isNamed = message.topic !== undefined && (pattern.topics?.includes(message.topic) ?? false)
  const isReserved = message.topic?.startsWith(RESERVED_TOPIC_PREFIX) === true
  if (isReserved && pattern.topic !== message.topic && !isNamed) return false
  if (!isReserved && !isNamed && pattern.topics?.includes(ANY_TOPIC) === false) return false
  return (
    (pattern.topic === undefined || pattern.topic === message.topic) &&
    (pattern.from === undefined || pattern.from === message.from) &&
    (pattern.type === undefined || pattern.type === message.type) &&
    (pattern.id === undefined || pattern.id === (message.id as string))
  )
}
