/** What a new owner does with effects that were under way when the old one died (rule E4). */
import { limits, SkeinError } from '../../std/index.ts'
import type { EffectAsk } from '../effects/ask.ts'
import { failure } from '../journal/outcome.ts'
import { pauseKey, suffixed } from '../keys/key.ts'
import { sendMessage } from './enact.ts'
import { matchMessages } from './events.ts'
import type { Process } from './process.ts'
import type { EffectRecord } from './effect-record.ts'
import { lostAmounts, putBeforeSomeone, startReconcile } from './settle.ts'

/** How many effects were kept, and how many are in doubt. */
export type Recovered = { readonly kept: number; readonly repeated: number; readonly inDoubt: number }

/** Called once, caught up: puts every unfinished effect back on its way, by its last phase and its class. */
export function recover(process: Process): Recovered {
  let kept = 0
  let repeated = 0
  let inDoubt = 0
  for (const record of [...process.state.effects.values()]) {
    if (record.outcome !== undefined) {
      if (record.kind !== undefined) kept += 1
      continue
    }
    const before = process.asked.length
    const wasBegun = record.phase === 'begun'
    const doubt = recoverOne(process, record)
    if (wasBegun && process.asked.length > before) repeated += 1
    if (doubt) inDoubt += 1
  }
  matchMessages(process)
  return { kept, repeated, inDoubt }
}

/** What was under way before other code was adopted, and is asked for only now (rule E4). */
export function recoverLate(process: Process): void {
  if (process.late.length === 0) return
  for (const { key } of process.late.splice(0)) {
    const record = process.state.record(key)
    if (record.outcome === undefined) recoverOne(process, record)
  }
  matchMessages(process)
}

/** True when it is a write in doubt. */
function recoverOne(process: Process, record: EffectRecord): boolean {
  const ask = process.known.get(record.key)
  if (record.waiting !== undefined) restoreWait(process, record)
  if (ask?.op === 'send' && record.sentTo !== undefined) sendMessage(process, ask)
  if (ask?.op === 'absent' && record.kind !== undefined) settleGone(process, ask.name, record)
  return ask?.op === 'effect' && recoverEffect(process, ask, record)
}

/** An effect under way whose tool the new code has not (rule A3): whatever it did, nobody can go on with it. */
function settleGone(process: Process, name: string, record: EffectRecord): void {
  const error = new SkeinError(
    'TOOL_GONE',
    `tool ${name} was called, and is not there any more; put it back, or go on without its result`,
  )
  process.record({ type: 'account', op: 'forfeit', key: record.key, amounts: record.reserve })
  process.record({
    type: 'settled',
    key: record.key,
    attempt: record.attempt,
    outcome: failure(error.toJSON()),
    actual: {},
  })
}

function restoreWait(process: Process, record: EffectRecord): void {
  if (record.waiting?.kind === 'message' && process.open.has(record.key))
    process.mailbox.wait(record.key, record.waiting.pattern)
}

/** True when the effect is a write in doubt. */
function recoverEffect(process: Process, ask: EffectAsk, record: EffectRecord): boolean {
  if (
    process.state.isWaiting(pauseKey(ask.key, 'pause', record.attempt)) ||
    process.state.isWaiting(pauseKey(ask.key, 'grace', record.attempt)) ||
    process.state.isWaiting(suffixed(ask.key, 'pending'))
  )
    return false
  if (record.phase === 'waiting' || record.phase === 'unknown') {
    const waitsAtGate = (['approval', 'budget'] as const).some((suffix) =>
      process.state.isWaiting(suffixed(ask.key, suffix)),
    )
    // Unknown without a question: it was given up; with an answer: it is to be done again.
    const isToBeDone =
      record.phase === 'waiting' || process.state.effects.get(suffixed(ask.key, 'resolve'))?.outcome !== undefined
    if (isToBeDone && !waitsAtGate) requeue(process, ask)
    return false
  }
  if (record.phase === 'intended' && ask.class !== 'local') {
    process.record({ type: 'account', op: 'forfeit', key: ask.key, amounts: {} })
    requeue(process, ask)
    return false
  }
  return recoverBegun(process, ask, record)
}

function recoverBegun(process: Process, ask: EffectAsk, record: EffectRecord): boolean {
  const wanted = isWanted(process, ask)
  const expired =
    ask.keyTtlMs !== undefined &&
    record.firstBegunAt !== undefined &&
    process.deps.clock.now() - record.firstBegunAt > ask.keyTtlMs
  // In a closed scope nothing is decided any more (rule X6): what nobody waits for is looked up, or shown as unknown.
  const isWorn = ask.class === 'write' && triesOf(record) >= limits.ATTEMPTS_MAX
  const repeatable = ask.class !== 'write' || (wanted && ask.idempotent && !expired && !isWorn)
  if (!repeatable) {
    if (ask.work.kind === 'tool' && ask.work.tool.reconcile !== undefined) startReconcile(process, ask, record)
    else
      putBeforeSomeone(
        process,
        ask,
        record,
        expired
          ? `its key is older than the far side remembers`
          : `it was begun, and its owner died before it was answered`,
      )
    return true
  }
  process.record({ type: 'account', op: 'forfeit', key: ask.key, amounts: lostAmounts(process, record) })
  if (!wanted)
    process.record({
      type: 'settled',
      key: ask.key,
      attempt: record.attempt,
      outcome: { type: 'cancelled' },
      actual: {},
    })
  else if (triesOf(record) >= limits.ATTEMPTS_MAX)
    process.record({
      type: 'settled',
      key: ask.key,
      attempt: record.attempt,
      outcome: failure(lost(ask, record).toJSON()),
      actual: {},
    })
  else requeue(process, ask)
  return false
}

/** Attempts since the process was last reopened. */
function triesOf({ attempt, attemptsBefore }: EffectRecord): number {
  return attempt - attemptsBefore
}

function lost(ask: EffectAsk, record: EffectRecord): SkeinError {
  return new SkeinError(
    'EFFECT_LOST',
    `${ask.name} was begun ${triesOf(record)} times and its owner died each time; look whether it is what kills the host`,
  )
}

function requeue(process: Process, ask: EffectAsk): void {
  if (isWanted(process, ask) && !process.asked.includes(ask)) process.asked.push(ask)
}

/** In a closed scope nothing is decided any more, even where a body that had ended was never told (rule X6). */
function isWanted(process: Process, ask: EffectAsk): boolean {
  return process.isWanted(ask.key) && !process.state.isWithinClosed(ask.key)
}
