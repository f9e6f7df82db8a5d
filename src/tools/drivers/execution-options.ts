import { lentMessages } from '../../kernel/index.ts'
import type { ToolCall, ToolExecutionOptions } from '../../kernel/index.ts'

/** What the getters look at: not private, so that they work on a proxy of the options and on an heir of them too. */
const LENT = Symbol('lent')
type Lent = { readonly call: ToolCall; readonly messages: () => readonly unknown[] }

/**
 * What a tool's code is told beside its input. The messages are copied, and the signal is made, when they are looked at: most
 * code never does. They are members of the object itself, so that they are there after a spread, with the same two getters for
 * all calls: of an object literal with getters V8 makes a hidden class each time, which costs as much as some ten objects.
 */
export class ExecutionOptions implements ToolExecutionOptions {
  static readonly #messages: PropertyDescriptor & ThisType<ExecutionOptions> = {
    enumerable: true,
    configurable: true,
    get() {
      return this[LENT].messages()
    },
  }
  static readonly #abortSignal: PropertyDescriptor & ThisType<ExecutionOptions> = {
    enumerable: true,
    configurable: true,
    get() {
      return this[LENT].call.signal
    },
  }
  declare readonly [LENT]: Lent
  readonly toolCallId: string
  declare readonly messages: ToolExecutionOptions['messages']
  declare readonly abortSignal: AbortSignal
  readonly idempotencyKey: string
  readonly attempt: number
  readonly progress: (text: string) => void

  constructor(call: ToolCall) {
    const lent: Lent = { call, messages: lentMessages(call.messages) }
    // Configurable, as members of a literal are: a proxy may hide what is.
    Object.defineProperty(this, LENT, { value: lent, configurable: true })
    this.toolCallId = call.toolCallId
    Object.defineProperty(this, 'messages', ExecutionOptions.#messages)
    Object.defineProperty(this, 'abortSignal', ExecutionOptions.#abortSignal)
    this.idempotencyKey = call.id
    this.attempt = call.attempt
    this.progress = call.progress
  }
}
