/**
 * What a reducer lets go of (rules X2, X6, for slots instead of scopes): what has not begun never will, reads and
 * children are broken off and charged, receives are closed. Begun writes go on, and are still waited for.
 */
import { asEffectKey } from '../../std/index.ts'
import type { EffectKey } from '../../std/index.ts'
import type { AskOf } from '../effects/ask.ts'
import type { FactBody } from '../journal/facts.ts'
import { baseKey, suffixed } from '../keys/key.ts'
import { cancelChild, stopAsk } from './cancel.ts'
import type { EffectRecord } from './effect-record.ts'
import type { Process } from './process.ts'

/** The keys that a slot stands for: its own, and the wait for the end of the child it may have started. */
export function keysOfSlot(slot: string): readonly EffectKey[] {
  const key = asEffectKey(slot)
  return [key, suffixed(key, 'end')]
}

/** Judges, once, what goes on and what is gone. */
export function dropFact(process: Process, ask: AskOf<'drop'>): FactBody {
  const recordOf = (key: EffectKey): EffectRecord | undefined => process.state.effects.get(key)
  // What has an outcome is on its way to the body, and reaches it before this does.
  const open = ask.keys.filter((key) => process.open.has(key) && recordOf(key)?.outcome === undefined)
  const going = open.filter((key) => isGoing(recordOf(key)))
  return { type: 'dropped', key: ask.key, keys: open.filter((key) => !going.includes(key)), going }
}

/** A write that has begun, or of which an attempt may have been done. */
function isGoing(record: EffectRecord | undefined): boolean {
  if (record?.class !== 'write') return false
  return record.inDoubt || record.phase === 'begun' || record.phase === 'intended' || record.phase === 'unknown'
}

/** Lets go of what was just recorded (live only). */
export function letGo(process: Process, keys: readonly EffectKey[]): void {
  for (const key of keys) {
    const ask = process.open.get(key)
    if (ask === undefined) continue
    stopAsk(process, ask)
    process.open.delete(key)
    if (ask.op === 'join') cancelChild(process, baseKey(key), ask.child)
  }
}
