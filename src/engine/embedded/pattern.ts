import type { Message, MessagePattern } from '../../kernel/index.ts'

/** True when a message is one that a process waits for (rule M3); an absent member of the pattern matches anything. */
export function matches(pattern: MessagePattern, message: Pick<Message, 'topic' | 'from' | 'type' | 'id'>): boolean {
  return (
    (pattern.topic === undefined || pattern.topic === message.topic) &&
    (pattern.from === undefined || pattern.from === message.from) &&
    (pattern.type === undefined || pattern.type === message.type) &&
    (pattern.id === undefined || pattern.id === message.id)
  )
}
