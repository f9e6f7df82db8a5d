/** What must hold between the journals and the world's own ledger (law 4): nothing lost, wrong, repeated or skipped in silence. */
import { valueOf } from '../../kernel/index.ts'
import type { FactOf, Outcome } from '../../kernel/index.ts'
import type { Deed } from '../world/world.ts'
import { factsOf, idOf, segmentsOf } from './journal.ts'
import type { Journal } from './journal.ts'

/** Counts of what was compared, and the offences. */
export type WorldComparison = {
  readonly writes: number
  /** Deeds of writes beyond the first that their journal shows: attempts under a key, or resolved as "again". */
  readonly repeatedShown: number
  readonly offences: readonly string[]
}

type Effect = {
  readonly id: string
  readonly intended: readonly FactOf<'intended'>[]
  readonly begun: number
  readonly outcome: Outcome | undefined
  readonly resolvedBy: string | undefined
}

/** Compares ended processes with a ledger of what the far side did. */
export function compareWithWorld(journals: readonly Journal[], ledger: readonly Deed[]): WorldComparison {
  const offences: string[] = []
  const effects = new Map(journals.flatMap(effectsOf).map((effect) => [effect.id, effect]))
  const deeds = new Map<string, Deed[]>()
  for (const deed of ledger) {
    if (deed.what === 'looked') continue
    deeds.set(deed.key, [...(deeds.get(deed.key) ?? []), deed])
    const effect = effects.get(deed.key)
    if (effect === undefined) offences.push(`lost: the world did ${deed.key}, and no journal knows it`)
    else if (deed.attempt > effect.begun)
      offences.push(`E2: the world saw attempt ${deed.attempt} of ${deed.key} before it had begun (${effect.begun})`)
  }
  let writes = 0
  let repeatedShown = 0
  for (const effect of effects.values()) {
    if (effect.intended[0]?.class !== 'write') continue
    writes += 1
    const done = (deeds.get(effect.id) ?? []).filter((deed) => deed.what === 'done')
    repeatedShown += Math.max(0, done.length - 1)
    offences.push(...offencesOf(effect, done))
  }
  return { writes, repeatedShown, offences }
}

function effectsOf(journal: Journal): readonly Effect[] {
  return segmentsOf(journal).flatMap((segment) => {
    // What a fork shares was its origin's to do.
    const facts = segment.facts.filter((fact) => fact.shared === undefined)
    const keys = new Set(factsOf(facts, 'intended').map((fact) => fact.key))
    return [...keys].map((key) => {
      const own = facts.filter((fact) => 'key' in fact && fact.key === key)
      const resolved = factsOf(own, 'resolved').find((fact) => fact.outcome !== undefined)
      const settled = factsOf(own, 'settled').find((fact) => fact.attempt > 0)
      const answered = factsOf(own, 'answered')[0]
      return {
        id: idOf(segment, key),
        intended: factsOf(own, 'intended'),
        begun: Math.max(0, ...factsOf(own, 'begun').map((fact) => fact.attempt)),
        outcome: resolved?.outcome ?? answered?.outcome ?? settled?.outcome,
        resolvedBy: resolved?.by,
      }
    })
  })
}

function offencesOf({ id, intended, outcome, resolvedBy }: Effect, done: readonly Deed[]): readonly string[] {
  const isKeyed = intended[0]?.idempotent === true
  if (done.length > 1) {
    const repeats = `${id} was done ${done.length} times in ${intended.length} attempts`
    if (isKeyed) return [`repeated: ${repeats} under one key`]
    return [`repeated: ${repeats}, and it is not idempotent`]
  }
  switch (outcome?.type) {
    case 'ok': {
      const [deed] = done
      if (deed === undefined) return [`skipped: ${id} is settled, and the world knows nothing of it`]
      const [told, real] = [valueOf(outcome.value), deed.value].map((value) => JSON.stringify(value))
      return told === real || resolvedBy !== undefined ? [] : [`wrong: ${id} answered ${told}, the world did ${real}`]
    }
    case 'error':
      return done.length === 1 && resolvedBy === undefined
        ? [`wrong: ${id} is settled as failed, and the world did it`]
        : []
    case 'cancelled':
      return done.length === 1 ? [`wrong: ${id} is settled as cancelled, and the world did it`] : []
    case 'unknown':
    case undefined:
      return []
  }
}
