/** `ctx.run` and `ctx.spawn`: asks that start a child, wait for its end, and cancel it. */
import { asPid } from '../../std/index.ts'
import type { EffectKey, Pid } from '../../std/index.ts'
import type { AnyDefinition } from '../definitions/definition.ts'
import { parse } from '../definitions/schema.ts'
import { payloadOf } from '../journal/outcome.ts'
import type { Payload } from '../journal/outcome.ts'
import { childPid, suffixed } from '../keys/key.ts'
import type { Process } from '../processes/process.ts'
import type { Asker } from './asker.ts'
import type { RunOptions } from './context.ts'

/** A child that was asked for. */
export type StartedChild = {
  readonly pid: Pid
  readonly started: Promise<unknown>
  result(): Promise<unknown>
  cancel(reason?: string): Promise<void>
}

/** The calls of one scope that concern children. */
export class ChildCalls {
  readonly #process: Process
  readonly #asker: Asker

  constructor(process: Process, asker: Asker) {
    this.#process = process
    this.#asker = asker
  }

  /** Starts a child; what it returns does not wait. */
  start(definition: AnyDefinition, input: unknown, options: RunOptions): StartedChild {
    const parsed =
      definition.input === undefined ? input : parse(definition.input, input, `input of ${definition.name}`)
    const payload: Payload = payloadOf(parsed, 'ARGS_NOT_DATA')
    let child = asPid('')
    let end: EffectKey | undefined
    const started = this.#asker.ask('run', definition.name, options.key, input ?? null, (key) => {
      child = childPid(this.#process.effectId(key), definition.name, this.#process.deps.hash)
      end = suffixed(key, 'end')
      return {
        op: 'start',
        definition,
        input: payload,
        child,
        budget: options.budget,
        detached: options.detached === true,
      }
    })
    const ended: { promise?: Promise<unknown> } = {}
    return {
      pid: child,
      started,
      result: () =>
        (ended.promise ??= end === undefined ? started : this.#asker.askAs(end, () => ({ op: 'join', child }), 'run')),
      cancel: async (reason = 'cancelled by its parent') => {
        await this.#asker.ask('cancel', '', undefined, child, () => ({ op: 'cancelChild', child, reason }))
      },
    }
  }
}
