/** What `reopened` means for the state: outcomes that are there no more, and what hangs on them. */
import { asEffectKey } from '../../std/index.ts'
import type { EffectKey } from '../../std/index.ts'
import { baseKey, endKey, suffixOf } from '../keys/key.ts'
import type { FactBody } from '../journal/facts.ts'
import type { ChildRecord } from './child-record.ts'
import type { ProcessState } from './process-state.ts'

/** The wait for children that were told to end (rule X5). */
export const ORPHANS_KEY: EffectKey = asEffectKey('!orphans')

type Reopened = Pick<Extract<FactBody, { type: 'reopened' }>, 'keys' | 'dropped'>

/** Takes the outcomes of `keys` away, and the end; doing it twice is doing it once. */
export function takeBack(state: ProcessState, { keys, dropped = [] }: Reopened): void {
  state.ended = undefined
  state.effects.delete(ORPHANS_KEY)
  // Rows of waits went with the end; what is switched off still will wait anew.
  for (const [key, { waiting }] of state.effects) if (waiting?.kind === 'switch') state.effects.delete(key)
  for (const key of keys) takeBackOutcome(state, key)
  for (const key of dropped) state.leftBehind.add(key)
}

/** The child of this segment whose end is awaited under a key; that of a fork may stand in for its origin's. */
export function childAwaitedAt(state: ProcessState, key: EffectKey): ChildRecord | undefined {
  return [...state.children.values()].find((child) => child.carried !== true && endKey(child.key) === key)
}

function takeBackOutcome(state: ProcessState, key: EffectKey): void {
  const record = state.effects.get(key)
  if (record?.outcome === undefined) return
  const { closes } = record
  if (closes !== undefined) {
    // Not there where an adoption has opened it again.
    const at = state.closedScopes.indexOf(closes)
    if (at >= 0) state.closedScopes.splice(at, 1)
    state.cutShort.delete(closes)
    if (closes === '') state.cancelled = undefined
    delete record.closes
  }
  record.outcome = undefined
  record.outcomeSeq = -1
  // Asked anew: an approval that was denied, or has expired.
  record.approvalOf = undefined
  record.attemptsBefore = record.attempt
  // A write in doubt stays in doubt.
  if (record.phase === 'settled') record.phase = 'waiting'
  if (suffixOf(key) !== 'end') return
  state.inherited.reopened(baseKey(key))
  const child = childAwaitedAt(state, key)
  if (child?.ended !== true) return
  child.ended = false
  child.cancelSent = false
}
