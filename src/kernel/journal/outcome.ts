/** How an effect ended (rule J3), and payloads: values as journaled text. */
import { decode, encode, limits, SkeinError } from '../../std/index.ts'
import type { ErrorCode, ErrorData } from '../../std/index.ts'

/** A value as its encoded text. In the store it is replaced by a salted digest, so that it can be erased (rule J1). */
export type Payload = { readonly text: string; readonly erased?: true }

/** How an effect or a process ended. */
export type Outcome =
  | { readonly type: 'ok'; readonly value: Payload }
  /** The payload is an `ErrorData`: messages may quote user data, so they can be erased too. */
  | { readonly type: 'error'; readonly error: Payload }
  | { readonly type: 'cancelled' }
  | { readonly type: 'unknown'; readonly why: string }

/** Encodes a value. Throws `code` for what is not data, `VALUE_TOO_LARGE` beyond the limit. */
export function payloadOf(value: unknown, code: ErrorCode = 'RESULT_NOT_DATA'): Payload {
  const text = encode(value, code)
  if (text.length > limits.PAYLOAD_BYTES_MAX) {
    throw new SkeinError(
      'VALUE_TOO_LARGE',
      `the value has ${text.length} characters, more than ${limits.PAYLOAD_BYTES_MAX}; write it to a file and pass its name`,
    )
  }
  return { text }
}

/** What stands where a payload was. */
export const ERASED: Payload = { text: '{"$":"undefined"}', erased: true }

/** A fresh value of a payload. */
export function valueOf(payload: Payload): unknown {
  if (payload.erased === true) return { erased: true }
  return decode(payload.text)
}

/** The payload of `undefined`. */
export const NOTHING: Payload = { text: '{"$":"undefined"}' }

/** The outcome of a failure. */
export function failure(error: ErrorData): Outcome {
  try {
    return { type: 'error', error: payloadOf(error) }
  } catch {
    return { type: 'error', error: payloadOf({ code: error.code, message: error.message, retryable: error.retryable }) }
  }
}

/** The error data of a failed, cancelled or unknown outcome; undefined for `ok`. */
export function failureOf(outcome: Outcome): ErrorData | undefined {
  switch (outcome.type) {
    case 'ok':
      return undefined
    case 'error':
      return outcome.error.erased === true
        ? { code: 'EFFECT_FAILED', message: 'the error was erased', retryable: false }
        : (valueOf(outcome.error) as ErrorData)
    case 'cancelled':
      return { code: 'CANCELLED', message: 'cancelled', retryable: false }
    case 'unknown':
      return { code: 'UNKNOWN_OUTCOME', message: outcome.why, retryable: false }
  }
}
