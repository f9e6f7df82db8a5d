/** Values in one line. */
import type { Outcome, Payload } from '../../kernel/index.ts'
import { failureOf, NOTHING, valueOf } from '../../kernel/index.ts'
import { VALUE_SHOWN_MAX } from '../limits.ts'
import { bytesWords } from './amounts.ts'

/** One line of text, cut with `…`. Control characters cannot reach the terminal. */
export function oneLine(text: string, max = VALUE_SHOWN_MAX): string {
  // eslint-disable-next-line no-control-regex -- exactly these are meant
  const flat = text.replace(/\s+/g, ' ').replace(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '\ufffd')
  return flat.length <= max ? flat : `${flat.slice(0, Math.max(0, max - 1))}…`
}

/** A value as short JSON. */
export function valueWords(value: unknown, max = VALUE_SHOWN_MAX): string {
  if (typeof value === 'string') return oneLine(JSON.stringify(value), max)
  return oneLine(toJson(value), max)
}

/** A recorded value as short JSON, with its size when it was cut. */
export function payloadWords(payload: Payload, max = VALUE_SHOWN_MAX): string {
  if (payload.erased === true) return '(erased)'
  if (payload.text.length <= max) return valueWords(valueOf(payload), max)
  return `${oneLine(payload.text, max)} ${bytesWords(payload.text.length)}`
}

/** How something ended, in a few words. */
export function outcomeWords(outcome: Outcome, max = VALUE_SHOWN_MAX): string {
  if (outcome.type === 'ok') return outcome.value.text === NOTHING.text ? '' : payloadWords(outcome.value, max)
  const failure = failureOf(outcome)
  return failure === undefined ? '' : `${failure.code}: ${oneLine(failure.message, max)}`
}

/** JSON of any data: bigint as text with `n`, bytes as their number. */
export function toJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, showable, indent) ?? 'undefined'
}

function showable(_key: string, member: unknown): unknown {
  if (typeof member === 'bigint') return `${member}n`
  if (member instanceof Uint8Array) return `<${member.length} bytes>`
  return member
}
