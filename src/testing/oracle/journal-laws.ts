/** What must hold in every journal by itself, whoever wrote it and however often they died. */
import type { Fact, FactOf } from '../../kernel/index.ts'
import { factsOf, segmentsOf } from './journal.ts'
import type { Journal, Segment } from './journal.ts'

/** The laws that a journal breaks, one line each, beginning with the rule. */
export function journalOffences(journal: Journal): readonly string[] {
  const { pid, facts } = journal
  const said: string[] = []
  const offend = (rule: string, what: string): void => void said.push(`${rule}: ${pid} ${what}`)
  facts.forEach((fact, index) => {
    if (fact.seq !== index) offend('J1', `fact ${index} has seq ${fact.seq}`)
    if (fact.type === 'born' && index > 0) offend('J2', `is born again at ${index}`)
    if (fact.type !== 'ended') return
    // A retry is tried with the code that is there now: that it took it comes first.
    const next = facts.slice(index + 1).find(({ type }) => type !== 'adopted')
    if (next !== undefined && next.type !== 'reopened') offend('J2', `goes on after its end at ${index}: ${next.type}`)
  })
  if (facts.length > 0 && facts[0]?.type !== 'born') offend('J2', `begins with ${facts[0]?.type}`)
  const messages = factsOf(facts, 'answered').flatMap((fact) => fact.messageId ?? [])
  for (const id of repeated(messages)) offend('M4', `consumed message ${id} twice`)
  for (const segment of segmentsOf(journal)) {
    checkAttempts(segment, offend)
    checkOutcomes(segment, offend)
    checkClosed(segment, offend)
  }
  return said
}

type Offend = (rule: string, what: string) => void

function repeated(items: readonly string[]): readonly string[] {
  const seen = new Set<string>()
  return items.filter((item) => seen.has(item) || !seen.add(item))
}

/** An attempt, as far as its facts have told. `lost`: its reservation is gone · `over`: settled, or given to somebody. */
type Attempt = { readonly n: number; readonly fact: FactOf<'intended'>; begun: boolean; lost: boolean; over: boolean }

/** Attempts count up from 1, one at a time, each begun once before it settles (E2, E4, J4). */
function checkAttempts(segment: Segment, offend: Offend): void {
  const attempts = new Map<string, Attempt>()
  for (const fact of segment.facts) {
    // A fork has begun nothing of what it shares.
    if (fact.shared !== undefined) continue
    const now = 'key' in fact && fact.key !== undefined ? attempts.get(fact.key) : undefined
    switch (fact.type) {
      case 'intended':
        if (fact.attempt !== (now?.n ?? 0) + 1)
          offend('E4', `${fact.key} goes from attempt ${now?.n ?? 0} to ${fact.attempt}`)
        if (now?.begun === true && !now.lost && !now.over)
          offend('E4', `${fact.key} begins attempt ${fact.attempt} while attempt ${now.n} is under way`)
        attempts.set(fact.key, { n: fact.attempt, fact, begun: false, lost: false, over: false })
        break
      case 'begun':
        if (now?.n !== fact.attempt || now.begun)
          offend('E2', `${fact.key} begins attempt ${fact.attempt}; intended: ${now?.n}, begun: ${now?.begun}`)
        else now.begun = true
        break
      case 'account':
        if (now !== undefined && fact.op === 'forfeit') now.lost = true
        if (now !== undefined && fact.failed === true) now.over = true
        break
      case 'unknown':
        if (now !== undefined) now.over = true
        break
      case 'settled':
        if (fact.attempt > 0) checkSettled(fact, now, offend)
        if (now !== undefined) now.over = true
        break
      default:
    }
  }
  if (segment.facts.at(-1)?.type !== 'ended') return
  for (const [key, { begun, over, lost, fact }] of attempts)
    if (begun && !over && !(lost && fact.class !== 'write')) offend('C3', `ended while ${key} was under way`)
}

function checkSettled(fact: FactOf<'settled'>, now: Attempt | undefined, offend: Offend): void {
  if (now?.n !== fact.attempt) offend('J4', `${fact.key} settles attempt ${fact.attempt}, not ${now?.n}`)
  else if (now.over) offend('J4', `${fact.key} settles attempt ${fact.attempt} twice`)
  else if (!now.begun && now.fact.class !== 'local' && fact.outcome.type === 'ok')
    offend('E2', `${fact.key} settles what has not begun`)
}

/** Per key at most one delivered outcome (J4); what waits again may be answered again. */
function checkOutcomes(segment: Segment, offend: Offend): void {
  const delivered = new Set<string>()
  for (const fact of segment.facts) {
    if (fact.type === 'waiting') delivered.delete(fact.key)
    if (fact.type === 'reopened') for (const key of fact.keys) delivered.delete(key)
    if (fact.type === 'adopted')
      for (const scope of [...(fact.open ?? []), ...(fact.ahead ?? [])]) delivered.delete(`${scope}:close`)
    const key = deliveredKey(fact)
    if (key === undefined) continue
    if (delivered.has(key)) offend('J4', `${key} has two outcomes`)
    delivered.add(key)
  }
}

function deliveredKey(fact: Fact): string | undefined {
  switch (fact.type) {
    case 'answered':
    case 'settled':
      return fact.key
    case 'resolved':
      return fact.outcome === undefined ? undefined : fact.key
    case 'closed':
    case 'dropped':
      return fact.key
    default:
      return undefined
  }
}

/** Nothing is decided in a scope after it was closed (X6, P7). */
function checkClosed(segment: Segment, offend: Offend): void {
  let closed: FactOf<'closed'>[] = []
  const dropped = new Set<string>()
  for (const fact of segment.facts) {
    if (fact.type === 'closed') closed.push(fact)
    if (fact.type === 'reopened') closed = closed.filter(({ key }) => key === undefined || !fact.keys.includes(key))
    if (fact.type === 'adopted')
      closed = closed.filter(({ scope }) => !fact.open?.includes(scope) && !fact.ahead?.includes(scope))
    if (fact.type === 'dropped') for (const key of fact.keys) dropped.add(key)
    const isDecision =
      fact.type === 'intended' ||
      (fact.type === 'begun' && fact.attempt > 0) ||
      (fact.type === 'sent' && fact.what !== 'cancel') ||
      (fact.type === 'waiting' && !/!(grace|resolve|orphans|pending|shield)/.test(fact.key))
    if (!isDecision) continue
    const scope = closed.find(
      ({ scope: path }) => (path === '' && !fact.key.startsWith('shield/')) || fact.key.startsWith(`${path}[`),
    )?.scope
    if (scope !== undefined) offend('X6', `${fact.type} ${fact.key} after scope "${scope}" was closed`)
    if (dropped.has(fact.key.split('!')[0] ?? '')) offend('X6', `${fact.type} ${fact.key} after it was let go of`)
  }
}
