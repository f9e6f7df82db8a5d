/** What an event makes of a process: the facts it brings (rules T2, T3). Deliveries follow from the facts. */
import { asMessageId, limits, SkeinError, unreachable } from '../../std/index.ts'
import type { EffectKey } from '../../std/index.ts'
import { check } from '../definitions/schema.ts'
import { failure, NOTHING, payloadOf, valueOf } from '../journal/outcome.ts'
import type { Outcome } from '../journal/outcome.ts'
import { baseKey, isGrace, suffixed, suffixOf } from '../keys/key.ts'
import { REFUSED_TOPIC } from '../messages/pattern.ts'
import type { Control, Event, Message } from '../ports/activation.ts'
import { cancelProcess } from './cancel.ts'
import { askAgain, handleFund, handleFundRefused, releaseBudgetWaits, requestAgain } from './funding.ts'
import { settleAttempt, startReconcile } from './settle.ts'
import type { Process } from './process.ts'

/** Records the facts an event brings. */
export function handleEvent(process: Process, event: Event): void {
  switch (event.type) {
    case 'settled':
      handleSettled(process, event)
      return
    case 'sent':
      handleSent(process, event)
      return
    case 'message':
      process.mailbox.put(event.message)
      matchMessages(process)
      return
    case 'timer':
      handleTimer(process, event.key)
      return
    case 'control':
      handleControl(process, event.control)
      return
    default:
      unreachable(event, 'event')
  }
}

function handleSettled(process: Process, event: Extract<Event, { type: 'settled' }>): void {
  process.inFlight -= 1
  if (suffixOf(event.key) === 'admission') {
    const ask = process.open.get(baseKey(event.key))
    if (ask === undefined) process.releaseSlot(baseKey(event.key))
    else process.asked.push(ask)
    return
  }
  const ask = process.known.get(event.key)
  if (ask?.op === 'effect') settleAttempt(process, ask, event.attempt, event.settled)
  else if (ask?.op === 'hook' && process.open.has(event.key))
    process.record({ type: 'settled', key: event.key, attempt: 0, outcome: event.settled.outcome })
}

function handleSent(process: Process, event: Extract<Event, { type: 'sent' }>): void {
  const ask = process.known.get(event.key)
  if (ask?.op !== 'send') return
  process.inFlight -= 1
  if (process.state.record(event.key).outcome !== undefined) return
  process.record({ type: 'settled', key: event.key, attempt: 0, outcome: sentOutcome(ask.to, event.result) })
}

function sentOutcome(to: string, result: Extract<Event, { type: 'sent' }>['result']): Outcome {
  switch (result) {
    case 'queued':
    case 'duplicate':
      return { type: 'ok', value: NOTHING }
    case 'full':
      return failure(
        new SkeinError(
          'MAILBOX_FULL',
          `the mailbox of ${to} is full (${limits.MAILBOX_MESSAGES_MAX} messages or ${limits.MAILBOX_BYTES_MAX} ` +
            'bytes); let it catch up, and send again',
        ).toJSON(),
      )
    case 'ended':
      return failure(new SkeinError('PROCESS_ENDED', `${to} has ended; the message lies in its dead letters`).toJSON())
    case 'unknown':
      return failure(
        new SkeinError(
          'PROCESS_UNKNOWN',
          `there is no process ${to}; start it first, or look for the right pid with: skein ps`,
        ).toJSON(),
      )
    default:
      return unreachable(result, 'result of a send')
  }
}

/** Gives messages to waiting receives until none fits (rule M4). */
export function matchMessages(process: Process): void {
  for (let pair = process.mailbox.take(); pair !== undefined; pair = process.mailbox.take()) {
    const { key, message } = pair
    const ask = process.open.get(key)
    if (ask?.op !== 'receive') continue
    process.turn.consumed.push(message.id)
    const result =
      ask.schema === undefined ? undefined : check(ask.schema, valueOf(message.body), `a message for ${process.pid}`)
    if (result !== undefined && !result.ok) {
      refuseMessage(process, message, result.issues.join('; '))
      process.mailbox.restore(key, ask.pattern)
      continue
    }
    const { id, from, topic, type, replyTo } = message
    const envelope = {
      id,
      body: result === undefined ? valueOf(message.body) : result.value,
      ...(from === undefined ? {} : { from }),
      ...(topic === undefined ? {} : { topic }),
      ...(type === undefined ? {} : { type }),
      ...(replyTo === undefined ? {} : { replyTo }),
    }
    process.turn.unwait(key)
    process.record({ type: 'answered', key, outcome: { type: 'ok', value: payloadOf(envelope) }, messageId: id })
  }
}

function refuseMessage(process: Process, message: Message, why: string): void {
  process.turn.dead.push({ id: message.id, why })
  if (message.from === undefined) return
  process.turn.sent.push({
    type: 'message',
    key: suffixed(message.id as string as EffectKey, 'refused'),
    message: {
      id: asMessageId(`${message.id}!refused`),
      to: message.from,
      from: process.pid,
      topic: REFUSED_TOPIC,
      body: payloadOf({ id: message.id, by: process.pid, why }),
    },
  })
}

function handleTimer(process: Process, key: EffectKey): void {
  const record = process.state.effects.get(key)
  // Also a row of an earlier segment goes, or it would wake the process for ever.
  process.turn.unwait(key)
  if (record?.waiting === undefined || record.outcome !== undefined) return
  const on = record.waiting
  switch (on.kind) {
    case 'timer':
      process.record({ type: 'answered', key, outcome: { type: 'ok', value: NOTHING } })
      return
    case 'grace':
      onPauseOver(process, key)
      return
    case 'approval':
      process.record({
        type: 'answered',
        key,
        outcome: failure(
          new SkeinError(
            'APPROVAL_EXPIRED',
            `nobody answered the approval of ${on.title} in time; ask again with a later expiry`,
          ).toJSON(),
        ),
      })
      askAgain(process, baseKey(key))
      return
    case 'message':
      process.mailbox.unwait(key)
      process.record({
        type: 'answered',
        key,
        outcome: failure(
          new SkeinError(
            'EFFECT_TIMEOUT',
            `no message that matches ${JSON.stringify(on.pattern)} came in time`,
          ).toJSON(),
        ),
      })
      return
    case 'answer':
    case 'promise':
      process.record({
        type: 'answered',
        key,
        outcome: failure(
          new SkeinError(
            'EFFECT_TIMEOUT',
            `nobody answered ${on.kind === 'answer' ? on.title : on.name} in time`,
          ).toJSON(),
        ),
      })
      return
    case 'child':
    case 'budget':
    case 'operator':
      return
    default:
      unreachable(on, 'wait')
  }
}

/** The pause before another attempt is over, or the one before a second look at a write in doubt (rule E8). */
function onPauseOver(process: Process, key: EffectKey): void {
  process.record({ type: 'answered', key, outcome: { type: 'ok', value: NOTHING } })
  const effect = baseKey(key)
  const ask = process.known.get(effect)
  if (!isGrace(key)) askAgain(process, effect)
  else if (ask?.op === 'effect') startReconcile(process, ask, process.state.record(effect))
}

function handleControl(process: Process, control: Control): void {
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
    case 'fund':
      handleFund(process, control.child, control.need)
      return
    case 'fundRefused':
      handleFundRefused(process, control.by)
      return
    case 'childEnded':
      handleChildEnded(process, control)
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
  if (key === undefined || (ask?.op !== 'question' && ask?.op !== 'promise')) return
  const result = ask.schema === undefined ? undefined : check(ask.schema, valueOf(control.value), 'the answer')
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
  process.record({ type: 'answered', key: suffixed(child.key, 'end'), outcome: control.outcome })
  process.turn.unwait(suffixed(child.key, 'end'))
}
