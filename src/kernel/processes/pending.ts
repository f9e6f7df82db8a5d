/**
 * Pending effects (rule E10): the driver has answered "later", and somebody outside settles the attempt.
 *
 * Invariants:
 * 1. The attempt stays begun and its reservation stays; nothing of it is in memory, and it holds no slot.
 * 2. It is settled once: by the first settlement that fits, or by its expiry. Later ones are dropped and counted.
 * 3. What nobody waits for any more is never waited for longer than `PENDING_LINGER_MS` (rule X2).
 */
import { SkeinError } from '../../std/index.ts'
import { check } from '../definitions/schema.ts'
import type { EffectAsk } from '../effects/ask.ts'
import { failure, NOTHING, payloadOf, valueOf } from '../journal/outcome.ts'
import type { Outcome } from '../journal/outcome.ts'
import { suffixed } from '../keys/key.ts'
import type { Control, Settled } from '../ports/activation.ts'
import { pendingWait } from './pending-wait.ts'
import type { PendingWait } from './pending-wait.ts'
import type { Process } from './process.ts'
import { settleAttempt } from './settle.ts'

/** Somebody says how it came out. What does not fit the tool's `outputSchema` is not taken, and the wait says why. */
export function handleSettle(process: Process, control: Extract<Control, { type: 'settle' }>): void {
  const ask = process.known.get(control.key)
  const on = pendingWait(process, control)
  if (on === undefined || on.token !== control.token || (ask !== undefined && ask.op !== 'effect')) {
    process.state.dropped += 1
    return
  }
  const note = `settled by ${control.by}`
  if (ask === undefined) return settleUnasked(process, control, on, note)
  if (control.how === 'fail') {
    const error = new SkeinError('EFFECT_FAILED', `${ask.name} failed: ${control.reason}`)
    return conclude(process, ask, on, { outcome: failure(error.toJSON()), note })
  }
  const schema = ask.work.kind === 'tool' ? ask.work.tool.outputSchema : undefined
  const result = schema === undefined ? undefined : check(schema, valueOf(control.value), `the output of ${ask.name}`)
  if (result?.ok === false) {
    const refused = payloadOf(`what ${control.by} settled it with does not fit: ${result.issues.join('; ')}`)
    process.record({ type: 'waiting', key: suffixed(ask.key, 'pending'), on: { ...on, refused } })
    return
  }
  const value = result === undefined ? control.value : payloadOf(result.value)
  conclude(process, ask, on, { outcome: { type: 'ok', value }, note })
}

/** Code that was adopted does not ask for it (yet): it is on record, as if the settlement had come before the change. */
function settleUnasked(
  process: Process,
  { key, ...control }: Extract<Control, { type: 'settle' }>,
  on: PendingWait,
  note: string,
): void {
  const { phase, attempt, name = key } = process.state.record(key)
  if (phase !== 'begun') return void (process.state.dropped += 1)
  const outcome: Outcome =
    control.how === 'done'
      ? { type: 'ok', value: control.value }
      : failure(new SkeinError('EFFECT_FAILED', `${name} failed: ${control.reason}`).toJSON())
  process.record({ type: 'answered', key: suffixed(key, 'pending'), outcome: { type: 'ok', value: NOTHING } })
  process.record({ type: 'settled', key, attempt, outcome, actual: on.actual, note })
}

/** Nobody answered in time: a write is unknown (rule E6), anything else has failed. */
export function expirePending(process: Process, ask: EffectAsk, on: PendingWait): void {
  const why = `${ask.name} was pending as ${on.token}, and nobody settled it in time`
  const outcome: Settled['outcome'] =
    ask.class === 'write'
      ? { type: 'unknown', why }
      : failure(new SkeinError('EFFECT_TIMEOUT', `${why}; let it expire later, or look at the far side`).toJSON())
  conclude(process, ask, on, { outcome })
}

/** The attempt is over, charged with what it had used. */
function conclude(process: Process, ask: EffectAsk, on: PendingWait, settled: Settled): void {
  process.record({ type: 'answered', key: suffixed(ask.key, 'pending'), outcome: { type: 'ok', value: NOTHING } })
  settleAttempt(process, ask, process.state.record(ask.key).attempt, { ...settled, actual: on.actual })
}
