/** The end of an attempt: settled, repeated, reconciled or unknown (rules E4–E9). */
import { limits } from '../../std/index.ts'
import type { Amounts } from '../accounts/amounts.ts'
import type { EffectAsk } from '../effects/ask.ts'
import type { FactBody } from '../journal/facts.ts'
import { failureOf } from '../journal/outcome.ts'
import type { Outcome } from '../journal/outcome.ts'
import { pauseKey, suffixed } from '../keys/key.ts'
import type { Settled } from '../ports/activation.ts'
import { startAttempt } from './enact.ts'
import { openPendingWait } from './pending-wait.ts'
import { askAgain } from './funding.ts'
import type { Process } from './process.ts'
import type { EffectRecord } from './effect-record.ts'

/** A first pause before another attempt; doubles each time. */
const RETRY_DELAY_MS = 200
const RETRY_DELAY_MS_MAX = 30_000
/** Longest pause that a far side can ask for. */
const RETRY_AFTER_MS_MAX = 3_600_000
/** Said in the record where the far side's second "absent" is believed although the attempt may still be on its way. */
const ASSUMED_ABSENT = 'assumption: absent, asked twice'

/** Takes what came back from attempt `attempt`. A late answer of a dead attempt is dropped and counted. */
export function settleAttempt(process: Process, ask: EffectAsk, attempt: number, settled: Settled): void {
  const record = process.state.effects.get(ask.key)
  if (
    record === undefined ||
    record.attempt !== attempt ||
    record.outcome !== undefined ||
    (record.phase !== 'begun' && record.phase !== 'intended')
  ) {
    process.state.dropped += 1
    return
  }
  const wanted = process.isWanted(ask.key)
  if (settled.pending !== undefined && (wanted || ask.class === 'write'))
    return openPendingWait(process, ask, settled.pending, settled.actual ?? record.reserve)
  if (process.brokenOff.delete(ask.key) && wanted && settled.outcome.type === 'cancelled') {
    forfeitOrSettle(process, record, settled)
    return askAgain(process, ask.key)
  }
  const failed = failureOf(settled.outcome)
  if (settled.reconciled === 'unknown') return putBeforeSomeone(process, ask, record, whyOf(settled))
  if (settled.reconciled === 'absent') return settleAbsent(process, ask, record)
  if (settled.outcome.type === 'unknown' && settled.pending === undefined)
    return settleUnknown(process, ask, record, settled.outcome.why)
  // That this attempt failed says nothing of an earlier one that may have been done under the same key.
  if (record.inDoubt && ask.idempotent && settled.outcome.type === 'error')
    return settleUnknown(process, ask, record, `${ask.name}: ${failed?.message}; an earlier attempt may have been done`)
  if (
    wanted &&
    mayRepeat(ask, record) &&
    failed?.retryable === true &&
    attempt - record.attemptsBefore < ask.attemptsMax
  ) {
    forfeitOrSettle(process, record, settled)
    return repeatAfterPause(process, ask, attempt, askedMs(failed.data))
  }
  const outcome: Outcome = settled.pending === undefined ? settled.outcome : { type: 'cancelled' }
  const actual = settled.actual ?? record.reserve
  const fact: FactBody = { type: 'settled', key: ask.key, attempt, outcome, actual }
  process.record(settled.note === undefined ? fact : { ...fact, note: settled.note })
}

function mayRepeat(ask: EffectAsk, record: EffectRecord): boolean {
  return ask.class !== 'write' || (ask.idempotent && record.phase === 'begun')
}

/** The reservation of a failed attempt that will be repeated: what it used is gone. */
function forfeitOrSettle(process: Process, record: EffectRecord, settled: Settled): void {
  const amounts = settled.actual ?? record.reserve
  process.record({ type: 'account', op: 'forfeit', key: record.key, amounts, failed: true })
}

/** How long the far side asks to wait: `retryAfterMs` in the data of an error, within bounds. */
function askedMs(data: unknown): number {
  const { retryAfterMs } = (typeof data === 'object' && data !== null ? data : {}) as {
    readonly retryAfterMs?: unknown
  }
  return typeof retryAfterMs === 'number' && retryAfterMs > 0
    ? Math.min(Math.ceil(retryAfterMs), RETRY_AFTER_MS_MAX)
    : 0
}

function repeatAfterPause(process: Process, ask: EffectAsk, attempt: number, leastMs = 0): void {
  const before = process.state.record(ask.key).attemptsBefore
  const delayMs = Math.max(leastMs, Math.min(RETRY_DELAY_MS * 2 ** (attempt - before - 1), RETRY_DELAY_MS_MAX))
  process.record({
    type: 'waiting',
    key: pauseKey(ask.key, 'pause', attempt),
    on: { kind: 'grace', dueAt: process.deps.clock.now() + delayMs },
  })
}

/** A write of which the attempt itself cannot say what became of it: look, repeat under its key, or ask. */
function settleUnknown(process: Process, ask: EffectAsk, record: EffectRecord, why: string): void {
  if (ask.work.kind === 'tool' && ask.work.tool.reconcile !== undefined && !ask.idempotent)
    return startReconcile(process, ask, record)
  if (ask.idempotent && record.attempt - record.attemptsBefore < limits.ATTEMPTS_MAX && process.isWanted(ask.key)) {
    process.record({ type: 'account', op: 'forfeit', key: ask.key, amounts: lostAmounts(process, record) })
    return repeatAfterPause(process, ask, record.attempt)
  }
  putBeforeSomeone(process, ask, record, why)
}

/** Asks the far side what became of the last attempt. */
export function startReconcile(process: Process, ask: EffectAsk, record: EffectRecord): void {
  startAttempt(process, ask, record.attempt, 'reconcile')
}

/**
 * `absent` is conclusive when the attempt is surely over (its owner is dead, rule E8). After a time-out it may still
 * be on its way: wait, and look again; the second answer is believed, and said to be an assumption.
 */
function settleAbsent(process: Process, ask: EffectAsk, record: EffectRecord): void {
  const graceKey = pauseKey(ask.key, 'grace', record.attempt)
  const grace = process.state.effects.get(graceKey)
  const ownerIsDead = process.act.ownerDeath === 'known' && record.owner !== process.act.owner
  if (!ownerIsDead && grace?.outcome === undefined) {
    const dueAt = process.deps.clock.now() + (process.deps.graceMs ?? limits.ABSENT_GRACE_MS_DEFAULT)
    process.record({ type: 'waiting', key: graceKey, on: { kind: 'grace', dueAt } })
    return
  }
  process.record({
    type: 'account',
    op: 'forfeit',
    key: ask.key,
    amounts: {},
    ...(ownerIsDead ? {} : { by: ASSUMED_ABSENT }),
  })
  if (process.isWanted(ask.key)) process.asked.push(ask)
  else
    process.record({
      type: 'settled',
      key: ask.key,
      attempt: record.attempt,
      outcome: { type: 'cancelled' },
      actual: {},
    })
}

function whyOf({ outcome }: Settled): string {
  return outcome.type === 'unknown' ? outcome.why : 'the far side does not know'
}

/** An attempt in doubt may have used all that was reserved for it, but of time no more than has passed since it began. */
export function lostAmounts(process: Process, record: EffectRecord): Amounts {
  const passedMs = Math.max(0, process.deps.clock.now() - record.begunAt)
  return { ...record.reserve, effectMs: Math.min(record.reserve.effectMs ?? 0, passedMs) }
}

/** Parks the effect: done, again or fail (rule E6). */
export function putBeforeSomeone(process: Process, ask: EffectAsk, record: EffectRecord, why: string): void {
  process.record({ type: 'unknown', key: ask.key, attempt: record.attempt, why })
  process.record({ type: 'account', op: 'forfeit', key: ask.key, amounts: lostAmounts(process, record) })
  if (!process.isWanted(ask.key)) return
  if (ask.onUnknown === 'throw') {
    process.record({ type: 'answered', key: ask.key, outcome: { type: 'unknown', why } })
    return
  }
  process.record({
    type: 'waiting',
    key: suffixed(ask.key, 'resolve'),
    on: { kind: 'operator', question: `was ${ask.name} done? ${why}` },
  })
}
