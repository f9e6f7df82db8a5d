/** What every provider asks of a conversation that it is given: the checks that the strictest of them make. */

type Part = { readonly type: string; readonly toolCallId?: string; readonly text?: string }
/** A message as models are given it. */
export type SpokenMessage = { readonly role: string; readonly content: string | readonly Part[] }

/** The laws that a conversation breaks when it is put before a model, one line each. */
export function conversationOffences(messages: readonly SpokenMessage[]): readonly string[] {
  const said: string[] = []
  let owed: readonly string[] = []
  messages.forEach(({ role, content }, i) => {
    const parts = typeof content === 'string' ? [] : content
    const before = messages[i - 1]?.role
    if (role === 'system' && i > 0) said.push(`${i}: a system message in the middle`)
    if (content.length === 0) said.push(`${i}: an empty ${role} message`)
    if (role !== 'system' && (before === undefined || before === 'system') && role !== 'user')
      said.push(`${i}: it begins with the ${role}`)
    if (role === 'assistant' && before === 'assistant') said.push(`${i}: the assistant speaks twice`)
    if (owed.length > 0 && role !== 'tool')
      said.push(`${i}: ${owed.join(', ')} have no result before the ${role} speaks`)
    if (role === 'tool') {
      const given = parts.map((part) => part.toolCallId ?? '')
      if (given.join(' ') !== owed.join(' '))
        said.push(`${i}: results of ${given.join(', ')}, called: ${owed.join(', ')}`)
    }
    owed = role === 'assistant' ? callsOf(parts) : []
    if (new Set(owed).size < owed.length) said.push(`${i}: two calls with one id`)
  })
  if (owed.length > 0) said.push(`the end: ${owed.join(', ')} have no result`)
  const last = messages.at(-1)?.role
  if (last !== 'user' && last !== 'tool') said.push(`the end: the ${last} has spoken last`)
  return said
}

function callsOf(parts: readonly Part[]): readonly string[] {
  return parts.filter((part) => part.type === 'tool-call').map((part) => part.toolCallId ?? '')
}
