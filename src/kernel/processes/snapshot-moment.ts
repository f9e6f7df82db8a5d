/** When an agent can be left and made anew from a snapshot of its state. */
import { limits } from '../../std/index.ts'
import { CANCEL_KEY } from './cancel.ts'
import type { Process } from './process.ts'

/**
 * Whether an agent is left here and made anew from its state: live only, and with nothing under way but waits for
 * messages, which its next body asks for again. Whether it happens makes no difference to what the agent does.
 */
export function isTimeToLeave(process: Process, isDue: boolean): boolean {
  const { state } = process
  if (process.replaying || (!isDue && state.factsInSegment < limits.SNAPSHOT_FACTS)) return false
  if (process.inFlight > 0 || state.cancelled !== undefined || state.openChildren().length > 0) return false
  const isAtRest = [...process.open.values()].every(
    (ask) => ask.key === CANCEL_KEY || (ask.op === 'receive' && state.effects.get(ask.key)?.outcome === undefined),
  )
  return isAtRest && process.asked.length === 0 && !hasBegun(process)
}

/** Whether an effect has begun and not come to its end, wanted or not. */
export function hasBegun(process: Process): boolean {
  for (const record of process.state.effects.values()) {
    if (
      record.outcome === undefined &&
      record.kind !== undefined &&
      (record.phase === 'begun' || record.phase === 'intended')
    )
      return true
  }
  return false
}
