/**
 * The cancelling of a process that cannot run: its code is gone, or does not do again what its journal says.
 * Nobody can clean up after it, but what it began is accounted for, its children end, and its money goes home.
 */
import type { Control } from '../ports/activation.ts'
import { recordBorn } from './born.ts'
import { cancelChild, cancelProcess, CANCEL_KEY } from './cancel.ts'
import { handleControl } from './controls.ts'
import type { EffectRecord } from './effect-record.ts'
import type { Process } from './process.ts'

/** What somebody wants of a process that cannot go on. */
export type LastWord =
  | { readonly type: 'cancel'; readonly reason: string }
  | Pick<Extract<Control, { type: 'upgrade' }>, 'type' | 'verdicts' | 'by'>

/**
 * Looks through what has come: a cancel and other code mean something to a process without code. The rest is `unheard`,
 * until the process goes on, or goes to its end.
 */
export async function lastWord(process: Process): Promise<LastWord | undefined> {
  if (process.state.cancelled !== undefined) return { type: 'cancel', reason: process.state.cancelled.reason }
  for (let event = await process.act.next(0); event !== undefined; event = await process.act.next(0)) {
    if (event.type !== 'control') continue
    const { control } = event
    if (control.type === 'cancel' || control.type === 'upgrade') return control
    // To be looked at again is all that these ask for.
    if (control.type !== 'reopen' && control.type !== 'switched') process.unheard.push(control)
  }
  return undefined
}

/** Puts it on its way to its end, without a body. */
export function abandon(process: Process, reason: string): void {
  process.resetBody()
  process.body = undefined
  process.broken = undefined
  process.replaying = false
  process.turn.starts.length = 0
  if (process.state.born === undefined) recordBorn(process)
  hearUnheard(process)
  cancelProcess(process, reason)
  process.open.delete(CANCEL_KEY)
  for (const child of process.state.openChildren()) cancelChild(process, child.key, child.pid)
  giveUpEffects(process)
}

/** What came while it could not go on. */
export function hearUnheard(process: Process): void {
  for (const control of process.unheard.splice(0)) handleControl(process, control)
}

/** What was under way: a write may have happened and is shown as unknown, anything else is lost. */
function giveUpEffects(process: Process): void {
  for (const record of [...process.state.effects.values()]) {
    if (record.outcome !== undefined) continue
    if (record.waiting !== undefined) process.turn.unwait(record.key)
    giveUpEffect(process, record, 'it was begun, and its process was cancelled without its code')
  }
}

/** Nobody will hear of an effect any more. */
export function giveUpEffect(process: Process, record: EffectRecord, why: string): void {
  const { key, attempt, reserve } = record
  if (record.outcome !== undefined) return
  if (record.phase !== 'begun' && record.phase !== 'intended') {
    if (record.class === 'write' && record.inDoubt && record.phase === 'waiting')
      process.record({ type: 'unknown', key, attempt, why })
    return
  }
  process.record({ type: 'account', op: 'forfeit', key, amounts: reserve })
  if (record.class === 'write') process.record({ type: 'unknown', key, attempt, why })
  else process.record({ type: 'settled', key, attempt, outcome: { type: 'cancelled' }, actual: {} })
}
