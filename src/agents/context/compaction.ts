/**
 * Compaction: the older part of a conversation becomes a summary, by a model call that is an effect like any other.
 *
 * Invariants:
 * 1. What comes out fits the budget, whatever the summary says, and whether there is one or not.
 * 2. The task and the last steps stay; what is left out is said in the conversation. The journal keeps it all.
 */
import type { ChatMessage, ModelAnswer, ModelRequest, ReducerOutcome } from '../../kernel/index.ts'
import { modelName, textOf } from '../../kernel/index.ts'
import { SUMMARY_ANSWER_TOKENS } from '../limits.ts'
import type { ContextPlan } from './context-settings.ts'
import type { Parts } from '../conversation.ts'
import type { Cut } from './cut.ts'
import { cutToTokens } from './shorten.ts'
import { messageTokens, textTokens } from './tokens.ts'
import { transcriptOf } from './transcript.ts'

/** A transcript shorter than this says nothing. */
const TRANSCRIPT_TOKENS_MIN = 64
const TASK_SHARE = 1 / 4
const FRAME_TOKENS = 64

/** The model call that writes the summary, in at most `allowed` tokens; undefined where nothing, or too little, can be shown. */
export function summaryRequest(cut: Cut, plan: ContextPlan, allowed: number): ModelRequest | undefined {
  if (cut.summarised.length === 0) return undefined
  const system: ChatMessage = { role: 'system', content: plan.instructions }
  const room = allowed - messageTokens(system) - FRAME_TOKENS
  if (room < TRANSCRIPT_TOKENS_MIN) return undefined
  const task = cutToTokens(transcriptOf([cut.task], Infinity), Math.floor(room * TASK_SHARE))
  const transcript = transcriptOf(cut.summarised, room - textTokens(task))
  const text = `The task:\n${task}\n\nThe conversation to be summarised, oldest first:\n\n${transcript}`
  return {
    model: modelName(plan.model),
    messages: [system, { role: 'user', content: [{ type: 'text', text }] }],
    sampling: { maxOutputTokens: SUMMARY_ANSWER_TOKENS },
  }
}

/** The conversation that goes on. `outcome`: of the summary call, where one was made. */
export function compacted(cut: Cut, outcome: ReducerOutcome | undefined): Parts & { readonly taskAt: number } {
  const { system, task, kept, taskAmongKept } = cut
  const head = system === undefined ? [] : [system]
  const summary = summaryOf(cut, outcome)
  if (taskAmongKept === undefined) return { before: [...head, task, ...summary], after: kept, taskAt: 0 }
  const before = [...head, ...summary, ...kept.slice(0, taskAmongKept)]
  return { before, after: [task, ...kept.slice(taskAmongKept)], taskAt: before.length - head.length }
}

function summaryOf({ summarised, summaryTokens }: Cut, outcome: ReducerOutcome | undefined): readonly ChatMessage[] {
  if (summarised.length === 0) return []
  const said = outcome?.ok === true ? textOf(outcome.value as ModelAnswer).trim() : ''
  const text =
    said === '' ? leftOut(summarised, outcome) : `Summary of the ${summarised.length} messages before:\n${said}`
  return [userText(cutToTokens(text, summaryTokens - messageTokens(userText(''))))]
}

/** Without a summary the oldest is dropped, and what people said is kept as far as it fits. */
function leftOut(messages: readonly ChatMessage[], outcome: ReducerOutcome | undefined): string {
  const why = outcome === undefined || outcome.ok ? 'no summary could be made' : `no summary: ${outcome.error.code}`
  const said = messages.flatMap((message) =>
    message.role === 'user' ? message.content.flatMap((part) => (part.type === 'text' ? [part.text] : [])) : [],
  )
  const kept = said.length === 0 ? '' : `\nThe user said in it: ${said.join('\n')}`
  return `[${messages.length} earlier messages are left out here (${why}).]${kept}`
}

function userText(text: string): ChatMessage {
  return { role: 'user', content: [{ type: 'text', text }] }
}
