/** A change of code inside a segment, as the state of a process keeps it, and the keys of what is asked for anew after it. */
import { asEffectKey } from '../../std/index.ts'
import type { EffectKey } from '../../std/index.ts'
import type { FactOf } from '../journal/facts.ts'

/** The key of the wait to move to other code. */
export const UPGRADE_KEY: EffectKey = asEffectKey('!upgrade')

/** One `adopted` fact. */
export type Adoption = {
  readonly seq: number
  /** What keys of its effects asked anew end with: its seq, in a fork that of the fact it shares. */
  readonly named: number
  /** What the new code had not asked for when it had caught up, draws included; it may still do. */
  readonly orphans: ReadonlySet<EffectKey>
  /** Orphans that were given up at once. */
  readonly gone: ReadonlySet<EffectKey>
  /** Asked for anew, whatever was recorded, and without a question. */
  readonly fresh: ReadonlySet<EffectKey>
  /** Asked key → the key whose record answers. */
  readonly reused: ReadonlyMap<EffectKey, EffectKey>
  /** Refused by a verdict. */
  readonly failed: ReadonlySet<EffectKey>
}

/** What a fact says of an adoption. */
export type AdoptionFact = Pick<
  FactOf<'adopted'>,
  'seq' | 'named' | 'orphans' | 'undrawn' | 'gone' | 'fresh' | 'reused' | 'failed'
>

/** The adoption of a fact. */
export function adoptionOf(fact: AdoptionFact): Adoption {
  const { seq, named = seq, orphans, undrawn = [], gone = [], fresh = [], reused = [], failed = [] } = fact
  return {
    seq,
    named,
    orphans: new Set([...orphans, ...undrawn]),
    gone: new Set(gone),
    fresh: new Set(fresh),
    reused: new Map(reused.map(({ key, from }) => [key, from])),
    failed: new Set(failed),
  }
}

/** The key of what code adopted at `seq` asks for anew: another effect than the one that was recorded, in the world too. */
export function freshKey(asked: EffectKey, seq: number): EffectKey {
  return asEffectKey(`${asked}~${seq}`)
}

/** The key as the code asks for it. What authors write stands before the `#n`, so nothing of theirs is cut. */
export function askedKey(key: EffectKey): EffectKey {
  return asEffectKey(key.replace(/(#\d+)~\d+$/, '$1'))
}
