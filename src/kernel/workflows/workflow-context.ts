/** `ctx` of a running workflow: turns calls into asks of one scope. */
import { durationMs, SkeinError } from '../../std/index.ts'
import type { Duration, Pid } from '../../std/index.ts'
import type { Amounts } from '../accounts/amounts.ts'
import type { AnyDefinition } from '../definitions/definition.ts'
import type { ModelAnswer } from '../definitions/model.ts'
import type { Schema } from '../definitions/schema.ts'
import type { AnyTool, ToolLike } from '../definitions/tool.ts'
import { checkName } from '../definitions/workflow.ts'
import type { EffectBody } from '../effects/call-effects.ts'
import { stepEffect } from '../effects/call-effects.ts'
import { toolEffect } from '../effects/tool-effect.ts'
import type { MessagePattern } from '../journal/facts.ts'
import { payloadOf } from '../journal/outcome.ts'
import type { Process } from '../processes/process.ts'
import type { Scope } from '../scopes/scope.ts'
import { Asker, handled, never } from './asker.ts'
import { ChildCalls } from './child-calls.ts'
import type { StartedChild } from './child-calls.ts'
import { Combinators } from './combinators.ts'
import type { BranchFunctions, MapOptions } from './combinators.ts'
import type {
  CallOptions,
  ChildHandle,
  ContinueAsNew,
  Ctx,
  ForkOptions,
  ModelResult,
  ReceivedMessage,
  ReceiveOptions,
  RunOptions,
  StepFn,
  StepOptions,
  ToolCallOptions,
} from './context.ts'
import { continued } from './continue-as-new.ts'
import { registerCompensation } from './compensate.ts'
import { MessageCalls } from './message-calls.ts'
import { callModel } from './model-call.ts'
import type { AskModel, TypedModelInput } from './model-call.ts'

/** The ctx of one scope. */
export class WorkflowContext implements Omit<
  Ctx,
  | 'model'
  | 'tool'
  | 'all'
  | 'map'
  | 'race'
  | 'select'
  | 'run'
  | 'spawn'
  | 'fork'
  | 'step'
  | 'receive'
  | 'ask'
  | 'promise'
> {
  readonly #process: Process
  readonly #scope: Scope
  readonly #asker: Asker
  readonly #children: ChildCalls
  readonly #messages: MessageCalls
  readonly #combinators: Combinators

  constructor(process: Process, scope: Scope) {
    this.#process = process
    this.#scope = scope
    this.#asker = new Asker(process, scope)
    this.#children = new ChildCalls(process, this.#asker)
    this.#messages = new MessageCalls(process, this.#asker, (options) => this.receive(options))
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
      this.#asker.ask('model', request.model, options.key, identity, () =>
        this.#withModel(effect),
      ) as Promise<ModelAnswer>
    return handled(callModel(ask, input, options, this.#process.deps))
  }

  tool(tool: ToolLike, input: unknown, options: ToolCallOptions = {}): Promise<unknown> {
    const known = tool as AnyTool
    const name = options.name ?? known.name
    checkName(name, 'a tool')
    return this.#asker.ask('tool', name as string, options.key, input, (key, argsHash) =>
      toolEffect(
        known,
        name as string,
        input,
        { toolCallId: key, messages: [], argsHash, options },
        this.#process.deps.hash,
      ),
    )
  }

  step(name: string, fn: StepFn<unknown>, options: StepOptions = {}): Promise<unknown> {
    checkName(name, 'a step')
    return this.#asker.ask('step', name, options.key, undefined, () => stepEffect(name, fn, options))
  }

  run(definition: AnyDefinition, input: unknown, options: RunOptions = {}): Promise<unknown> {
    if (options.timeout === undefined) return this.#children.start(definition, input, options).result()
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
    return begun(this.#children.start(definition, input, options))
  }

  async fork(target: Pid | string | { readonly pid: Pid }, options: ForkOptions = {}): Promise<ChildHandle<unknown>> {
    return begun(this.#children.fork(target, options))
  }

  send(...args: Parameters<MessageCalls['send']>): Promise<void> {
    return this.#messages.send(...args)
  }

  call(...args: Parameters<MessageCalls['call']>): Promise<unknown> {
    return this.#messages.call(...args)
  }

  reply(...args: Parameters<MessageCalls['reply']>): Promise<void> {
    return this.#messages.reply(...args)
  }

  receive<Body>(options: ReceiveOptions<Body> = {}): Promise<ReceivedMessage<Body>> {
    const { schema, timeout, ...pattern } = options
    const known: MessagePattern = pattern
    const timeoutMs = timeout === undefined ? undefined : durationMs(timeout)
    return this.#asker.ask('receive', '', undefined, { ...known }, () => ({
      op: 'receive',
      pattern: known,
      schema,
      timeoutMs,
      aside: false,
    })) as Promise<ReceivedMessage<Body>>
  }

  async sleep(duration: Duration): Promise<void> {
    const delayMs = durationMs(duration)
    await this.#asker.ask('sleep', '', undefined, delayMs, () => ({ op: 'sleep', delayMs }))
  }

  now(): Promise<number> {
    return this.#asker.ask('now', '', undefined, undefined, () => ({ op: 'draw', what: 'now' })) as Promise<number>
  }

  random(name = ''): Promise<number> {
    return this.#asker.ask('random', name, undefined, undefined, () => ({
      op: 'draw',
      what: 'random',
    })) as Promise<number>
  }

  uuid(name = ''): Promise<string> {
    return this.#asker.ask('uuid', name, undefined, undefined, () => ({ op: 'draw', what: 'uuid' })) as Promise<string>
  }

  budget(): Promise<Amounts> {
    return this.#asker.ask('budget', '', undefined, undefined, () => ({
      op: 'draw',
      what: 'budget',
    })) as Promise<Amounts>
  }

  ask(question: {
    readonly title: string
    readonly show?: unknown
    readonly answer: Schema
    readonly expires?: Duration
    readonly key?: string
  }): Promise<unknown> {
    // Whoever writes no types may give a text; without a title nobody could be asked.
    const { title } = question as { readonly title?: unknown }
    if (typeof title !== 'string' || title === '')
      throw new SkeinError('INPUT_INVALID', "ctx.ask needs a title: ctx.ask({ title: 'Go on?', answer: schema })")
    const show = question.show === undefined ? undefined : payloadOf(question.show, 'ARGS_NOT_DATA')
    const expiresMs = question.expires === undefined ? undefined : durationMs(question.expires)
    const identity = { title, ...(question.show === undefined ? {} : { show: question.show }) }
    return this.#asker.ask('ask', '', question.key, identity, () => ({
      op: 'question',
      title,
      show,
      schema: question.answer,
      expiresMs,
    }))
  }

  promise(name: string, options: { readonly schema?: Schema; readonly timeout?: Duration } = {}): Promise<unknown> {
    const timeoutMs = options.timeout === undefined ? undefined : durationMs(options.timeout)
    return this.#asker.ask('promise', name, undefined, undefined, () => ({
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

  compensate(name: string, fn: StepFn<unknown>, options: StepOptions = {}): void {
    registerCompensation(this.#process, this.#scope, this.#asker, { name, fn, options })
  }

  grant(): never {
    throw notYet('grant')
  }

  /** A fork may go on with another model; what it asks is known by the one its author wrote (rule K2). */
  #withModel(effect: EffectBody): EffectBody {
    const model = this.#process.state.born?.fork?.overrides?.model
    if (model === undefined || effect.work.kind !== 'model') return effect
    return { ...effect, name: model, work: { ...effect.work, ref: model, request: { ...effect.work.request, model } } }
  }

  #combine(call: string, open: () => Promise<unknown>): Promise<unknown> {
    return this.#asker.mayCall(call) ? handled(open()) : never()
  }
}

async function begun(child: StartedChild): Promise<ChildHandle<unknown>> {
  await child.started
  return { pid: child.pid, result: () => child.result(), cancel: (reason) => child.cancel(reason) }
}

function notYet(what: string): SkeinError {
  return new SkeinError('NOT_AVAILABLE', `ctx.${what} is not built yet in this version of Skein`)
}
