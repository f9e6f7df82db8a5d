/**
 * `ctx` of a running workflow: turns calls into asks of one scope.
 *
 * Invariants:
 * 1. A call outside a delivery to this process is refused before anything is asked (rule D3).
 * 2. A call on a closed scope never settles (rule X3); on a suspended one it throws (rule S2).
 * 3. No promise given out resolves in the macrotask that asked (rule D1), and none can crash the host unhandled (rule S5).
 */
import { asPid, durationMs, errorFromData, limits, SkeinError } from '../../std/index.ts'
import type { Duration, EffectKey, Pid } from '../../std/index.ts'
import type { Amounts } from '../accounts/amounts.ts'
import type { AnyDefinition } from '../definitions/definition.ts'
import { parse } from '../definitions/schema.ts'
import type { Schema } from '../definitions/schema.ts'
import type { AnyTool, ToolLike } from '../definitions/tool.ts'
import { checkName } from '../definitions/workflow.ts'
import type { ModelAnswer } from '../definitions/model.ts'
import type { Ask } from '../effects/ask.ts'
import { stepEffect } from '../effects/call-effects.ts'
import { toolEffect } from '../effects/tool-effect.ts'
import type { MessagePattern } from '../journal/facts.ts'
import { failureOf, payloadOf, valueOf } from '../journal/outcome.ts'
import type { Outcome, Payload } from '../journal/outcome.ts'
import { authorIdent, childPid, contentIdent, suffixed } from '../keys/key.ts'
import { REPLY_TOPIC } from '../messages/pattern.ts'
import type { Process } from '../processes/process.ts'
import type { Scope } from '../scopes/scope.ts'
import { Combinators } from './combinators.ts'
import type { BranchFunctions, MapOptions } from './combinators.ts'
import type {
  CallOptions,
  ChildHandle,
  ContinueAsNew,
  Ctx,
  ModelResult,
  ReceivedMessage,
  ReceiveOptions,
  RunOptions,
  StepFn,
  StepOptions,
  ToolCallOptions,
} from './context.ts'
import { continued } from './continue-as-new.ts'
import { callModel } from './model-call.ts'
import type { AskModel, TypedModelInput } from './model-call.ts'

type AskBody = { [Op in Ask['op']]: Omit<Extract<Ask, { op: Op }>, 'key' | 'scope' | 'settle'> }[Ask['op']]

/** The ctx of one scope. */
export class WorkflowContext implements Omit<
  Ctx,
  'model' | 'tool' | 'all' | 'map' | 'race' | 'select' | 'run' | 'spawn' | 'step' | 'receive' | 'ask' | 'promise'
> {
  readonly #process: Process
  readonly #scope: Scope
  readonly #combinators: Combinators

  constructor(process: Process, scope: Scope) {
    this.#process = process
    this.#scope = scope
    this.#combinators = new Combinators(
      process,
      scope,
      (inner) => new WorkflowContext(process, inner) as unknown as Ctx,
    )
  }

  get pid(): Pid {
    return this.#process.pid
  }

  model(input: TypedModelInput, options: CallOptions = {}): Promise<ModelResult<unknown>> {
    const ask: AskModel = (request, identity, effect) =>
      this.#ask('model', request.model, options.key, identity, () => effect) as Promise<ModelAnswer>
    return handled(callModel(ask, input, options, this.#process.deps))
  }

  tool(tool: ToolLike, input: unknown, options: ToolCallOptions = {}): Promise<unknown> {
    const known = tool as AnyTool
    const name = options.name ?? known.name
    checkName(name, 'a tool')
    return this.#ask('tool', name as string, options.key, input, (key) =>
      toolEffect(known, name as string, input, { toolCallId: key, messages: [], options }, this.#process.deps.hash),
    )
  }

  step(name: string, fn: StepFn<unknown>, options: StepOptions = {}): Promise<unknown> {
    checkName(name, 'a step')
    return this.#ask('step', name, options.key, undefined, () => stepEffect(name, fn, options))
  }

  run(definition: AnyDefinition, input: unknown, options: RunOptions = {}): Promise<unknown> {
    if (options.timeout === undefined) return this.#start(definition, input, options).result()
    const { timeout, ...rest } = options
    const late = async (ctx: Ctx): Promise<never> => {
      await ctx.sleep(timeout)
      throw new SkeinError(
        'EFFECT_TIMEOUT',
        `${definition.name} did not end within ${durationMs(timeout)} ms and was cancelled`,
      )
    }
    return this.race([(ctx: Ctx) => ctx.run(definition, input, rest), late])
  }

  async spawn(definition: AnyDefinition, input: unknown, options: RunOptions = {}): Promise<ChildHandle<unknown>> {
    const child = this.#start(definition, input, options)
    await child.started
    return { pid: child.pid, result: () => child.result(), cancel: (reason) => child.cancel(reason) }
  }

  async send(
    to: Pid | string,
    body: unknown,
    options: { readonly topic?: string; readonly type?: string } = {},
  ): Promise<void> {
    await this.#send(to, body, options, false).sent
  }

  call(
    to: Pid | string,
    body: unknown,
    options: { readonly topic?: string; readonly type?: string; readonly timeout?: Duration } = {},
  ): Promise<unknown> {
    const { timeout, ...about } = options
    const { sent, key } = this.#send(to, body, about, true)
    const answer = async (): Promise<unknown> => {
      await sent
      const message = await this.receive({
        topic: REPLY_TOPIC,
        type: this.#process.effectId(key),
        ...(timeout === undefined ? {} : { timeout }),
      })
      return message.body
    }
    return handled(answer())
  }

  async reply(message: ReceivedMessage, body: unknown): Promise<void> {
    if (message.replyTo === undefined)
      throw new SkeinError(
        'MESSAGE_INVALID',
        `message ${message.id} expects no answer; only messages sent with ctx.call do`,
      )
    await this.#send(message.replyTo.pid, body, { topic: REPLY_TOPIC, type: message.replyTo.id }, false).sent
  }

  receive<Body>(options: ReceiveOptions<Body> = {}): Promise<ReceivedMessage<Body>> {
    const { schema, timeout, ...pattern } = options
    const known: MessagePattern = pattern
    const timeoutMs = timeout === undefined ? undefined : durationMs(timeout)
    return this.#ask('receive', '', undefined, { ...known }, () => ({
      op: 'receive',
      pattern: known,
      schema,
      timeoutMs,
    })) as Promise<ReceivedMessage<Body>>
  }

  async sleep(duration: Duration): Promise<void> {
    const delayMs = durationMs(duration)
    await this.#ask('sleep', '', undefined, delayMs, () => ({ op: 'sleep', delayMs }))
  }

  now(): Promise<number> {
    return this.#ask('now', '', undefined, undefined, () => ({ op: 'draw', what: 'now' })) as Promise<number>
  }

  random(name = ''): Promise<number> {
    return this.#ask('random', name, undefined, undefined, () => ({ op: 'draw', what: 'random' })) as Promise<number>
  }

  uuid(name = ''): Promise<string> {
    return this.#ask('uuid', name, undefined, undefined, () => ({ op: 'draw', what: 'uuid' })) as Promise<string>
  }

  budget(): Promise<Amounts> {
    return this.#ask('budget', '', undefined, undefined, () => ({ op: 'draw', what: 'budget' })) as Promise<Amounts>
  }

  ask(question: {
    readonly title: string
    readonly show?: unknown
    readonly answer: Schema
    readonly expires?: Duration
    readonly key?: string
  }): Promise<unknown> {
    const show = question.show === undefined ? undefined : payloadOf(question.show, 'ARGS_NOT_DATA')
    const expiresMs = question.expires === undefined ? undefined : durationMs(question.expires)
    const identity = { title: question.title, ...(question.show === undefined ? {} : { show: question.show }) }
    return this.#ask('ask', '', question.key, identity, () => ({
      op: 'question',
      title: question.title,
      show,
      schema: question.answer,
      expiresMs,
    }))
  }

  promise(name: string, options: { readonly schema?: Schema; readonly timeout?: Duration } = {}): Promise<unknown> {
    const timeoutMs = options.timeout === undefined ? undefined : durationMs(options.timeout)
    return this.#ask('promise', name, undefined, undefined, () => ({
      op: 'promise',
      name,
      schema: options.schema,
      timeoutMs,
    }))
  }

  emit(stream: string, chunk: unknown): void {
    if (!this.#process.replaying) this.#process.deps.trace({ type: 'emit', pid: this.pid, stream, chunk })
  }

  log(...parts: unknown[]): void {
    if (this.#process.replaying) return
    const text = parts.map((part) => (typeof part === 'string' ? part : JSON.stringify(part))).join(' ')
    this.#process.deps.trace({ type: 'log', pid: this.pid, text })
  }

  all(branches: BranchFunctions): Promise<unknown> {
    return this.#combine('all', () => this.#combinators.all(branches))
  }

  map(
    items: readonly unknown[],
    fn: (ctx: Ctx, item: unknown, index: number) => unknown,
    options: MapOptions = {},
  ): Promise<unknown[]> {
    return this.#combine('map', () => this.#combinators.map(items, fn, options)) as Promise<unknown[]>
  }

  race(branches: BranchFunctions): Promise<unknown> {
    return this.#combine('race', () => this.#combinators.race(branches))
  }

  select(branches: BranchFunctions): Promise<unknown> {
    return this.#combine('select', () => this.#combinators.select(branches))
  }

  continueAsNew(state: unknown): ContinueAsNew {
    if (this.#scope !== this.#process.root)
      throw new SkeinError(
        'CONTINUE_AS_NEW_INVALID',
        'continueAsNew was called on the ctx of a branch; return it from the workflow itself',
      )
    payloadOf(state, 'ARGS_NOT_DATA')
    return continued(state)
  }

  compensate(): void {
    throw notYet('compensate')
  }

  grant(): never {
    throw notYet('grant')
  }

  #start(
    definition: AnyDefinition,
    input: unknown,
    options: RunOptions,
  ): {
    readonly pid: Pid
    readonly started: Promise<unknown>
    result(): Promise<unknown>
    cancel(reason?: string): Promise<void>
  } {
    const parsed =
      definition.input === undefined ? input : parse(definition.input, input, `input of ${definition.name}`)
    const payload: Payload = payloadOf(parsed, 'ARGS_NOT_DATA')
    let child = asPid('')
    let end: EffectKey | undefined
    const started = this.#ask('run', definition.name, options.key, input ?? null, (key) => {
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
        (ended.promise ??= end === undefined ? started : this.#askAs(end, () => ({ op: 'join', child }), 'run')),
      cancel: async (reason = 'cancelled by its parent') => {
        await this.#ask('cancel', '', undefined, child, () => ({ op: 'cancelChild', child, reason }))
      },
    }
  }

  #send(
    to: Pid | string,
    body: unknown,
    about: { readonly topic?: string; readonly type?: string },
    expectsReply: boolean,
  ): { readonly sent: Promise<unknown>; readonly key: EffectKey } {
    const payload = payloadOf(body, 'ARGS_NOT_DATA')
    if (payload.text.length > limits.MESSAGE_BYTES_MAX)
      throw new SkeinError(
        'VALUE_TOO_LARGE',
        `a message of ${payload.text.length} characters exceeds ${limits.MESSAGE_BYTES_MAX}; write it to a file and send its name`,
      )
    let asked = '' as EffectKey
    const sent = this.#ask('send', '', undefined, { to: String(to), body, ...about }, (key) => {
      asked = key
      return { op: 'send', to: asPid(String(to)), body: payload, ...about, expectsReply }
    })
    return { sent, key: asked }
  }

  #ask(
    kind: string,
    name: string,
    authorKey: string | undefined,
    identity: unknown,
    make: (key: EffectKey) => AskBody,
  ): Promise<unknown> {
    if (!this.#mayCall(kind)) return never()
    const ident =
      authorKey !== undefined
        ? authorIdent(authorKey)
        : identity === undefined
          ? '-'
          : contentIdent(identity, this.#process.deps.hash)
    const key = this.#process.keys.next(this.#scope.path, kind, name, ident)
    return this.#push(key, make(key))
  }

  #askAs(key: EffectKey, make: () => AskBody, call: string): Promise<unknown> {
    return this.#mayCall(call) ? this.#push(key, make()) : never()
  }

  #push(key: EffectKey, body: AskBody): Promise<unknown> {
    const promise = new Promise<unknown>((resolve, reject) => {
      this.#process.ask({
        ...body,
        key,
        scope: this.#scope,
        settle: (outcome) => settle(outcome, resolve, reject),
      })
    })
    return handled(promise)
  }

  #combine(call: string, open: () => Promise<unknown>): Promise<unknown> {
    return this.#mayCall(call) ? handled(open()) : never()
  }

  /** False on a closed scope. Throws where the call is a mistake. */
  #mayCall(call: string): boolean {
    if (this.#process.body?.end !== undefined) return false
    if (!this.#process.window) {
      const error = new SkeinError(
        'FOREIGN_AWAIT',
        `ctx.${call} of ${this.#process.definition?.name} was called after awaiting something that is not an ` +
          `effect of its ctx (a fetch, a timer, a promise of its own); wrap that in: await ctx.step('name', () => ` +
          '…)',
      )
      this.#process.breakOff(error)
      throw error
    }
    if (!this.#scope.isOpen) return false
    this.#scope.assertMayCall(call)
    return true
  }
}

/** Turns a delivered outcome into what the author's promise does. */
export function settle(outcome: Outcome, resolve: (value: unknown) => void, reject: (error: Error) => void): void {
  const failed = failureOf(outcome)
  if (failed !== undefined) reject(errorFromData(failed))
  else if (outcome.type === 'ok') resolve(valueOf(outcome.value))
}

/** A promise whose rejection nobody has to hear (rule S5). */
function handled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined)
  return promise
}

const never = (): Promise<never> => new Promise(() => undefined)

function notYet(what: string): SkeinError {
  return new SkeinError('NOT_AVAILABLE', `ctx.${what} is not built yet in this version of Skein`)
}
