/** What an event makes of a process: the facts it brings (rules T2, T3). Deliveries follow from the facts. */
import { asMessageId, limits, SkeinError, unreachable } from '../../std/index.ts'
import type { EffectKey } from '../../std/index.ts'
import { check } from '../definitions/schema.ts'
import { patternOf, seenAs } from '../forks/afresh.ts'
import { failure, NOTHING, payloadOf, valueOf } from '../journal/outcome.ts'
import type { Outcome } from '../journal/outcome.ts'
import { baseKey, isGrace, suffixed, suffixOf } from '../keys/key.ts'
import { REFUSED_TOPIC, REPLY_TOPIC } from '../messages/pattern.ts'
import type { Event, Message } from '../ports/activation.ts'
import { handleControl } from './controls.ts'
import { askAgain } from './funding.ts'
import { expirePending } from './pending.ts'
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
      process.mailbox.restore(key, patternOf(process, ask))
      continue
    }
    const { id, from, topic, type, replyTo, failed } = message
    const envelope = {
      id,
      body: result === undefined ? valueOf(message.body) : result.value,
      ...(from === undefined ? {} : { from: seenAs(process, from) }),
      ...(topic === undefined ? {} : { topic }),
      ...(type === undefined ? {} : { type }),
      ...(replyTo === undefined ? {} : { replyTo }),
      ...(failed === undefined ? {} : { failed }),
    }
    process.turn.unwait(key)
    process.record({ type: 'answered', key, outcome: { type: 'ok', value: payloadOf(envelope) }, messageId: id })
  }
}

function refuseMessage(process: Process, message: Message, why: string): void {
  process.turn.dead.push({ id: message.id, why })
  if (message.from === undefined) return
  const { replyTo } = message
  const failed = new SkeinError('MESSAGE_REFUSED', `${process.pid} refused the message: ${why}`).toJSON()
  process.turn.sent.push({
    type: 'message',
    key: suffixed(message.id as string as EffectKey, 'refused'),
    message: {
      id: asMessageId(`${message.id}!refused`),
      to: message.from,
      from: process.pid,
      body: payloadOf({ id: message.id, by: process.pid, why }),
      // Who calls waits for an answer: that there is none is one.
      ...(replyTo === undefined ? { topic: REFUSED_TOPIC } : { topic: REPLY_TOPIC, type: replyTo.id, failed }),
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
    case 'pending': {
      const ask = process.known.get(baseKey(key))
      if (ask?.op === 'effect') expirePending(process, ask, on)
      // Its code does not ask for it (yet): begun, and in doubt when it does.
      else process.record({ type: 'answered', key, outcome: { type: 'ok', value: NOTHING } })
      return
    }
    case 'child':
    case 'budget':
    case 'operator':
    case 'upgrade':
    case 'switch':
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
