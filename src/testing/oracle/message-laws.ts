/** Messages are consumed once, and in the order in which each sender sent what one pattern asks for (P5). */
import { valueOf } from '../../kernel/index.ts'
import { factsOf, idOf, segmentsOf } from './journal.ts'
import type { Journal } from './journal.ts'

type Envelope = { readonly id: string; readonly from?: string; readonly topic?: string }

/** What is out of order. `rankOf` places the messages of senders that have no journal, by id. */
export function messageOffences(journals: readonly Journal[], rankOf: (id: string) => number): readonly string[] {
  const sentAt = new Map<string, number>()
  for (const segment of journals.flatMap(segmentsOf))
    for (const fact of factsOf(segment.facts, 'sent')) sentAt.set(idOf(segment, fact.key), fact.seq)
  return journals.flatMap(({ pid, facts }) => {
    const offences: string[] = []
    const last = new Map<string, { readonly id: string; readonly rank: number }>()
    for (const fact of factsOf(facts, 'answered')) {
      if (fact.messageId === undefined || fact.outcome.type !== 'ok') continue
      const { id, from, topic } = valueOf(fact.outcome.value) as Envelope
      const stream = `${from ?? 'outside'} on ${topic ?? 'no topic'}`
      const rank = sentAt.get(id) ?? rankOf(id)
      const before = last.get(stream)
      if (before !== undefined && before.rank >= rank)
        offences.push(`P5: ${pid} took ${id} after ${before.id}, both from ${stream}`)
      last.set(stream, { id, rank })
    }
    return offences
  })
}
