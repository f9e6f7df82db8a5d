/** What was recorded before code was adopted and the code has not asked for (yet): orphans, and writes that may be meant by another ask. */
import { ROOT_SCOPE } from '../../std/index.ts'
import type { EffectKey, ScopePath } from '../../std/index.ts'
import type { Ask } from '../effects/ask.ts'
import { baseKey, suffixed } from '../keys/key.ts'
import type { EffectRecord } from '../processes/effect-record.ts'
import type { Process } from '../processes/process.ts'
import type { ProcessState } from '../processes/process-state.ts'
import { closeKey, liesWithin } from '../scopes/scope.ts'
import { UPGRADE_KEY } from './adoption.ts'
import { firstSeqOf } from './answering.ts'

/**
 * Everything the journal asked for that the body has not, in its order. What lies in a scope that was cut short is nobody's
 * once the code has come past it again: whoever asked there had been told to stop. But what may have been done to the world
 * was done, by the winner or before the stop. In a scope that was done, and in one that the code has not come to, it is left
 * over like anything else.
 */
export function unasked(process: Process, open: readonly ScopePath[] = []): EffectRecord[] {
  const stopped = process.state.closedScopes.filter((scope) => !open.includes(scope) && isStopped(process, scope))
  return everUnasked(process).filter((record) => {
    const mayBeDone = familyDone(process.state, record) !== undefined
    return !stopped.some((scope) => liesWithin(baseKey(record.key), scope) && (scope === ROOT_SCOPE || !mayBeDone))
  })
}

/** Cut short before, and again by this run of the body, or left behind at its end; the root is over once and for all. */
function isStopped({ state, known, open, body }: Process, scope: ScopePath): boolean {
  if (scope === ROOT_SCOPE) return true
  const key = closeKey(scope)
  return state.cutShort.has(scope) && known.has(key) && (!open.has(key) || body?.end !== undefined)
}

/** The same, wherever it was asked for. */
export function everUnasked(process: Process): EffectRecord[] {
  const { state } = process
  return [...state.effects.values()].filter((record) => {
    const key = baseKey(record.key)
    if (key === '' || record.key === UPGRADE_KEY) return false
    // A wait at the gate stands for an effect that has no record of its own yet.
    if (record.key !== key && (state.effects.has(key) || !isGateWait(record.key))) return false
    return isDemand(record) && !process.known.has(key)
  })
}

/** Draws that the body has not asked for (yet). They are missed by nobody, and shown to nobody; behind something new they still answer. */
export function undrawn(process: Process): EffectKey[] {
  return [...process.state.effects.values()].flatMap(({ key, outcome }) =>
    outcome !== undefined && DRAWN.test(key) && !process.known.has(key) ? [key] : [],
  )
}

/** The key of the effect itself. */
export function effectKeyOf(record: EffectRecord): EffectKey {
  return baseKey(record.key)
}

const isGateWait = (key: EffectKey): boolean => key.endsWith('!approval') || key.endsWith('!budget')

/** Something the code had to ask for: not a close, nor what the kernel waits for by itself. */
function isDemand(record: EffectRecord): boolean {
  return (
    record.kind !== undefined || record.waiting !== undefined || record.sentTo !== undefined || isAnsweredWait(record)
  )
}

/** Outcomes take the wait off the record; the key still says what it was. */
function isAnsweredWait(record: EffectRecord): boolean {
  return record.outcome !== undefined && (ANSWERED.test(record.key) || isGateWait(record.key))
}

const DRAWN = /(^|\/)(now|random|uuid|budget):/
const ANSWERED = /(^|\/)(receive|promise|ask|sleep):/

/** Old and left over: recorded before the last adoption. */
export function leftovers(process: Process, open: readonly ScopePath[] = []): EffectRecord[] {
  const last = process.state.adoptions.at(-1)
  if (last === undefined) return []
  return unasked(process, open).filter((record) => (firstSeqOf(process.state, effectKeyOf(record)) ?? 0) < last.seq)
}

/** What may not be done twice in silence, by what it does; undefined for what may. */
export function familyOf(ask: Ask): string | undefined {
  switch (ask.op) {
    case 'effect':
      return ask.class === 'write' ? `${ask.work.kind} ${ask.name}` : undefined
    case 'start':
      return `run ${ask.name}`
    case 'send':
      return `send ${ask.to}`
    default:
      return undefined
  }
}

/** The same of a record, if something of it may have happened. */
export function familyDone(state: ProcessState, record: EffectRecord): string | undefined {
  if (record.sentTo !== undefined) {
    const child = state.children.get(record.sentTo)
    if (child === undefined) return `send ${record.sentTo}`
    const isIdle = child.ended && (child.spent?.toolCalls ?? 0) === 0
    return isIdle ? undefined : `run ${record.name ?? ''}`
  }
  if (record.class !== 'write' || record.attempt === 0) return undefined
  const isSurelyNotDone = record.outcome?.type === 'error' && !record.inDoubt
  return isSurelyNotDone ? undefined : `${record.kind ?? ''} ${record.name ?? ''}`
}

/** Whether somebody was heard or answered under this key: that cannot be had again by asking again. */
export function wasHeard(state: ProcessState, key: EffectKey): boolean {
  return ANSWERED.test(key) && !/(^|\/)sleep:/.test(key) && state.effects.get(key)?.outcome?.type === 'ok'
}

/** Whether anything of it is still going on: a wait, an effect under way, a child. */
export function isOpen(state: ProcessState, record: EffectRecord): boolean {
  const key = effectKeyOf(record)
  const child = record.sentTo === undefined ? undefined : state.children.get(record.sentTo)
  if (child !== undefined) return !child.ended
  if (record.outcome !== undefined && record.key === key) return false
  return record.kind !== undefined || waitsOf(state, key).length > 0
}

/** The keys of what is waited for on behalf of an effect. */
export function waitsOf(state: ProcessState, key: EffectKey): EffectKey[] {
  const parts = [
    key,
    ...(['approval', 'budget', 'resolve', 'pending', 'end'] as const).map((part) => suffixed(key, part)),
  ]
  return parts.filter((part) => state.isWaiting(part))
}
