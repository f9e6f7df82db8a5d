/** What a run that goes on has kept, read before anything runs. */
import { addAmounts } from '../../kernel/index.ts'
import type { Amounts } from '../../kernel/index.ts'
import type { Family } from '../views/family.ts'
import { isEnded, openNeeds } from '../views/rest.ts'
import { countWords, elapsedWords, usdWords } from './amounts.ts'
import { needName } from './need.ts'

/** Counted over a whole run. */
export type Kept = {
  readonly effects: number
  readonly spent: Amounts
  readonly underWay: number
  readonly inDoubt: number
  readonly waiting: readonly string[]
}

/** Counts what is settled, what was under way, and what of that is in doubt. */
export function keptOf(family: Family): Kept {
  let effects = 0
  let spent: Amounts = {}
  let underWay = 0
  let inDoubt = 0
  const waiting: string[] = []
  for (const member of family.members.values()) {
    const { view, story } = member
    spent = addAmounts(spent, story.spent)
    const running = isEnded(view.status)
      ? []
      : story.inFlight().filter((entry) => entry.phase === 'begun' && entry.kind !== 'child')
    effects += story.effectCount - running.length
    underWay += running.length
    inDoubt += running.filter((entry) => entry.class === 'write' && !entry.idempotent).length
    waiting.push(...openNeeds(member).map(needName))
  }
  return { effects, spent, underWay, inDoubt, waiting }
}

/** `a1 resumed: 4 effects kept ($0.31 not paid again), 0 repeated. Still waiting for you: a1/publish`. */
export function keptWords(name: string, kept: Kept): string {
  const waiting = kept.waiting.length === 0 ? '' : `. Still waiting for you: ${kept.waiting.join(', ')}`
  return `${name} resumed: ${countWords(kept.effects, 'effect')} kept${savedWords(kept)}, ${underWayWords(kept)}${waiting}`
}

function savedWords({ spent }: Kept): string {
  if (spent.microUsd) return ` (${usdWords(spent.microUsd)} not paid again)`
  return spent.effectMs ? ` (${elapsedWords(spent.effectMs)} not run again)` : ''
}

function underWayWords({ underWay, inDoubt }: Kept): string {
  const again = underWay - inDoubt
  if (underWay === 0) return '0 repeated'
  const doubt = inDoubt === 0 ? '' : `, ${inDoubt} in doubt (looked up, not repeated blindly)`
  return `${underWay} cut off: ${again} safe to repeat${doubt}`
}
