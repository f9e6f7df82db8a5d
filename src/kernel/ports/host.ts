/** What the kernel needs from whoever hosts it, beside the engine: time, randomness, hashing, macrotasks, drivers, code. */
import type { Clock, EffectKey, Hash, Pid, Random } from '../../std/index.ts'
import type { CodeRegistry } from '../definitions/definition.ts'
import type { ModelAnswer } from '../definitions/model.ts'
import type { Schema } from '../definitions/schema.ts'
import type { Fact } from '../journal/facts.ts'
import type { Drivers } from './driver.ts'
import type { Switches } from './switches.ts'

/**
 * Runs `deliver` in a macrotask of its own and `drained` when all microtasks it caused have run, with no
 * foreign macrotask between the two (rule D1). Many processes may share one pair.
 */
export type Macrotask = (deliver: () => void, drained: () => void) => void

/** Reads a model's final text as typed output (rule: bounded repair). */
export type AnswerReader = (
  answer: ModelAnswer,
  schema: Schema,
  name: string | undefined,
) =>
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; /** What to tell the model. */ readonly complaint: string }

/** Live, lossy news for progress views; never evidence. */
export type Trace =
  | { readonly type: 'frame'; readonly pid: Pid; readonly facts: readonly Fact[] }
  | {
      readonly type: 'progress'
      readonly pid: Pid
      readonly name: string
      readonly key: EffectKey
      readonly attempt: number
      readonly text: string
    }
  | { readonly type: 'log'; readonly pid: Pid; readonly text: string }
  | { readonly type: 'emit'; readonly pid: Pid; readonly stream: string; readonly chunk: unknown }
  | {
      readonly type: 'resumed'
      readonly pid: Pid
      readonly kept: number
      readonly repeated: number
      readonly inDoubt: number
    }

/** All that the kernel is given. */
export type KernelDeps = {
  readonly clock: Clock
  readonly random: Random
  readonly hash: Hash
  readonly macrotask: Macrotask
  readonly drivers: Drivers
  readonly code: CodeRegistry
  readonly readAnswer: AnswerReader
  /** Nothing is switched off where there are none. */
  readonly switches?: Switches
  readonly trace: (news: Trace) => void
  /** Runs a workflow body's synchronous stretches under the dev-time tripwire, where there is one. */
  readonly guardBody?: <T>(pid: Pid, run: () => T) => T
  readonly idleMs?: number
  /** Pause before a second look at a write that may still be on its way (rule E8). */
  readonly graceMs?: number
}
