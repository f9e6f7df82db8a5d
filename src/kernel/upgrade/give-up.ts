/**
 * Orphans that nothing asks for: what they wait for is let go, their children are told to end, what was under way is
 * accounted for (rules U6, X2).
 */
import { giveUpEffect } from '../processes/abandoned.ts'
import { cancelChild } from '../processes/cancel.ts'
import type { EffectRecord } from '../processes/effect-record.ts'
import type { Process } from '../processes/process.ts'
import { effectKeyOf, everUnasked, isOpen, waitsOf } from './leftovers.ts'

/** Code was adopted, and says what it does not ask for any more. */
export function giveUpGone(process: Process): void {
  const gone = process.state.adoptions.at(-1)?.gone
  if (gone !== undefined) giveUp(process, (record) => gone.has(effectKeyOf(record)))
}

/** The segment is at its end: nothing will ask for anything, in scopes that are over neither. */
export function giveUpAll(process: Process): void {
  if (process.state.adoptions.length > 0) giveUp(process, () => true)
}

function giveUp(process: Process, isOver: (record: EffectRecord) => boolean): void {
  const { state } = process
  for (const record of everUnasked(process)) {
    if (!isOpen(state, record) || !isOver(record)) continue
    const key = effectKeyOf(record)
    for (const wait of waitsOf(state, key)) {
      if (state.record(wait).waiting?.kind === 'child') continue
      process.record({ type: 'answered', key: wait, outcome: { type: 'cancelled' } })
      process.turn.unwait(wait)
    }
    if (record.sentTo !== undefined) cancelChild(process, record.key, record.sentTo)
    else giveUpEffect(process, record, 'it was begun, and the code that was adopted does not ask for it')
  }
}
