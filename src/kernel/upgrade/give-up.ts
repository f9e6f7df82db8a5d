/**
 * Orphans that nothing asks for: what they wait for is let go, their children are told to end, what was under way is
 * accounted for (rules U6, X2).
 */
import { giveUpEffect } from '../processes/abandoned.ts'
import { cancelChild } from '../processes/cancel.ts'
import type { EffectRecord } from '../processes/effect-record.ts'
import type { Process } from '../processes/process.ts'
import { effectKeyOf, isOpen, leftovers, waitsOf } from './leftovers.ts'
import { recordedEffect, wasPassed } from './report.ts'

/** Code was adopted and has caught up: what it has passed, or has nothing new to do before, is given up at once. */
export function giveUpPassed(process: Process): void {
  const isWaitingForNew = process.asked.length > 0
  giveUp(process, (record) => !isWaitingForNew || wasPassed(process, recordedEffect(process, record)))
}

/** The segment is at its end: nothing will ask for anything. */
export function giveUpAll(process: Process): void {
  giveUp(process, () => true)
}

function giveUp(process: Process, isOver: (record: EffectRecord) => boolean): void {
  const { state } = process
  for (const record of leftovers(process)) {
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
