/** What a control makes of a process: the facts it brings (rule T2). Answered once, whoever comes second. */
import { SkeinError, unreachable } from '../../std/index.ts'
import type { EffectKey } from '../../std/index.ts'
import { check } from '../definitions/schema.ts'
import { failure, NOTHING, payloadOf, valueOf } from '../journal/outcome.ts'
import type { Outcome } from '../journal/outcome.ts'
import { baseKey, endKey, suffixed } from '../keys/key.ts'
import type { Control } from '../ports/activation.ts'
import { UPGRADE_KEY } from '../upgrade/adoption.ts'
import { cancelProcess } from './cancel.ts'
import { askAgain, handleFund, handleFundRefused, releaseBudgetWaits, requestAgain } from './funding.ts'
import { handleSettle } from './pending.ts'
import { hearSwitches } from './held.ts'
import type { Process } from './process.ts'

/** Records the facts a control brings. */
export function handleControl(process: Process, control: Control): void {
  switch (control.type) {
    case 'cancel':
      cancelProcess(process, control.reason)
      return
    case 'approve':
      handleApproval(process, control)
      return
    case 'answer':
      handleAnswer(process, control)
      return
    case 'topUp':
      process.record({ type: 'account', op: 'topUp', amounts: control.amounts, by: control.by })
      releaseBudgetWaits(process)
      requestAgain(process)
      return
    case 'resolve':
      handleResolve(process, control)
      return
    case 'upgrade':
      if (process.state.cancelled === undefined && process.body?.end === undefined)
        process.record({
          type: 'waiting',
          key: UPGRADE_KEY,
          on: { kind: 'upgrade', verdicts: control.verdicts, by: control.by },
        })
      return
    case 'settle':
      handleSettle(process, control)
      return
    case 'fund':
      handleFund(process, control.child, control.need)
      return
    case 'fundRefused':
      handleFundRefused(process, control.by)
      return
    case 'childEnded':
      handleChildEnded(process, control)
      return
    case 'switched':
      hearSwitches(process, control.now === true)
      return
    case 'reopen':
      // It is open: being looked at again was all there was to it.
      return
    default:
      unreachable(control, 'control')
  }
}

/** The wait an operator's verb means, if it still waits: answered once, whoever comes second. */
function waitOf(process: Process, key: EffectKey, kind: string): EffectKey | undefined {
  const record = process.state.effects.get(key)
  return record?.waiting?.kind === kind && record.outcome === undefined ? key : undefined
}

function handleApproval(process: Process, control: Extract<Control, { type: 'approve' }>): void {
  const key = waitOf(process, control.key, 'approval') ?? waitOf(process, suffixed(control.key, 'approval'), 'approval')
  if (key === undefined) return
  const because = control.reason === undefined ? '' : `: ${control.reason}`
  const outcome: Outcome =
    control.verdict === 'approved'
      ? { type: 'ok', value: NOTHING }
      : failure(new SkeinError('APPROVAL_DENIED', `denied by ${control.by}${because}`).toJSON())
  process.record({ type: 'answered', key, outcome, by: control.by })
  process.turn.unwait(key)
  askAgain(process, baseKey(key))
}

function handleAnswer(process: Process, control: Extract<Control, { type: 'answer' }>): void {
  const key = waitOf(process, control.key, 'answer') ?? waitOf(process, control.key, 'promise')
  const ask = key === undefined ? undefined : process.open.get(key)
  const isAsked = ask?.op === 'question' || ask?.op === 'promise'
  // What code that was adopted asks for only later is answered all the same, as if the answer had come before the change.
  if (key === undefined || (!isAsked && process.known.has(key))) return
  const schema = isAsked ? ask.schema : undefined
  const result = schema === undefined ? undefined : check(schema, valueOf(control.value), 'the answer')
  if (result !== undefined && !result.ok) {
    process.deps.trace({
      type: 'log',
      pid: process.pid,
      text: `an answer by ${control.by} does not fit and was not taken: ${result.issues.join('; ')}`,
    })
    return
  }
  process.record({
    type: 'answered',
    key,
    outcome: { type: 'ok', value: result === undefined ? control.value : payloadOf(result.value) },
    by: control.by,
  })
}

function handleResolve(process: Process, control: Extract<Control, { type: 'resolve' }>): void {
  const effect = baseKey(control.key)
  if (waitOf(process, suffixed(effect, 'resolve'), 'operator') === undefined) return
  const { how, by } = control
  // Said twice of one attempt, it would let a later one be repeated that nobody has looked at.
  if (control.attempt !== undefined && control.attempt < (process.state.effects.get(effect)?.attempt ?? 0)) return
  const wait = suffixed(effect, 'resolve')
  switch (how) {
    case 'done':
      process.record({ type: 'answered', key: wait, outcome: { type: 'ok', value: NOTHING }, by })
      process.record({
        type: 'resolved',
        key: effect,
        how,
        by,
        outcome: { type: 'ok', value: control.value ?? NOTHING },
      })
      break
    case 'fail':
      process.record({ type: 'answered', key: wait, outcome: { type: 'ok', value: NOTHING }, by })
      process.record({
        type: 'resolved',
        key: effect,
        how,
        by,
        outcome: failure(
          new SkeinError(
            'EFFECT_FAILED',
            `resolved as failed by ${by}${control.reason === undefined ? '' : `: ${control.reason}`}`,
          ).toJSON(),
        ),
      })
      break
    case 'again':
      process.record({ type: 'answered', key: wait, outcome: { type: 'ok', value: NOTHING }, by })
      process.record({ type: 'resolved', key: effect, how, by })
      askAgain(process, effect)
      break
    default:
      unreachable(how, 'resolution')
  }
  process.turn.unwait(wait)
}

function handleChildEnded(process: Process, control: Extract<Control, { type: 'childEnded' }>): void {
  const child = process.state.children.get(control.child)
  if (child === undefined || child.ended) return
  const { toppedUp = {} } = control
  if (Object.keys(toppedUp).length > 0)
    process.record({ type: 'account', op: 'topUp', amounts: toppedUp, by: child.pid })
  process.record({
    type: 'account',
    op: 'return',
    amounts: child.cap,
    spent: control.spent,
    forfeited: control.forfeited,
    other: control.child,
  })
  if (child.carried === true) return
  process.record({ type: 'answered', key: endKey(child.key), outcome: control.outcome })
  process.turn.unwait(endKey(child.key))
}
