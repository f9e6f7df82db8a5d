/** States of processes as the kernel's own tests need them: folded from facts that are numbered here. */
import { asSeq } from '../../std/index.ts'
import type { FactBody } from '../journal/facts.ts'
import { FACT_VERSION } from '../journal/facts.ts'
import { ProcessState } from './process-state.ts'

/** The state after these facts, all of one time. */
export function foldAt(at: number, ...bodies: readonly FactBody[]): ProcessState {
  const state = new ProcessState()
  for (const body of bodies) state.apply({ ...body, v: FACT_VERSION, seq: asSeq(state.nextSeq), at })
  return state
}

/** The same, where the time says nothing. */
export const fold = (...bodies: readonly FactBody[]): ProcessState => foldAt(10, ...bodies)
