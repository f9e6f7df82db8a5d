/** What is left of a request that was given up for another: what it had done already, for the model to know. */
import type { ChatMessage, ToolCallPart, ToolResultPart } from '../kernel/index.ts'
import { NOT_BEGUN, NOT_DONE, STILL_RUNNING } from './interrupted.ts'
import { jsonText, quoted, shownText } from './shown.ts'
import type { Toolset } from './toolset.ts'

/** A note on the writes among the withdrawn messages; undefined when none was begun. */
export function withdrawnNote(messages: readonly ChatMessage[], tools: Toolset): string | undefined {
  const calls = new Map<string, ToolCallPart>()
  const done: string[] = []
  for (const message of messages) {
    if (message.role === 'assistant')
      for (const part of message.content) if (part.type === 'tool-call') calls.set(part.toolCallId, part)
    if (message.role !== 'tool') continue
    for (const result of message.content) {
      const call = calls.get(result.toolCallId)
      if (call !== undefined && hasActed(result, tools)) done.push(lineOf(call, result))
    }
  }
  if (done.length === 0) return undefined
  return `The request before this one was withdrawn. This had been done for it, or tried:\n${done.join('\n')}`
}

function hasActed({ toolName, output }: ToolResultPart, tools: Toolset): boolean {
  const entry = tools.get(toolName)
  if (entry === undefined || entry.kind === 'handoff') return false
  // A write that failed may have done something all the same.
  if (output.value === NOT_BEGUN.value || output.value === NOT_DONE.value) return false
  return entry.kind === 'run' || (entry.tool.effect ?? 'write') === 'write'
}

function lineOf(call: ToolCallPart, { output }: ToolResultPart): string {
  const result = output.value === STILL_RUNNING.value ? 'still running' : quoted(shownText(output))
  return `- ${call.toolName}(${quoted(jsonText(call.input))}): ${result}`
}
