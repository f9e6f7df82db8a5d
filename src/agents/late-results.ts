/**
 * Results that come late: of writes that had begun when somebody spoke. The conversation goes on without them, and is
 * told when they are there.
 *
 * Invariants:
 * 1. Every call that went on is told of exactly once, in the order in which they ended.
 */
import type { ReducerOutcome, ToolCallPart } from '../kernel/index.ts'
import { shownError, shownText, shownValue } from './shown.ts'

/** Calls that went on. */
export class LateResults {
  readonly #running = new Map<string, ToolCallPart>()
  readonly #texts: string[] = []

  get areComing(): boolean {
    return this.#running.size > 0
  }

  get areThere(): boolean {
    return this.#texts.length > 0
  }

  expects(slot: string): boolean {
    return this.#running.has(slot)
  }

  expect(slot: string, call: ToolCallPart): void {
    this.#running.set(slot, call)
  }

  put(slot: string, outcome: ReducerOutcome): void {
    const call = this.#running.get(slot)
    if (call === undefined) return
    this.#running.delete(slot)
    const shown = shownText(outcome.ok ? shownValue(outcome.value) : shownError(outcome.error))
    this.#texts.push(`The call ${call.toolCallId} of ${call.toolName}, which was still running, has ended: ${shown}`)
  }

  /** What to tell the model; told once. */
  take(): readonly string[] {
    return this.#texts.splice(0)
  }
}
