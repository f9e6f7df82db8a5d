/** `ctx.run`, `ctx.spawn` and `ctx.fork`: asks that start a child, wait for its end, and cancel it. */
import { asEffectKey, asPid, asSeq } from '../../std/index.ts'
import type { EffectKey, Pid } from '../../std/index.ts'
import type { AnyDefinition } from '../definitions/definition.ts'
import { parse } from '../definitions/schema.ts'
import type { AskOf } from '../effects/ask.ts'
import { seenChild, standIn } from '../forks/afresh.ts'
import type { ForkOverrides, ForkRequest } from '../journal/fork.ts'
import { NOTHING, payloadOf } from '../journal/outcome.ts'
import type { Payload } from '../journal/outcome.ts'
import { suffixed } from '../keys/key.ts'
import type { Process } from '../processes/process.ts'
import type { Asker } from './asker.ts'
import type { ForkOptions, RunOptions } from './context.ts'

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
    const { name } = definition
    const parsed = definition.input === undefined ? input : parse(definition.input, input, `input of ${name}`)
    return this.#start(input ?? null, options, { name, definition, input: payloadOf(parsed, 'ARGS_NOT_DATA') })
  }

  /** Starts a child that is a fork of another process of this run. */
  fork(target: Pid | string | { readonly pid: Pid }, options: ForkOptions): StartedChild {
    const seen = asPid(typeof target === 'string' ? target : target.pid)
    const { key: _key, budget: _budget, detached: _detached, ...about } = options
    const fork = forkRequest(standIn(this.#process, seen), about)
    return this.#start({ from: seen, ...about }, options, { name: 'fork', definition: undefined, fork, input: NOTHING })
  }

  #start(
    identity: unknown,
    options: RunOptions,
    what: Pick<AskOf<'start'>, 'name' | 'definition' | 'fork' | 'input'>,
  ): StartedChild {
    let child = asPid('')
    let end: EffectKey | undefined
    const started = this.#asker.ask('run', what.name, options.key, identity, (key) => {
      child = seenChild(this.#process, key, what.name)
      end = suffixed(key, 'end')
      return { op: 'start', ...what, child, budget: options.budget, detached: options.detached === true }
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

function forkRequest(from: Pid, options: Omit<ForkOptions, 'key' | 'budget' | 'detached'>): ForkRequest {
  const { at, writes = 'refuse', model, instructions, answers } = options
  const overrides: ForkOverrides = {
    ...(model === undefined ? {} : { model }),
    ...(instructions === undefined ? {} : { instructions }),
    ...(answers === undefined ? {} : { answers: payloadsOf(answers) }),
    ...(options.input === undefined ? {} : { input: payloadOf(options.input, 'ARGS_NOT_DATA') }),
  }
  return {
    from,
    ...(typeof at === 'number' ? { seq: asSeq(at) } : {}),
    ...(typeof at === 'string' ? { after: asEffectKey(at) } : {}),
    writes,
    ...(Object.keys(overrides).length === 0 ? {} : { overrides }),
  }
}

function payloadsOf(values: Readonly<Record<string, unknown>>): Readonly<Record<string, Payload>> {
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => [key, payloadOf(value, 'ARGS_NOT_DATA')] as const),
  )
}
