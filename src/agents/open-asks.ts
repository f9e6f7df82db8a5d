/**
 * What an agent has asked and not been answered, with what each answer leads to.
 *
 * Invariants:
 * 1. An answer is taken once; after `close` none is.
 * 2. What was let go of is gone from here when the verdict comes: no answer to it follows.
 */
import { assert } from '../std/index.ts'
import type { Dropped, ReducerAsk, ReducerOutcome, ReducerStep } from '../kernel/index.ts'

/** What an answer leads to. */
export type Then = (outcome: ReducerOutcome) => ReducerStep

/** A step that asks nothing. */
export const NOTHING: ReducerStep = { asks: [] }

/** What can be let go of for somebody who speaks: calls of models, tools and sub-agents. */
const WORK = /^r\d+\/(model|tool|run)\b/

/** The open asks of one agent. */
export class OpenAsks {
  readonly #open = new Map<string, Then>()
  #drops = 0
  #isClosed = false

  ask<A extends ReducerAsk>(ask: A, then: Then): A {
    this.#open.set(ask.slot, then)
    return ask
  }

  /** Another answer than was first expected is waited for under this slot. */
  redirect(slot: string, then: Then): void {
    this.#open.set(slot, then)
  }

  drop(slots: readonly string[], then: (dropped: Dropped) => ReducerStep): ReducerAsk {
    this.#drops += 1
    return this.ask({ type: 'drop', slot: `d${this.#drops}`, slots }, (outcome) => {
      assert(outcome.ok, 'letting go does not fail')
      const dropped = outcome.value as Dropped
      for (const slot of dropped.gone) this.#open.delete(slot)
      return then(dropped)
    })
  }

  /** Slots of calls under way. */
  work(): readonly string[] {
    return [...this.#open.keys()].filter((slot) => WORK.test(slot))
  }

  take(slot: string): Then {
    const then = this.#open.get(slot)
    this.#open.delete(slot)
    assert(then !== undefined || this.#isClosed, `an agent has asked for ${slot}`)
    return then ?? (() => NOTHING)
  }

  /** Whatever is open leads to nothing any more. */
  close(): void {
    this.#open.clear()
    this.#isClosed = true
  }
}
