/**
 * Notices an agent that goes round in circles: the same call with the same outcome in step after step, or two steps
 * that take turns (two calls, or two agents that hand over to each other). A call that succeeds is no circle while
 * something else in its step is new: who looks at the list beside every deed gets on.
 *
 * Invariants:
 * 1. Memory does not grow with the run: the last two steps and how long they have repeated.
 * 2. The model is told once of each circle; when it comes round again, that is the end.
 */
import type { ToolCallPart, ToolResultPart } from '../kernel/index.ts'
import { jsonText, quoted, shownText } from './shown.ts'

/** How an agent is kept from going round in circles; `false` lets it. */
export type LoopDetection = false | { readonly repeats?: number; readonly except?: readonly string[] }

/** What `loopDetection` comes to. */
export type CircleLimits = { readonly repeats: number; readonly except: readonly string[] }

/** A circle: what to tell the model, and what stands in the error when it was told already. */
export type Circle = {
  readonly isKnown: boolean
  readonly text: string
  readonly tool: string
  readonly input: unknown
  readonly result: string
  readonly times: number
}

/** What is remembered, as data. */
export type RepeatsData = {
  readonly told: readonly string[]
  readonly streaks: readonly (readonly [id: string, times: number])[]
  readonly last: string
  readonly lastButOne: string
  readonly alternating: number
}

type Call = { readonly call: ToolCallPart; readonly result: string; readonly isError: boolean; readonly id: string }

/** The circles of one agent. */
export class Repeats {
  readonly #limit: number
  readonly #except: ReadonlySet<string>
  readonly #hash: (text: string) => string
  readonly #told = new Set<string>()
  /** Steps in a row, up to the last, that had this call with this outcome. */
  #streaks = new Map<string, number>()
  #last = ''
  #lastButOne = ''
  /** Steps in a row that were equal to the last but one. */
  #alternating = 0

  constructor({ repeats, except }: CircleLimits, hash: (text: string) => string) {
    this.#limit = repeats
    this.#except = new Set(except)
    this.#hash = hash
  }

  get data(): RepeatsData {
    return {
      told: [...this.#told],
      streaks: [...this.#streaks],
      last: this.#last,
      lastButOne: this.#lastButOne,
      alternating: this.#alternating,
    }
  }

  /** Takes up what an earlier instance remembered. */
  restore({ told, streaks, last, lastButOne, alternating }: RepeatsData): void {
    for (const id of told) this.#told.add(id)
    this.#streaks = new Map(streaks)
    this.#last = last
    this.#lastButOne = lastButOne
    this.#alternating = alternating
  }

  /** A step is over; the circle it closes, if it closes one. */
  judge(calls: readonly ToolCallPart[], results: readonly ToolResultPart[]): Circle | undefined {
    const made = calls.flatMap((call, i) => {
      const result = results[i]
      return result === undefined || this.#except.has(call.toolName) ? [] : [this.#callOf(call, result)]
    })
    return this.#sameCall(made) ?? this.#takingTurns(made)
  }

  /** Somebody spoke: what comes now is no repetition. */
  forget(): void {
    this.#told.clear()
    this.#streaks.clear()
    this.#last = ''
    this.#lastButOne = ''
    this.#alternating = 0
  }

  #callOf(call: ToolCallPart, { output }: ToolResultPart): Call {
    const result = shownText(output)
    const isError = output.type.startsWith('error')
    return {
      call,
      result,
      isError,
      id: this.#hash(`${call.toolName} ${jsonText(call.input)} ${output.type} ${result}`),
    }
  }

  #sameCall(calls: readonly Call[]): Circle | undefined {
    const streaks = new Map<string, number>()
    for (const { id } of calls) streaks.set(id, (this.#streaks.get(id) ?? 0) + 1)
    this.#streaks = streaks
    const isRepeated = ({ id }: Call): boolean => (streaks.get(id) ?? 0) >= this.#limit
    const isAll = calls.every(isRepeated)
    const found = calls.find((one) => isRepeated(one) && (isAll || one.isError))
    if (found === undefined) return undefined
    const { call, result, id } = found
    const times = streaks.get(id) ?? 0
    const text =
      `You have called ${call.toolName} with the same arguments ${times} times and got the same result each ` +
      'time. Do something else, or answer with what you have.'
    return this.#circle(id, { text, call, result, times })
  }

  #takingTurns(calls: readonly Call[]): Circle | undefined {
    const step = calls.map(({ id }) => id).join(' ')
    const isTurn = step !== '' && step === this.#lastButOne && step !== this.#last
    this.#alternating = isTurn ? this.#alternating + 1 : 0
    const before = this.#last
    this.#lastButOne = before
    this.#last = step
    const [first] = calls
    const steps = this.#alternating + 2
    if (first === undefined || steps < 2 * this.#limit) return undefined
    const text =
      `You go back and forth: the last ${steps} steps were the same two, taken in turns, with the same results. ` +
      'Do something else, or answer with what you have.'
    const pair = [step, before].toSorted().join('|')
    return this.#circle(pair, { text, call: first.call, result: first.result, times: Math.floor(steps / 2) })
  }

  #circle(id: string, about: { text: string; call: ToolCallPart; result: string; times: number }): Circle {
    const isKnown = this.#told.has(id)
    this.#told.add(id)
    const { text, call, result, times } = about
    return { isKnown, text, times, tool: call.toolName, input: call.input, result: quoted(result) }
  }
}
