/** What a run used, read from its journals. */
import { addAmounts, valueOf } from '../../kernel/index.ts'
import type { Amounts, ModelAnswer, Usage } from '../../kernel/index.ts'
import type { Pid } from '../../std/index.ts'
import { readStory } from '../operate/find.ts'
import type { Reader } from '../operate/find.ts'
import { isCompaction } from './entry.ts'
import type { Entry } from './entry.ts'

/** One model call of a run: an agent's step. */
export type Step = {
  readonly pid: Pid
  /** `<pid>/<name>`. */
  readonly name: string
  readonly usage: Usage
  readonly finishReason: string
  readonly toolCalls: readonly string[]
  readonly costUsd?: number
}

/** Tokens, money and steps of a run and all below it, so far. */
export type RunFigures = {
  readonly usage: Usage
  readonly costUsd: number
  readonly spent: Amounts
  readonly steps: readonly Step[]
}

/** Reads the figures of a run. */
export async function runFigures(reader: Reader, root: Pid): Promise<RunFigures> {
  const steps: Step[] = []
  let spent: Amounts = {}
  let usage: Usage = { inputTokens: 0, outputTokens: 0 }
  for await (const view of reader.list({ root })) {
    const story = await readStory(reader, view.pid)
    spent = addAmounts(spent, addAmounts(story.spent, story.forfeited))
    for (const entry of story.effects()) {
      const step = stepOf(view.pid, entry)
      if (step === undefined) continue
      // A summary of the conversation is used and paid for, but it is no step of the agent's.
      if (!isCompaction(entry.key)) steps.push(step)
      usage = {
        inputTokens: usage.inputTokens + step.usage.inputTokens,
        outputTokens: usage.outputTokens + step.usage.outputTokens,
      }
    }
  }
  return { usage, costUsd: (spent.microUsd ?? 0) / 1e6, spent, steps }
}

function stepOf(pid: Pid, entry: Entry): Step | undefined {
  if (entry.kind !== 'model' || entry.shared || entry.outcome?.type !== 'ok' || entry.outcome.value.erased === true)
    return undefined
  const answer = valueOf(entry.outcome.value) as ModelAnswer
  const toolCalls = answer.content.filter((part) => part.type === 'tool-call').map((part) => part.toolName)
  const cost = entry.actual.microUsd === undefined ? {} : { costUsd: entry.actual.microUsd / 1e6 }
  return {
    pid,
    name: `${pid}/${entry.name}`,
    usage: answer.usage,
    finishReason: answer.finishReason,
    toolCalls,
    ...cost,
  }
}
