/** The rule set: every operator, in the order in which they are asked. */
import { FLOW } from './flow.ts'
import type { Operator } from './operator.ts'
import { SWAPS } from './swaps.ts'
import { VALUES } from './values.ts'

export const OPERATORS: readonly Operator[] = [...SWAPS, ...VALUES, ...FLOW]

/** What an operator's change does, in words. */
export function saysOf(name: string): string {
  return OPERATORS.find((operator) => operator.name === name)?.says ?? name
}

export type { Edit, Operator, Place } from './operator.ts'
