/**
 * The tool calls of one step, from the model's answer to the results it is shown (rule A2).
 *
 * Invariants:
 * 1. Every call has exactly one result, at the index of the call, in whatever order the outcomes come.
 * 2. Whatever is wrong with a call is its result: a tool that fails or is gone, arguments that are none.
 */
import { assert } from '../std/index.ts'
import type { ErrorCode } from '../std/index.ts'
import { check, toolCallsOf } from '../kernel/index.ts'
import type {
  ChatMessage,
  ModelAnswer,
  ReducerAsk,
  ReducerOutcome,
  ToolCallPart,
  ToolResultPart,
} from '../kernel/index.ts'
import { adopted, argumentsOf } from './answer.ts'
import { BROKEN_OFF, NOT_BEGUN, NOT_DONE, STILL_RUNNING } from './interrupted.ts'
import { CALLS_PER_STEP_MAX, ISSUES_MAX } from './limits.ts'
import type { AgentPlan } from './plan.ts'
import { quoted, shownError, shownValue } from './shown.ts'
import { absentMessage } from './toolset.ts'
import type { ShowHook, ToolEntry } from './toolset.ts'

type Asks = readonly ReducerAsk[]
type Shown = ToolResultPart['output']

/** The calls of step `n` on their way. */
export class ToolCalls {
  /** The answer as it joins the conversation. */
  readonly answer: ModelAnswer
  readonly calls: readonly ToolCallPart[]
  readonly results: ToolResultPart[] = []
  /** What the calls that succeeded gave, by index. */
  readonly values = new Map<number, unknown>()
  readonly #plan: AgentPlan
  readonly #n: number
  readonly #given: readonly ToolCallPart[]
  /** By slot: which call it is for, and what its outcome leads to. */
  readonly #open = new Map<string, { readonly i: number; readonly go: (outcome: ReducerOutcome) => Asks }>()
  /** The agent that the conversation goes to after this step. */
  handoff: AgentPlan | undefined

  constructor(plan: AgentPlan, n: number, given: ModelAnswer) {
    this.#plan = plan
    this.#n = n
    this.answer = adopted(given, n)
    this.calls = toolCallsOf(this.answer)
    this.#given = this.answer === given ? this.calls : toolCallsOf(given)
  }

  get isDone(): boolean {
    return this.#open.size === 0
  }

  /** The asks of all calls; `messages` is the conversation up to them. */
  begin(messages: readonly ChatMessage[]): Asks {
    return this.calls.flatMap((call, i) => this.#begin(call, i, messages))
  }

  /** The outcome of one of the asks; what is asked on account of it. */
  on(slot: string, outcome: ReducerOutcome): Asks {
    const open = this.#open.get(slot)
    assert(open !== undefined, `a call has asked for ${slot}`)
    this.#open.delete(slot)
    return open.go(outcome)
  }

  /** Somebody spoke before any of the calls had begun. */
  skip(): this {
    this.calls.forEach((_, i) => this.#put(i, NOT_BEGUN))
    return this
  }

  /** Somebody spoke, and this call was let go of. */
  letGo(slot: string): void {
    this.#close(slot, slot.includes('/run/') ? BROKEN_OFF : NOT_DONE)
  }

  /** Somebody spoke, and this call goes on: what it gives comes late. */
  goOn(slot: string): ToolCallPart {
    return this.#close(slot, STILL_RUNNING)
  }

  #close(slot: string, output: Shown): ToolCallPart {
    const open = this.#open.get(slot)
    assert(open !== undefined, `a call has asked for ${slot}`)
    this.#open.delete(slot)
    this.#put(open.i, output)
    return this.calls[open.i] as ToolCallPart
  }

  #begin(call: ToolCallPart, i: number, messages: readonly ChatMessage[]): Asks {
    const { name, approvals } = this.#plan
    const tools = this.#plan.tools()
    const entry = tools.get(call.toolName)
    const slot = `r${this.#n}/${entry?.kind ?? 'tool'}/${i}`
    if (i >= CALLS_PER_STEP_MAX) {
      return this.#refuse(
        i,
        'VALUE_TOO_LARGE',
        `more than ${CALLS_PER_STEP_MAX} calls at once; call again for the rest`,
      )
    }
    if (entry === undefined) {
      const message = absentMessage(call.toolName, tools, name)
      return this.#ask({ type: 'absent', slot, name: call.toolName, message }, i, undefined)
    }
    const given = this.#given[i]?.input
    const input = argumentsOf({ ...call, input: given })
    if (input === undefined) {
      const why = `the arguments of ${entry.name} are not a JSON object: ${quoted(String(given))}`
      return this.#refuse(i, 'INPUT_INVALID', why)
    }
    if (entry.kind === 'handoff') return this.#beginHandoff(slot, entry, i)
    if (entry.kind === 'tool') {
      const tool = approvals.perCall(entry.name, entry.tool, { call, messages })
      const { toolCallId } = call
      return this.#ask({ type: 'tool', slot, name: entry.name, tool, input, toolCallId, messages }, i, entry)
    }
    return this.#beginRun(slot, entry, input, i)
  }

  /** A fact of its own, so that the log shows it; one of them in a step. */
  #beginHandoff(slot: string, { name, plan }: Extract<ToolEntry, { kind: 'handoff' }>, i: number): Asks {
    if (this.handoff !== undefined)
      return this.#refuse(i, 'TOOL_UNKNOWN', 'the conversation is handed over once at a time')
    this.handoff = plan
    const fn = (): unknown => ({ assistant: plan.name })
    return this.#ask({ type: 'hook', slot, name, fn }, i, undefined)
  }

  /** The input of a run is parsed before it starts, as `ctx.run` does it. */
  #beginRun(
    slot: string,
    entry: Extract<ToolEntry, { kind: 'run' }>,
    given: Readonly<Record<string, unknown>>,
    i: number,
  ): Asks {
    const { name, definition, argument } = entry
    const input = argument === undefined ? given : given[argument]
    if (input === undefined) return this.#refuse(i, 'INPUT_INVALID', `${name} needs the argument "${argument}"`)
    if (definition.input === undefined) return this.#ask({ type: 'run', slot, definition, input }, i, entry)
    const parsed = check(definition.input, input, `input of ${name}`)
    if (parsed.ok) return this.#ask({ type: 'run', slot, definition, input: parsed.value }, i, entry)
    return this.#refuse(
      i,
      'INPUT_INVALID',
      `the arguments of ${name} do not fit: ${parsed.issues.slice(0, ISSUES_MAX).join('; ')}`,
    )
  }

  #ask(ask: ReducerAsk, i: number, entry: ToolEntry | undefined): Asks {
    const go = (outcome: ReducerOutcome): Asks => {
      if (!outcome.ok) return this.#put(i, shownError(outcome.error))
      this.values.set(i, outcome.value)
      const show = entry?.kind === 'tool' ? entry.show : undefined
      return show === undefined ? this.#put(i, shownValue(outcome.value)) : this.#askToShow(i, show, outcome.value)
    }
    this.#open.set(ask.slot, { i, go })
    return [ask]
  }

  /** A tool with a `toModelOutput` of its own says what the model sees. */
  #askToShow(i: number, show: ShowHook, output: unknown): Asks {
    const { toolCallId, input } = this.calls[i] as ToolCallPart
    const slot = `r${this.#n}/show/${i}`
    const go = (outcome: ReducerOutcome): Asks => {
      if (!outcome.ok) return this.#put(i, shownError(outcome.error))
      return this.#put(i, isShown(outcome.value) ? outcome.value : shownValue(output))
    }
    this.#open.set(slot, { i, go })
    return [{ type: 'hook', slot, name: 'toModelOutput', fn: () => show({ toolCallId, input, output }) }]
  }

  #refuse(i: number, code: ErrorCode, message: string): Asks {
    return this.#put(i, shownError({ code, message }))
  }

  #put(i: number, output: Shown): Asks {
    const { toolCallId, toolName } = this.calls[i] as ToolCallPart
    this.results[i] = { type: 'tool-result', toolCallId, toolName, output }
    return []
  }
}

/** `toModelOutput` may also give file contents, which results here cannot hold; the value is shown instead. */
function isShown(shown: unknown): shown is Shown {
  const type = typeof shown === 'object' && shown !== null ? (shown as { readonly type?: unknown }).type : undefined
  return type === 'text' || type === 'json' || type === 'error-text' || type === 'error-json'
}
