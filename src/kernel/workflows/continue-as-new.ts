/**
 * The branded value that `return ctx.continueAsNew(state)` returns (rule A4): as an exception it could be swallowed,
 * as a value it cannot.
 */
import type { ContinueAsNew } from './context.ts'

class Continued {
  readonly state: unknown
  constructor(state: unknown) {
    this.state = state
  }
}

/** Wraps the state of the next segment. */
export function continued(state: unknown): ContinueAsNew {
  return new Continued(state) as unknown as ContinueAsNew
}

/** The state, when a workflow's value asks to go on as new. */
export function continuedState(value: unknown): { readonly state: unknown } | undefined {
  return value instanceof Continued ? value : undefined
}
