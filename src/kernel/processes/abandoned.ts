/**
 * The cancelling of a process that cannot run: its code is gone, or does not do again what its journal says.
 * Nobody can clean up after it, but what it began is accounted for, its children end, and its money goes home.
 */
import type { Control } from '../ports/activation.ts'
import { recordBorn } from './born.ts'
import { cancelChild, cancelProcess, CANCEL_KEY } from './cancel.ts'
import { handleEvent } from './events.ts'
import type { Process } from './process.ts'

/** True when an operator or a parent has cancelled it: then it is on its way to its end, without a body. */
export async function abandon(process: Process): Promise<boolean> {
  const cancel = process.state.cancelled ?? (await cancelAmongEvents(process))
  if (cancel === undefined) return false
  process.resetBody()
  process.body = undefined
  process.broken = undefined
  process.replaying = false
  process.turn.starts.length = 0
  if (process.state.born === undefined) recordBorn(process)
  cancelProcess(process, cancel.reason)
  process.open.delete(CANCEL_KEY)
  for (const child of process.state.openChildren()) cancelChild(process, child.key, child.pid)
  giveUpEffects(process)
  return true
}

/** Looks through what has come; only a cancel and the ends of children mean anything to a process without code. */
async function cancelAmongEvents(process: Process): Promise<Extract<Control, { type: 'cancel' }> | undefined> {
  for (let event = await process.act.next(0); event !== undefined; event = await process.act.next(0)) {
    if (event.type !== 'control') continue
    if (event.control.type === 'cancel') return event.control
    if (event.control.type === 'childEnded') handleEvent(process, event)
  }
  return undefined
}

/** What was under way: a write may have happened and is shown as unknown, anything else is lost. */
function giveUpEffects(process: Process): void {
  for (const record of [...process.state.effects.values()]) {
    if (record.outcome !== undefined) continue
    if (record.waiting !== undefined) process.turn.unwaits.push(record.key)
    if (record.phase !== 'begun' && record.phase !== 'intended') continue
    const { key, attempt, reserve } = record
    process.record({ type: 'account', op: 'forfeit', key, amounts: reserve })
    if (record.class === 'write')
      process.record({
        type: 'unknown',
        key,
        attempt,
        why: 'it was begun, and its process was cancelled without its code',
      })
    else process.record({ type: 'settled', key, attempt, outcome: { type: 'cancelled' }, actual: {} })
  }
}
