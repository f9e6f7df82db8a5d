/** A process's journal as the oracles read it. */
import type { Fact, FactOf } from '../../kernel/index.ts'
import type { EffectKey, Pid } from '../../std/index.ts'

/** All facts of a process, `seq` order. */
export type Journal = { readonly pid: Pid; readonly facts: readonly Fact[] }

/** The facts of one segment: keys are unique in it. */
export type Segment = {
  readonly pid: Pid
  readonly incarnation: number
  readonly n: number
  readonly facts: readonly Fact[]
}

/** Cuts a journal at its snapshots; a snapshot opens its segment. */
export function segmentsOf({ pid, facts }: Journal): readonly Segment[] {
  const incarnation = bornOf(facts)?.incarnation ?? 0
  const segments: { pid: Pid; incarnation: number; n: number; facts: Fact[] }[] = [
    { pid, incarnation, n: 0, facts: [] },
  ]
  for (const fact of facts) {
    if (fact.type === 'snapshot') segments.push({ pid, incarnation, n: fact.segment, facts: [] })
    segments.at(-1)?.facts.push(fact)
  }
  return segments
}

/** The first fact of a journal. */
export function bornOf(facts: readonly Fact[]): FactOf<'born'> | undefined {
  return factsOf(facts, 'born')[0]
}

/** The facts of one type. */
export function factsOf<T extends Fact['type']>(facts: readonly Fact[], type: T): readonly FactOf<T>[] {
  return facts.filter((fact): fact is FactOf<T> => fact.type === type)
}

/** The idempotency key of an effect of this segment (rule K5). */
export function idOf({ pid, incarnation, n }: Segment, key: EffectKey): string {
  return `${pid}/${incarnation}/${n}/${key}`
}
