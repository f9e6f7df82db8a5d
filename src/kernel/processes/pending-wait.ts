/** The wait of a pending effect, under its key with `!pending` (rule E10). */
import type { Amounts } from '../accounts/amounts.ts'
import type { EffectAsk } from '../effects/ask.ts'
import type { WaitOn } from '../journal/facts.ts'
import { NOTHING } from '../journal/outcome.ts'
import { suffixed } from '../keys/key.ts'
import { PENDING_LINGER_MS } from '../limits.ts'
import type { Settled } from '../ports/activation.ts'
import type { Process } from './process.ts'

/** What a pending effect waits for. */
export type PendingWait = Extract<WaitOn, { kind: 'pending' }>

/** The wait of an effect, while it is pending. */
export function pendingWait(process: Process, { key }: Pick<EffectAsk, 'key'>): PendingWait | undefined {
  const on = process.state.effects.get(suffixed(key, 'pending'))?.waiting
  return on?.kind === 'pending' ? on : undefined
}

/** Records that the answer comes later; `actual` is what the attempt has used. */
export function openPendingWait(
  process: Process,
  ask: EffectAsk,
  { token, expiresMs }: NonNullable<Settled['pending']>,
  actual: Amounts,
): void {
  const expires = expiresMs === undefined ? undefined : process.deps.clock.now() + expiresMs
  const dueAt = process.isWanted(ask.key) ? expires : lingerUntil(process, expires)
  process.record({
    type: 'waiting',
    key: suffixed(ask.key, 'pending'),
    on: { kind: 'pending', token, actual, ...(dueAt === undefined ? {} : { dueAt }) },
  })
}

/** Nobody waits for it any more: a read is over, a write may still be settled for a while (rule X2). */
export function letLinger(process: Process, ask: EffectAsk): void {
  const on = pendingWait(process, ask)
  if (on === undefined) return
  const key = suffixed(ask.key, 'pending')
  if (ask.class === 'write') {
    const dueAt = lingerUntil(process, on.dueAt)
    if (dueAt !== on.dueAt) process.record({ type: 'waiting', key, on: { ...on, dueAt } })
    return
  }
  const { attempt } = process.state.record(ask.key)
  process.record({ type: 'answered', key, outcome: { type: 'ok', value: NOTHING } })
  process.record({ type: 'settled', key: ask.key, attempt, outcome: { type: 'cancelled' }, actual: on.actual })
}

function lingerUntil(process: Process, dueAt: number | undefined): number {
  return Math.min(dueAt ?? Number.POSITIVE_INFINITY, process.deps.clock.now() + PENDING_LINGER_MS)
}
