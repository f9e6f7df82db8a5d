/** Which outcomes a process failed by, and what they pulled down with them: pure, over the state, for kernel and operators. */
import { asEffectKey } from '../../std/index.ts'
import type { EffectKey } from '../../std/index.ts'
import type { FactBody } from '../journal/facts.ts'
import { failureOf } from '../journal/outcome.ts'
import { baseKey, suffixed, suffixOf } from '../keys/key.ts'
import { isShielded, liesWithin } from '../scopes/scope.ts'
import { CANCEL_KEY } from './cancel.ts'
import type { EffectRecord } from './effect-record.ts'
import type { ProcessState } from './process-state.ts'
import { childAwaitedAt } from './take-back.ts'

/** Errors of an agent's last answer: the model is asked once more. */
const OF_LAST_ANSWER: readonly string[] = ['OUTPUT_INVALID', 'MODEL_REFUSED', 'MODEL_BAD_ANSWER']

/**
 * The outcomes that a process ended by: the one that its error came from, else the last failure before its end. Empty
 * where no effect failed: then only other code, or other limits, can make it go another way.
 */
export function failingKeys(state: ProcessState): readonly EffectKey[] {
  const { ended, born } = state
  if (ended === undefined || ended.type === 'ok') return []
  if (ended.type === 'cancelled') return state.effects.get(CANCEL_KEY)?.outcome === undefined ? [] : [CANCEL_KEY]
  const failed = [...state.effects.values()].filter(isFailedCall).sort((a, b) => b.outcomeSeq - a.outcomeSeq)
  const error = failureOf(ended)
  const same = failed.find((record) => {
    const own = record.outcome === undefined ? undefined : failureOf(record.outcome)
    return own?.code === error?.code && own?.message === error?.message
  })
  if (same !== undefined) return [same.key]
  if (born?.kind !== 'agent') return failed.slice(0, 1).map((record) => record.key)
  const last = [...state.effects.values()].findLast((record) => record.kind === 'model')
  return last !== undefined && OF_LAST_ANSWER.includes(error?.code ?? '') ? [last.key] : []
}

/** An effect, a child or a wait of the workflow's own that failed; what hangs on it is not counted beside it. */
function isFailedCall(record: EffectRecord): boolean {
  const type = record.outcome?.type
  if (type !== 'error' && type !== 'unknown') return false
  return baseKey(record.key) === record.key || suffixOf(record.key) === 'end'
}

/** Whether it has taken back what it had done: then there is nothing to go on from. */
export function hasCompensated(state: ProcessState): boolean {
  return [...state.effects.values()].some(({ key, demandSeq }) => demandSeq >= 0 && isShielded(key))
}

/** Whether an outcome is there that may be taken away: a write that was done is not done again. */
export function mayBeHadAgain(state: ProcessState, key: EffectKey): boolean {
  const record = state.effects.get(key)
  return record?.outcome !== undefined && (record.class !== 'write' || record.outcome.type !== 'ok')
}

/** All outcomes to take away so that `named` can be had again, with what their failure pulled down. */
export function pulledDown(state: ProcessState, named: readonly EffectKey[]): readonly EffectKey[] {
  const keys = new Set<EffectKey>()
  const first = Math.min(...named.map((key) => state.effects.get(key)?.outcomeSeq ?? Infinity))
  for (const key of named) for (const part of partsOf(state, key)) keys.add(part)
  const closings = [...state.effects.values()].filter(
    ({ closes, outcomeSeq }) =>
      closes !== undefined && outcomeSeq > first && named.some((key) => liesWithin(key, closes)),
  )
  for (const { key } of closings) keys.add(key)
  const scopes = closings.flatMap(({ closes }) => closes ?? [])
  if (named.includes(CANCEL_KEY)) scopes.push('' as (typeof scopes)[number])
  const open = state.closedScopes.filter((scope) => !scopes.includes(scope))
  const lastDemand = lastDemandSeq(state)
  for (const record of state.effects.values()) {
    const { key, outcome, outcomeSeq } = record
    if (outcomeSeq <= first || outcome === undefined || open.some((scope) => liesWithin(key, scope))) continue
    const isFailure =
      isFailedCall(record) && (outcomeSeq > lastDemand || scopes.some((scope) => liesWithin(key, scope)))
    if (outcome.type === 'cancelled' || isFailure) for (const part of partsOf(state, key)) keys.add(part)
  }
  return [...keys]
}

/** An outcome, and the refusals that it came from. */
function partsOf(state: ProcessState, key: EffectKey): EffectKey[] {
  const hanging = (['approval', 'budget'] as const).map((suffix) => suffixed(key, suffix))
  const start = baseKey(key)
  const isRefusedStart = suffixOf(key) === 'end' && childAwaitedAt(state, key) === undefined
  if (isRefusedStart)
    for (const part of [start, suffixed(start, 'afresh')]) hanging.push(part, suffixed(part, 'budget'))
  return [key, ...hanging.filter((part) => state.effects.get(part)?.outcome?.type === 'error')]
}

function lastDemandSeq(state: ProcessState): number {
  let last = -1
  for (const record of state.effects.values()) last = Math.max(last, record.demandSeq)
  return last
}

/** What was asked for after one of `keys` had its outcome: what the process did about its failure, if anything. */
export function demandedAfter(state: ProcessState, keys: readonly EffectKey[]): readonly EffectRecord[] {
  const first = Math.min(...keys.map((key) => state.effects.get(key)?.outcomeSeq ?? Infinity))
  return [...state.effects.values()].filter(
    (record) => record.demandSeq > first && baseKey(record.key) === record.key && record.closes === undefined,
  )
}

/**
 * Whether the model of an agent has answered to one of `named`. The answer stands under the key of the next step: it would
 * be taken for the answer to what is had now.
 */
export function wasAnswered(state: ProcessState, named: readonly EffectKey[]): boolean {
  if (state.born?.kind !== 'agent') return false
  const taken = pulledDown(state, named)
  return demandedAfter(state, named).some(({ kind, key }) => kind === 'model' && !taken.includes(key))
}

/** What an operator is asked of a write that is to be done again, and may have been done. */
export function doubtOf(state: ProcessState, key: EffectKey): FactBody | undefined {
  const record = state.effects.get(key)
  if (record?.class !== 'write' || record.phase !== 'unknown') return undefined
  const question = `was ${record.name} done? its outcome was unknown when the process failed`
  return { type: 'waiting', key: suffixed(asEffectKey(key), 'resolve'), on: { kind: 'operator', question } }
}
