/**
 * Writes of a worker that was presumed dead and was not: it had been stopped, another one took over, and it woke up in the
 * middle of a request. No engine can call such a request back (rule E8). What must hold: a far side that knows keys swallows
 * it; of the others each is behind an assumption that the journal shows, or behind an operator who had looked.
 */
import type { LedgerEntry } from '../../../src/testing/crash/ledger-entry.ts'
import { factsOf, idOf, segmentsOf } from '../../../src/testing/oracle/journal.ts'
import type { Journal } from '../../../src/testing/oracle/journal.ts'
import type { LateWrites } from '../campaign.ts'

const ASSUMED_ABSENT = 'assumption: absent, asked twice'

/** Keys of which somebody believed that nothing was done: the journal says so. */
function believed(journals: readonly Journal[]): ReadonlySet<string> {
  const keys = new Set<string>()
  for (const segment of journals.flatMap(segmentsOf)) {
    for (const fact of factsOf(segment.facts, 'account'))
      if (fact.by === ASSUMED_ABSENT && fact.key !== undefined) keys.add(idOf(segment, fact.key))
    for (const fact of factsOf(segment.facts, 'resolved')) if (fact.how === 'again') keys.add(idOf(segment, fact.key))
  }
  return keys
}

/** Takes late writes out of `entries`; of those that nothing in a journal stands for, says what is wrong. */
export function setAside(entries: readonly LedgerEntry[], journals: readonly Journal[]): LateWrites {
  const shown = believed(journals)
  const latest = new Map<string, number>()
  const offences: string[] = []
  let assumed = 0
  const kept = entries.filter(({ what, key, attempt, inert }) => {
    if (what !== 'done' || inert) return true
    const last = latest.get(key)
    latest.set(key, Math.max(last ?? 0, attempt))
    // In time, the only one, or the same attempt twice: that is for the judge, and no assumption stands for it.
    if (last === undefined || attempt >= last) return true
    if (shown.has(key)) assumed += 1
    else offences.push(`late: attempt ${attempt} of ${key} was done behind attempt ${last}, and nothing stands for it`)
    return false
  })
  return { entries: kept, assumed, offences }
}
