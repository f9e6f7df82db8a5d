/**
 * What a snapshot holds of an agent (rule A3): all that its loop needs to go on, between two steps.
 *
 * The prompt, the tools and the model are not in it: they are the code's, so new code brings its own.
 */
import { SkeinError } from '../std/index.ts'
import type { ChatMessage, ModelRequest } from '../kernel/index.ts'
import type { Counted } from './context/context-budget.ts'
import type { RepeatsData } from './repeats.ts'
import type { AgentStep } from './steps.ts'
import type { TurnData } from './turn.ts'

/** The schema of `AgentState` that this build writes; it reads every older one. */
export const STATE_SCHEMA = 1

/** The state of an agent between two steps, as data. */
export type AgentState = {
  readonly schema: number
  /** `version` of the definition that wrote it. */
  readonly version: string
  /** Steps so far. */
  readonly steps: number
  readonly turn: TurnData
  /** What it has been told of going round in circles, and how often it has just done so. */
  readonly repeats?: RepeatsData
  /** After this turn it ends, whoever else has written. */
  readonly isLast?: boolean
  /** Name of the agent that the conversation was handed over to. */
  readonly agent?: string
  /** The conversation without its system message. */
  readonly messages: readonly ChatMessage[]
  /** Place of the task among `messages`. */
  readonly taskAt: number
  /** What a function gave as instructions, when it was asked. */
  readonly system?: string
  /** What an `Output` of the AI SDK gave as the format of the answer; null: text. */
  readonly format?: ModelRequest['output'] | null
  /** What `stopWhen` is shown. */
  readonly history?: readonly AgentStep[]
  /** What the provider has counted. */
  readonly counted?: Counted
}

/** Makes the state that other code left into one for this code; recorded, so it runs once. */
export type MigrateState = (
  state: AgentState,
  from: { readonly version: string },
) => AgentState | PromiseLike<AgentState>

/** The state of a snapshot, or of a `migrate`. Throws `STATE_INVALID`. */
export function readState(value: unknown, agentName: string): AgentState {
  const state = (typeof value === 'object' && value !== null ? value : {}) as Partial<AgentState>
  const { schema, steps, messages, taskAt } = state
  if (typeof schema === 'number' && schema > STATE_SCHEMA) {
    throw new SkeinError(
      'STATE_INVALID',
      `the state of agent "${agentName}" was written by a newer Skein (schema ${schema}, this one reads ${STATE_SCHEMA}); update it`,
    )
  }
  const isWhole =
    typeof schema === 'number' &&
    Number.isSafeInteger(steps) &&
    Array.isArray(messages) &&
    Number.isSafeInteger(taskAt) &&
    typeof state.turn === 'object' &&
    messages.every((message: unknown) => typeof message === 'object' && message !== null && 'role' in message)
  if (!isWhole) {
    throw new SkeinError(
      'STATE_INVALID',
      `the state of agent "${agentName}" lacks its steps or messages; let migrate return the state it is given, with what must change`,
    )
  }
  return { version: '', ...state } as AgentState
}
