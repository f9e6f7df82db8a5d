/**
 * What must hold of a fork (P8): it knows what its origin knew at the point where it branches off, asks for what the origin
 * was about, and owns nothing but what it was given. Folded from the facts by other code than the kernel's.
 */
import { baseKey } from '../../kernel/index.ts'
import type { CodeRegistry, Fact, FactBody, FactOf } from '../../kernel/index.ts'
import { asSeq } from '../../std/index.ts'
import { balanceOf } from './conservation.ts'
import { bornOf, segmentsOf } from './journal.ts'
import type { Journal } from './journal.ts'
import { replayFork } from './replay-journal.ts'
import type { Replayed } from './replay-journal.ts'

/** What offends when the journal is forked at fact `seq`. `mayQueue`: effects that may wait for a slot. */
export async function forkOffences(
  journal: Journal,
  code: CodeRegistry,
  { seq, mayQueue }: { readonly seq: number; readonly mayQueue: (key: string) => boolean },
): Promise<readonly string[]> {
  const segment = segmentsOf(journal).findLast(({ facts }) => (facts[0]?.seq ?? 0) <= seq)?.facts ?? []
  const cancelSeq = segment.find((fact) => fact.type === 'closed' && fact.scope === '')?.seq ?? Number.POSITIVE_INFINITY
  const before = segment.filter((fact) => fact.seq <= seq && fact.seq < cancelSeq)
  // An agent's slots are its own for ever, and where it takes a snapshot makes no difference to what it asks.
  const isAgent = bornOf(journal.facts)?.kind === 'agent'
  const asked = isAgent ? journal.facts.filter((fact) => fact.seq >= (segment[0]?.seq ?? 0)) : segment
  const fork = await replayFork(journal, { from: journal.pid, seq: asSeq(seq), writes: 'live' }, code)
  if (fork.end?.type === 'parked') return [`P8: a fork of ${journal.pid} at ${seq} parks: ${fork.end.error.message}`]
  return [
    ...knowledgeOffences(before, fork.framed),
    ...(goesOnAnew(fork) ? [] : demandOffences(before, asked, fork, mayQueue)),
    ...accountOffences(journal, fork.framed),
  ].map((offence) => `P8: a fork of ${journal.pid} at ${seq} ${offence}`)
}

/** The delivered outcomes are those of the origin, in its order. */
function knowledgeOffences(before: readonly Fact[], framed: readonly Fact[]): readonly string[] {
  const known = outcomesOf(before)
  const shared = outcomesOf(framed.filter((fact) => fact.shared !== undefined))
  const offences: string[] = []
  for (const [key, outcome] of known)
    if (shared.get(key) !== outcome) offences.push(`knows ${shared.get(key)} of ${key}, and its origin ${outcome}`)
  for (const key of shared.keys()) if (!known.has(key)) offences.push(`knows of ${key}, and its origin did not`)
  const order = [...shared.keys()]
  if (offences.length === 0 && order.join() !== [...known.keys()].join()) offences.push('knows things in another order')
  return offences
}

/** With its first breath it goes on in a next segment, where keys begin anew. */
function goesOnAnew({ framed }: Replayed): boolean {
  return framed.some((fact) => fact.type === 'snapshot' && fact.shared === undefined)
}

/** Outcomes by key in order of delivery; the first counts, what waits again may have another. */
function outcomesOf(facts: readonly Fact[]): ReadonlyMap<string, string> {
  const outcomes = new Map<string, string>()
  for (const fact of facts) {
    if (fact.type === 'waiting') outcomes.delete(fact.key)
    const outcome =
      fact.type === 'closed'
        ? { type: 'ok' }
        : fact.type === 'resolved' || fact.type === 'settled' || fact.type === 'answered'
          ? fact.outcome
          : undefined
    const key = outcome === undefined || !('key' in fact) ? undefined : fact.key
    if (key === undefined || (isHanging(key) && !key.endsWith('!end')) || outcomes.has(key)) continue
    outcomes.set(key, JSON.stringify(outcome))
  }
  return outcomes
}

const isHanging = (key: string): boolean => key.includes('!')

/** It asks for nothing that the origin did not ask for, with the same arguments, and for all that was under way. */
function demandOffences(
  before: readonly Fact[],
  segment: readonly Fact[],
  fork: Replayed,
  mayQueue: (key: string) => boolean,
): readonly string[] {
  const offences: string[] = []
  // Only the first decisions follow from what is shared; what comes after them has new draws in it.
  const first = fork.decided[0] ?? []
  const decided = new Set(first.flatMap((body) => keyOf(body) ?? []).map(plain))
  const asked = new Set([...decided, ...fork.started.map(plain)])
  const closed = segment.flatMap((fact) => (fact.type === 'closed' ? [fact.scope] : []))
  const isMoot = (key: string): boolean => closed.some((scope) => scope === '' || key.startsWith(`${scope}[`))
  const known = new Set(segment.flatMap((fact) => ('key' in fact && fact.key !== undefined ? [plain(fact.key)] : [])))
  for (const key of decided)
    if (!mayQueue(key) && !isMoot(key) && !known.has(key))
      offences.push(`asks for ${key}, which its origin never asked for`)
  const argsOf = new Map<string, string>(
    segment.flatMap((fact) => (fact.type === 'intended' ? [[fact.key, fact.argsHash] as const] : [])),
  )
  for (const body of first)
    if (body.type === 'intended' && (argsOf.get(body.key) ?? body.argsHash) !== body.argsHash)
      offences.push(`asks for ${body.key} with other arguments`)
  if (fork.end?.type === 'ended') return offences
  const answered = new Set(fork.framed.flatMap((fact) => (fact.type === 'answered' ? [fact.key as string] : [])))
  for (const key of underWay(before))
    if (!isMoot(key) && !asked.has(plain(key)) && !answered.has(key))
      offences.push(`does not ask for ${key}, which was under way`)
  return offences
}

/** What had begun or waited and had no outcome. */
function underWay(before: readonly Fact[]): readonly string[] {
  const outcomes = outcomesOf(before)
  const open = new Set<string>()
  for (const fact of before)
    if (
      (fact.type === 'intended' || fact.type === 'sent' || (fact.type === 'waiting' && !isStanding(fact))) &&
      (!isHanging(fact.key) || fact.key.endsWith('!end'))
    )
      open.add(fact.key)
  const letGo = new Set(before.flatMap((fact) => (fact.type === 'dropped' ? fact.keys : [])).map(String))
  return [...open].filter((key) => !outcomes.has(key) && !letGo.has(key))
}

/** A reducer listens beside what it does; such a wait is a fact only when there is nothing else to do. */
function isStanding({ key, on }: FactOf<'waiting'>): boolean {
  return on.kind === 'message' && !key.includes('receive:')
}

/** Nothing of the origin's money is the fork's, and none of its spending (rule FK2). */
function accountOffences(journal: Journal, framed: readonly Fact[]): readonly string[] {
  const shared = framed.filter((fact) => fact.shared !== undefined || fact.type === 'born')
  const { cap: _cap, ...used } = balanceOf({ pid: journal.pid, facts: shared })
  return Object.entries(used).flatMap(([part, amounts]) =>
    Object.values(amounts).some((amount) => amount !== 0)
      ? [`has ${part} ${JSON.stringify(amounts)} from its origin`]
      : [],
  )
}

/** The effect that a key is about, whatever hangs on it. */
const plain = (key: string): string => (isHanging(key) ? key.slice(0, key.indexOf('!')) || key : key)

const keyOf = (body: FactBody): string | undefined =>
  'key' in body && body.key !== undefined ? baseKey(body.key) : undefined
