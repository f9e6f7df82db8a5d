/**
 * Closing scopes and cancelling processes (rules X1–X6).
 *
 * What is not begun is dropped, local acts and reads are aborted and charged, begun writes linger: they run on,
 * settle and are charged, but are never delivered.
 */
import { asEffectKey, asMessageId } from '../../std/index.ts'
import type { EffectKey, Pid, ScopePath } from '../../std/index.ts'
import type { Ask, EffectAsk } from '../effects/ask.ts'
import { suffixed } from '../keys/key.ts'
import { liesWithin } from '../scopes/scope.ts'
import { letLinger, pendingWait } from './pending-wait.ts'
import type { Process } from './process.ts'
import type { EffectRecord } from './effect-record.ts'

/** The key under which the closing of the root scope is delivered. */
export const CANCEL_KEY: EffectKey = asEffectKey('!cancelled')

/** Records the end of the root scope, once. */
export function cancelProcess(process: Process, reason: string): void {
  if (process.state.cancelled !== undefined || process.state.ended !== undefined) return
  process.root.conclude()
  const fact = process.record({ type: 'closed', scope: process.root.path, why: 'cancelled', key: CANCEL_KEY, reason })
  if (fact.type === 'closed') stopScope(process, fact.scope)
}

/** Stops what runs and waits inside a scope whose `closed` fact was just recorded (live only). */
export function stopScope(process: Process, scope: ScopePath): void {
  for (const ask of process.open.values()) if (liesWithin(ask.scope.path, scope)) stopAsk(process, ask)
  for (const child of process.state.openChildren())
    if (liesWithin(child.key, scope)) cancelChild(process, child.key, child.pid)
}

/** Asks a child to end, once. */
export function cancelChild(process: Process, key: EffectKey, pid: Pid): void {
  const child = process.state.children.get(pid)
  if (child === undefined || child.ended || child.cancelSent) return
  const cancelKey = suffixed(key, 'cancel')
  // A child that goes on after its end can be told a second time.
  const again = process.state.reopens === 0 ? '' : `@${process.state.reopens}`
  const id = asMessageId(`${process.effectId(cancelKey)}${again}`)
  process.record({ type: 'sent', key: cancelKey, id, to: pid, what: 'cancel' })
  process.turn.sent.push({
    type: 'control',
    to: pid,
    control: { id, type: 'cancel', reason: `cancelled by its parent ${process.pid}`, by: process.pid },
  })
}

/** Drops or aborts one ask; a begun write is left alone. */
export function stopAsk(process: Process, ask: Ask): void {
  const { key } = ask
  switch (ask.op) {
    case 'effect': {
      process.turn.unwait(...(['approval', 'budget', 'resolve', 'switch'] as const).map((part) => suffixed(key, part)))
      const record = process.state.effects.get(key)
      const begun = record?.phase === 'begun' || record?.phase === 'intended'
      if (begun && pendingWait(process, ask) !== undefined) letLinger(process, ask)
      else if (begun && ask.class !== 'write' && record.outcome === undefined) process.act.abort(key)
      else if (!begun) {
        if (record !== undefined) leaveInDoubt(process, ask, record)
        process.act.abort(suffixed(key, 'admission'))
        process.releaseSlot(key)
      }
      return
    }
    case 'hook':
      process.act.abort(key)
      return
    case 'receive':
      process.mailbox.unwait(key)
      // What is heard aside has a row only after a rest.
      if (!ask.aside || process.state.isWaiting(key)) process.turn.unwait(key)
      return
    case 'start':
      process.turn.unwait(suffixed(key, 'budget'), suffixed(key, 'switch'))
      return
    case 'sleep':
    case 'question':
    case 'promise':
    case 'join':
      process.turn.unwait(key)
      return
    default:
      return
  }
}

/** A write that waits for its next attempt, of which an earlier one may have been done: say so, nobody will find out. */
function leaveInDoubt(process: Process, ask: EffectAsk, record: EffectRecord): void {
  if (ask.class !== 'write' || !record.inDoubt || record.phase !== 'waiting' || record.outcome !== undefined) return
  const why = `${ask.name} was given up before it was repeated, and an earlier attempt may have been done`
  process.record({ type: 'unknown', key: ask.key, attempt: record.attempt, why })
}
