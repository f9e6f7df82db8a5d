/** A model's answer as it joins the conversation: providers must take it back, whatever a model wrote. */
import type { ModelAnswer, ToolCallPart } from '../kernel/index.ts'

/**
 * Gives calls without an id of their own (or with one twice) another, and replaces arguments that are no object:
 * providers refuse conversations with either in them.
 */
export function adopted(answer: ModelAnswer, n: number): ModelAnswer {
  const ids = new Set<string>()
  const content = answer.content.map((part, i) => {
    if (part.type !== 'tool-call') return part
    const isOwn = part.toolCallId !== '' && !ids.has(part.toolCallId)
    const toolCallId = isOwn ? part.toolCallId : `r${n}-call-${i}`
    ids.add(toolCallId)
    const input = argumentsOf(part) ?? {}
    return isOwn && input === part.input ? part : { ...part, toolCallId, input }
  })
  return content.every((part, i) => part === answer.content[i]) ? answer : { ...answer, content }
}

/** The arguments of a call: an object, or nothing at all; undefined for broken JSON and everything else. */
export function argumentsOf({ input }: ToolCallPart): Readonly<Record<string, unknown>> | undefined {
  if (input === undefined || input === null || input === '') return {}
  return typeof input === 'object' && !Array.isArray(input) ? (input as Readonly<Record<string, unknown>>) : undefined
}
