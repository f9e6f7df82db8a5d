/**
 * Where a conversation is cut: which messages stay as they are, and which a summary will stand for.
 *
 * Invariants:
 * 1. A tool call and its results stay together: groups are kept or left whole.
 * 2. What stays, with the summary, fits; the last step stays unless it cannot be made to fit by shortening its results.
 */
import type { ChatMessage } from '../../kernel/index.ts'
import { SUMMARY_TOKENS_MAX, SUMMARY_TOKENS_MIN } from '../limits.ts'
import type { Conversation } from '../conversation.ts'
import { shortenResults } from './shorten.ts'

/** A conversation taken apart; the task stays wherever it is, before the summary or among what is kept. */
export type Cut = {
  readonly system: ChatMessage | undefined
  readonly task: ChatMessage
  /** What a summary stands for, oldest first. */
  readonly summarised: readonly ChatMessage[]
  /** What stays as it is, the task apart. */
  readonly kept: readonly ChatMessage[]
  /** Place of the task among `kept`; undefined: it comes before the summary. */
  readonly taskAmongKept: number | undefined
  /** Estimated tokens that the summary may have. */
  readonly summaryTokens: number
}

/** Of the budget, what is filled when the conversation goes on: the next compaction is then some steps away. */
const FILLED_SHARE = 0.5
/** The same, when the last step alone is larger than that. */
const FILLED_SHARE_MOST = 0.75
const SUMMARY_SHARE = 1 / 8

/** Takes a conversation apart so that it fits `allowed` tokens; undefined when not even its task does. */
export function cutOf(conversation: Conversation, taskAt: number, allowed: number): Cut | undefined {
  const { messages, systemMessages: first } = conversation
  const taskPlace = first + taskAt
  const task = messages[taskPlace]
  if (task === undefined) return undefined
  const base = (first === 1 ? conversation.tokensAt(0) : 0) + conversation.tokensAt(taskPlace)
  const wished = Math.min(Math.max(Math.floor(allowed * SUMMARY_SHARE), SUMMARY_TOKENS_MIN), SUMMARY_TOKENS_MAX)
  const summaryTokens = Math.min(wished, allowed - base)
  if (summaryTokens < SUMMARY_TOKENS_MIN) return undefined
  const used = base + summaryTokens
  const most = Math.max(Math.floor(allowed * FILLED_SHARE_MOST) - used, Math.floor((allowed - used) / 2))
  const groups = groupsOf(messages, first).flatMap((group) => withoutTask(group, taskPlace))
  const kept = keptOf(conversation, groups, { soft: Math.floor(allowed * FILLED_SHARE) - used, most })
  return {
    system: first === 1 ? messages[0] : undefined,
    task,
    summarised: messages.slice(first, kept.from).filter((message) => message !== task),
    kept: kept.messages.filter((message) => message !== task),
    // With nothing after it that is summarised, it stands where it stood.
    taskAmongKept: kept.from > taskPlace + 1 ? undefined : Math.max(taskPlace - kept.from, 0),
    summaryTokens,
  }
}

type Group = { readonly from: number; readonly to: number }

/** The last groups that fit `soft`; of the last alone `most`, with its results shortened where that helps; else none. */
function keptOf(
  conversation: Conversation,
  groups: readonly Group[],
  { soft, most }: { readonly soft: number; readonly most: number },
): { readonly from: number; readonly messages: readonly ChatMessage[] } {
  const { messages } = conversation
  const last = groups.at(-1)
  if (last === undefined) return { from: messages.length, messages: [] }
  let from = messages.length
  let tokens = 0
  for (const group of groups.toReversed()) {
    for (let i = group.from; i < group.to; i++) tokens += conversation.tokensAt(i)
    if (tokens > (group === last ? most : soft)) break
    from = group.from
  }
  if (from < messages.length) return { from, messages: messages.slice(from) }
  const shortened = shortenResults(messages.slice(last.from, last.to), most)
  if (shortened === undefined) return { from, messages: [] }
  return { from: last.from, messages: [...shortened, ...messages.slice(last.to)] }
}

/** The task is no part of a group: it stays anyway. */
function withoutTask({ from, to }: Group, taskPlace: number): readonly Group[] {
  if (from !== taskPlace) return [{ from, to }]
  return to === from + 1 ? [] : [{ from: from + 1, to }]
}

/** Results belong to the message before them. */
function groupsOf(messages: readonly ChatMessage[], first: number): readonly Group[] {
  const starts = messages.flatMap(({ role }, i) => (i < first || (role === 'tool' && i > first) ? [] : [i]))
  return starts.map((from, i) => ({ from, to: starts[i + 1] ?? messages.length }))
}
