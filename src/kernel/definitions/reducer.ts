/**
 * Agents as the kernel sees them: a reducer over facts (rule A1). It is synchronous, deterministic and owns
 * its state; the kernel feeds it the outcomes of what it asked, in `seq` order, live as in replay.
 */
import type { ErrorData } from '../../std/index.ts'
import type { ModelRef, ModelRequest } from './model.ts'
import type { MessagePattern } from '../journal/facts.ts'
import type { Schema } from './schema.ts'
import type { AnyTool } from './tool.ts'
import type { AnyDefinition } from './definition.ts'

/** A text that a model is shown at many steps: named by its hash at each, recorded once. */
export type ShownText = { readonly hash: string; readonly text: string }

/** What a model was shown beside the conversation: its system prompt, and its tool definitions as JSON. */
export type ShownTexts = { readonly prompt?: ShownText; readonly tools?: ShownText }

/** What a reducer asks for. `slot` is the author key (rule K4), unique in the process: `r7/model`, `r7/tool/2`. */
export type ReducerAsk =
  | {
      readonly type: 'model'
      readonly slot: string
      readonly ref: ModelRef
      readonly request: ModelRequest
      /** Rolling hash of the conversation. */ readonly contentHash: string
      /** What is recorded of the call, beside its hash; the conversation itself is the state's. */
      readonly args?: unknown
      readonly shown?: ShownTexts
    }
  | {
      readonly type: 'tool'
      readonly slot: string
      readonly name: string
      readonly tool: AnyTool
      readonly input: unknown
      readonly toolCallId: string
      readonly messages: readonly unknown[]
    }
  /** A tool that this code does not (or no longer) have: answered from the journal, else refused with `message`. */
  | { readonly type: 'absent'; readonly slot: string; readonly name: string; readonly message: string }
  | { readonly type: 'run'; readonly slot: string; readonly definition: AnyDefinition; readonly input: unknown }
  /** A user's hook: class local, recorded. */
  | { readonly type: 'hook'; readonly slot: string; readonly name: string; readonly fn: () => unknown }
  /**
   * The next message that matches, as a `ReceivedMessage`. It may stay open while other things are asked. One that
   * does not fit `schema` goes to the dead letters, with word to its sender.
   */
  | {
      readonly type: 'receive'
      readonly slot: string
      readonly pattern: MessagePattern
      readonly schema?: Schema
      /** The reducer works meanwhile: nobody is asked to write to it, and listening costs nothing. */
      readonly aside?: boolean
    }
  | {
      readonly type: 'send'
      readonly slot: string
      readonly to: string
      readonly body: unknown
      readonly topic?: string
      readonly messageType?: string
      /** Of an answer: there is none, and why. */
      readonly failed?: ErrorData
    }
  /**
   * Lets go of slots: what has not begun never will, reads and children are broken off and charged, receives are
   * closed. Writes that have begun go on, and their outcomes still come. The outcome is a `Dropped`; outcomes that
   * were there before it are delivered before it.
   */
  | { readonly type: 'drop'; readonly slot: string; readonly slots: readonly string[] }

/** What became of the slots of a `drop`. */
export type Dropped = {
  /** Of these no outcome comes. */
  readonly gone: readonly string[]
  /** Writes that had begun. */
  readonly going: readonly string[]
}

/** What became of a slot. */
export type ReducerOutcome =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly error: ErrorData }

/** What a reducer wants next. */
export type ReducerStep = {
  readonly asks: readonly ReducerAsk[]
  /**
   * Set when the agent is done: its value, or why it failed. Beside asks of type `receive` it is the end unless
   * one of them is answered at once.
   */
  readonly end?: ReducerOutcome
  /** Set between two steps: here the state can be written as data. */
  readonly snapshot?: ReducerSnapshot
}

/**
 * A moment at which a reducer can be left: nothing of it is open but `receive`s. An instance that is made with
 * `state` begins with the asks of this very step, so it makes no difference whether the snapshot is taken.
 */
export type ReducerSnapshot = {
  /** Worth taking now: the state has become much smaller than what led to it. */
  readonly isDue: boolean
  state(): unknown
}

/** A running reducer: its state is its own. */
export interface ReducerInstance {
  begin(): ReducerStep
  /** The outcome of `slot`. A tool that is refused or fails is an outcome the model sees, not a throw. */
  on(slot: string, outcome: ReducerOutcome): ReducerStep
}

/** Makes an instance for one process. `input` and `state` are decoded and fresh. */
export type ReducerFactory = (about: {
  /** What the process was born with, in every segment. */
  readonly input: unknown
  /** What the last snapshot holds, by this code or an older one; absent in the first segment. */
  readonly state?: unknown
  readonly pid: string
  readonly hash: (text: string) => string
  /** What a fork has other than its definition says. */
  readonly overrides?: { readonly model?: string; readonly instructions?: string }
}) => ReducerInstance
