/** What must hold when journals are replayed: the same result, the same asks, and nothing done on the way (P1–P3). */
import { baseKey } from '../../kernel/index.ts'
import type { CodeRegistry, Fact, FactBody } from '../../kernel/index.ts'
import { segmentsOf } from './journal.ts'
import type { Journal } from './journal.ts'
import { replayJournal } from './replay-journal.ts'

const QUOTE_CHARS_MAX = 200

/** P1 and P3: an ended journal, replayed with nothing behind it, ends the same and asks for nothing new. */
export async function endOffences(journal: Journal, code: CodeRegistry): Promise<readonly string[]> {
  const { pid, facts } = journal
  const end = facts.at(-1)
  if (end?.type !== 'ended') return []
  const { decided, started, early, end: got } = await replayJournal(journal, code)
  const offences: string[] = []
  if (decided.length > 0) offences.push(`P2: a replay of ${pid} asks for ${decided.flat().map(nameOf).join(', ')}`)
  if (started.length > 0) offences.push(`P2: a replay of ${pid} starts ${started.join(', ')}`)
  if (early.length > 0) offences.push(`P3: a replay of ${pid} did ${early.join(', ')} before it had caught up`)
  const [was, is] = [end.result, got?.type === 'ended' ? got.result : got].map((result) => JSON.stringify(result))
  if (was !== is)
    offences.push(
      `P1: a replay of ${pid} ends with ${is?.slice(0, QUOTE_CHARS_MAX)}, not ${was?.slice(0, QUOTE_CHARS_MAX)}`,
    )
  return offences
}

/**
 * P2: whoever has the first `length` facts asks for nothing that the run itself did not ask for after them, and in its
 * order. Effects that may wait for a slot are begun in an order of their own, or not at all.
 */
export async function prefixOffences(
  journal: Journal,
  code: CodeRegistry,
  { length, mayQueue }: { readonly length: number; readonly mayQueue: (key: string) => boolean },
): Promise<readonly string[]> {
  const { pid, facts } = journal
  const { decided, concluded, early } = await replayJournal({ pid, facts: facts.slice(0, length) }, code)
  const offences: string[] = []
  if (early.length > 0)
    offences.push(`P3: a replay of ${length} facts of ${pid} did ${early.join(', ')} before it had caught up`)
  if (concluded.length > 0) return offences
  const from = segmentsOf(journal).findLast((segment) => (segment.facts[0]?.seq ?? 0) < length)?.facts[0]?.seq ?? 0
  const live = facts.slice(from)
  const closed = live.flatMap((fact) => (fact.type === 'closed' ? [fact.scope] : []))
  const isMoot = (key: string): boolean => closed.some((scope) => scope === '' || key.startsWith(`${scope}[`))
  let last = -1
  for (const key of new Set((decided[0] ?? []).flatMap((body) => keyOf(body) ?? []))) {
    if (isMoot(key) || mayQueue(key)) continue
    const at = live.findIndex((fact) => keyOf(fact) === key)
    if (at < 0) offences.push(`P2: with ${length} facts ${pid} asks for ${key}, which the run never asked for`)
    else if ((live[at]?.seq ?? 0) >= length && at < last)
      offences.push(`P2: with ${length} facts ${pid} asks for ${key} later than the run did`)
    else last = at
  }
  return offences
}

const nameOf = (body: FactBody): string => `${body.type} ${keyOf(body) ?? ''}`

/** The effect a fact is about, whatever hangs on it. */
function keyOf(fact: Fact | FactBody): string | undefined {
  return 'key' in fact && fact.key !== undefined ? baseKey(fact.key) : undefined
}
