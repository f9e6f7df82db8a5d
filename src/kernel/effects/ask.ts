/** Asks: what a body (workflow or agent) wants done, before the gate has seen it. */
import type { EffectKey, ErrorData, Pid, ScopePath } from '../../std/index.ts'
import type { Budget } from '../accounts/amounts.ts'
import type { AnyDefinition } from '../definitions/definition.ts'
import type { ModelRef, ModelRequest } from '../definitions/model.ts'
import type { ShownTexts } from '../definitions/reducer.ts'
import type { Schema } from '../definitions/schema.ts'
import type { AnyTool } from '../definitions/tool.ts'
import type { EffectClass, MessagePattern } from '../journal/facts.ts'
import type { ForkRequest } from '../journal/fork.ts'
import type { Outcome, Payload } from '../journal/outcome.ts'
import type { Scope } from '../scopes/scope.ts'
import type { StepFn } from '../workflows/context.ts'

type AskBase = {
  readonly key: EffectKey
  readonly scope: Scope
  /** Called once, in a macrotask of the process's own, with the delivered outcome; whoever calls it lets go of it. */
  settle: (outcome: Outcome) => void
}

/** How an effect is to be judged, repeated and shown; common to models, tools and steps. */
export type EffectAsk = AskBase & {
  readonly op: 'effect'
  readonly class: EffectClass
  readonly name: string
  readonly idempotent: boolean
  readonly argsHash: string
  /** What is recorded as the arguments; undefined where the state has them already. */
  readonly args: Payload | undefined
  /** Undefined: the author said nothing; see `effects/time.ts`. */
  readonly timeoutMs: number | undefined
  readonly attemptsMax: number
  readonly approval: {
    readonly needed: boolean | ((input: unknown) => unknown)
    readonly expiresMs: number | undefined
  }
  readonly again: boolean
  readonly onUnknown: 'park' | 'throw'
  readonly keyTtlMs: number | undefined
  readonly work:
    | {
        readonly kind: 'model'
        readonly ref: ModelRef
        readonly request: ModelRequest
        readonly shown?: ShownTexts
      }
    | {
        readonly kind: 'tool'
        readonly tool: AnyTool
        readonly toolCallId: string
        readonly messages: readonly unknown[]
        readonly rawInput: Payload
      }
    | { readonly kind: 'step'; readonly fn: StepFn<unknown> }
}

/** Anything a body can want. */
export type Ask =
  | EffectAsk
  /** A tool that this code does not know (any more): answered from the journal, else refused. */
  | (AskBase & { readonly op: 'absent'; readonly name: string; readonly message: string })
  /** Drawn by the kernel and recorded: now, random, uuid, budget, and that a compensation was registered. */
  | (AskBase & { readonly op: 'draw'; readonly what: 'now' | 'random' | 'uuid' | 'budget' | 'compensation' })
  /** A user's hook: local, recorded. */
  | (AskBase & { readonly op: 'hook'; readonly name: string; readonly fn: () => unknown })
  | (AskBase & {
      readonly op: 'start'
      /** What the child is called in pids and messages. */
      readonly name: string
      /** Absent for a fork, which is what its origin is. */
      readonly definition: AnyDefinition | undefined
      readonly fork?: ForkRequest
      readonly input: Payload
      readonly child: Pid
      readonly budget: Budget | undefined
      readonly detached: boolean
    })
  /** Waits for the end of a child; `key` is the start's with `!end`. */
  | (AskBase & { readonly op: 'join'; readonly child: Pid })
  | (AskBase & { readonly op: 'cancelChild'; readonly child: Pid; readonly reason: string })
  | (AskBase & {
      readonly op: 'send'
      readonly to: Pid
      readonly body: Payload
      readonly topic?: string
      readonly type?: string
      readonly expectsReply: boolean
      /** Of an answer: there is none, and why. */
      readonly failed?: ErrorData
    })
  | (AskBase & {
      readonly op: 'receive'
      readonly pattern: MessagePattern
      readonly schema: Schema | undefined
      readonly timeoutMs: number | undefined
      /** Heard while other things go on: a fact only when it is answered or outlives the activation. */
      readonly aside: boolean
    })
  /** A reducer lets go of these keys. */
  | (AskBase & { readonly op: 'drop'; readonly keys: readonly EffectKey[] })
  | (AskBase & { readonly op: 'sleep'; readonly delayMs: number })
  | (AskBase & {
      readonly op: 'question'
      readonly title: string
      readonly show: Payload | undefined
      readonly schema: Schema
      readonly expiresMs: number | undefined
    })
  | (AskBase & {
      readonly op: 'promise'
      readonly name: string
      readonly schema: Schema | undefined
      readonly timeoutMs: number | undefined
    })
  /** A combinator has come to its end. */
  | (AskBase & {
      readonly op: 'close'
      readonly closes: ScopePath
      readonly concluded: Scope
      readonly why: 'won' | 'done' | 'failed'
    })

/** The ask of one operation. */
export type AskOf<Op extends Ask['op']> = Extract<Ask, { readonly op: Op }>

/** Nobody is expected to wait for it. */
export function isBackground(ask: Ask): boolean {
  return (ask.op === 'receive' && ask.aside) || (ask.op === 'draw' && ask.what === 'compensation')
}
