/** Whether somebody had agreed before anything began that needs it. */
import { idOf, segmentsOf } from '../oracle/journal.ts'
import type { Journal, Segment } from '../oracle/journal.ts'

/** Effects of tools that need an approval, and began without one in their journal. */
export function approvalOffences(journals: readonly Journal[], tools: readonly string[]): readonly string[] {
  return tools.length === 0 ? [] : journals.flatMap(segmentsOf).flatMap((segment) => unapproved(segment, tools))
}

function unapproved(segment: Segment, tools: readonly string[]): readonly string[] {
  const agreed = new Set<string>()
  const guarded = new Set<string>()
  const offences: string[] = []
  for (const fact of segment.facts) {
    if (fact.type === 'answered' && fact.outcome.type === 'ok') agreed.add(fact.key)
    if (fact.type === 'intended' && tools.includes(fact.name)) guarded.add(fact.key)
    // What a fork shares was agreed to at its origin.
    const isHere = fact.type === 'begun' && fact.shared === undefined && guarded.has(fact.key)
    if (isHere && !agreed.has(`${fact.key}!approval`))
      offences.push(`approval: ${idOf(segment, fact.key)} began, and nobody had agreed`)
  }
  return offences
}
