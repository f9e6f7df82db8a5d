/**
 * What went wrong with a model call: one door from whatever a provider throws, or puts into its stream, to a
 * `SkeinError` that says what it cost and whether the same request may be sent again at once.
 *
 * Invariants:
 * 1. `again` only where the server surely did no work: then nothing was billed, and a repeat cannot be billed twice.
 * 2. `data.actual` only where the cost is known; without it the whole reservation counts as spent.
 */
import {
  AISDKError,
  APICallError,
  InvalidResponseDataError,
  JSONParseError,
  LoadAPIKeyError,
  NoSuchModelError,
  TypeValidationError,
} from '@ai-sdk/provider'
import type { Amounts } from '../kernel/index.ts'
import { SkeinError } from '../std/index.ts'
import type { ErrorCode } from '../std/index.ts'
import { QUOTE_CHARS_MAX } from './limits.ts'

/** `data` of the errors that the model driver throws. */
export type ModelFailureData = {
  /** What the call is known to have used; absent: it may have used all that was reserved. */
  readonly actual?: Amounts
  readonly status?: number
  /** The provider's own code, such as `context_length_exceeded`. */
  readonly providerCode?: string
  /** How long the server asks to be left alone. */
  readonly retryAfterMs?: number
}

/** A failed request. */
export type Failure = {
  readonly error: SkeinError
  readonly again: boolean
  readonly headers: Readonly<Record<string, string>>
}

type Verdict = {
  readonly code: ErrorCode
  readonly mend: string
  readonly again?: true
  readonly retryable?: false
  readonly billed?: 'perhaps'
}

/** What a call has used that no server has worked on. */
export const NOTHING_BILLED: Amounts = { modelCalls: 1 }
const NEVER_SENT = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT'])
const CAUSES_MAX = 5

/** The failure of a request before its first word, or of one that an error inside its stream ended. */
export function requestFailure(thrown: unknown, name: string): Failure {
  if (SkeinError.isInstance(thrown)) return { error: thrown, again: false, headers: {} }
  if (APICallError.isInstance(thrown)) return callFailure(thrown, name)
  if (typeof thrown === 'string') return streamedFailure({ message: thrown }, name)
  if (typeof thrown === 'object' && thrown !== null && !(thrown instanceof Error)) return streamedFailure(thrown, name)
  const said = thrown instanceof Error ? thrown.message : String(thrown)
  return failed(verdictOfThrow(thrown), { name, what: 'failed', said, cause: thrown })
}

/** The failure of a stream that had begun: its cost is unknown, and only a new attempt may repeat it. */
export function streamFailure(thrown: unknown, name: string): SkeinError {
  if (SkeinError.isInstance(thrown)) return thrown
  if (JSONParseError.isInstance(thrown) || TypeValidationError.isInstance(thrown)) {
    const said = quoted(thrown.message)
    return new SkeinError(
      'MODEL_BAD_ANSWER',
      `${name} sent something that is no Chat Completions chunk: ${said}; is this the right server?`,
      { cause: thrown },
    )
  }
  if (InvalidResponseDataError.isInstance(thrown) && thrown.data !== undefined) {
    return new SkeinError('MODEL_BAD_ANSWER', `${name} sent an answer that cannot be read: ${quoted(thrown.message)}`, {
      cause: thrown,
    })
  }
  return streamCut(name, thrown)
}

/** A stream that broke off. */
export function streamCut(name: string, cause?: unknown): SkeinError {
  const why = cause instanceof Error ? ` (${quoted(rootOf(cause).message)})` : ''
  return new SkeinError(
    'MODEL_STREAM_CUT',
    `the answer of ${name} broke off before its end${why}; it may have been billed, and can be asked for again`,
    { cause },
  )
}

/** An answer that is not a stream at all: a web page, or a server that cannot stream. */
export function noStream(name: string, contentType: string): SkeinError {
  const mend = 'is baseUrl right (it ends in /v1), and does the server stream?'
  return new SkeinError('MODEL_BAD_ANSWER', `${name} answered with ${contentType} instead of a stream; ${mend}`)
}

function callFailure(thrown: APICallError, name: string): Failure {
  const code = providerCode(thrown.data)
  const sent = thrown.statusCode === undefined ? verdictOfThrow(thrown) : verdictOfStatus(thrown.statusCode, code)
  const what =
    thrown.statusCode === undefined
      ? 'could not be reached'
      : `answered ${thrown.statusCode}${code === undefined ? '' : ` ${code}`}`
  const data = {
    ...(thrown.statusCode === undefined ? {} : { status: thrown.statusCode }),
    ...(code === undefined ? {} : { providerCode: code }),
  }
  return failed(sent, { name, what, said: thrown.message, cause: thrown, data, headers: thrown.responseHeaders ?? {} })
}

/** `{ error: { message, code } }` inside a stream that began with status 200. */
function streamedFailure(value: object, name: string): Failure {
  const { message, code, type } = value as { message?: unknown; code?: unknown; type?: unknown }
  const status = Number(code)
  const text = typeof code === 'string' ? code : typeof type === 'string' ? type : undefined
  const known = /rate.?limit/i.test(text ?? '')
    ? 429
    : /overloaded/i.test(text ?? '')
      ? 529
      : Number.isInteger(status) && status >= 400
        ? status
        : 500
  const data = { status: known, ...(text === undefined ? {} : { providerCode: text }) }
  return failed(verdictOfStatus(known, text), {
    name,
    what: `failed in its stream with ${text ?? known}`,
    said: typeof message === 'string' ? message : '',
    cause: value,
    data,
  })
}

function verdictOfStatus(status: number, code: string | undefined): Verdict {
  if (status === 402 || code === 'insufficient_quota') {
    return {
      code: 'MODEL_RATE_LIMITED',
      retryable: false,
      mend: 'the account at the provider is out of credit; top it up',
    }
  }
  switch (status) {
    case 401:
    case 403:
      return {
        code: 'MODEL_AUTH',
        mend: "check the provider's key (OPENAI_API_KEY, or apiKeyEnv in models.providers) and what it may do",
      }
    case 404:
      return { code: 'MODEL_UNKNOWN', mend: 'the server has no such model, or baseUrl is wrong (it ends in /v1)' }
    case 429:
      return {
        code: 'MODEL_RATE_LIMITED',
        again: true,
        mend: 'lower models.concurrency, or raise the limit at the provider',
      }
    case 503:
    case 529:
      return { code: 'MODEL_UNAVAILABLE', again: true, mend: 'try later' }
    default:
      if (status >= 500 || status === 408 || status === 409)
        return { code: 'MODEL_UNAVAILABLE', billed: 'perhaps', mend: 'try again' }
      if (status < 400) return { code: 'MODEL_BAD_ANSWER', billed: 'perhaps', mend: 'is this the right server?' }
      return { code: 'MODEL_REQUEST_INVALID', mend: 'change the request: what the server says names the part' }
  }
}

/** Errors of the provider package itself never left this machine; of the rest, only some connections surely did not. */
function verdictOfThrow(thrown: unknown): Verdict {
  if (LoadAPIKeyError.isInstance(thrown)) return { code: 'MODEL_AUTH', mend: 'set the variable that it names' }
  if (NoSuchModelError.isInstance(thrown)) return { code: 'MODEL_UNKNOWN', mend: 'correct the name' }
  if (NEVER_SENT.has(systemCode(thrown) ?? ''))
    return { code: 'MODEL_UNAVAILABLE', again: true, mend: 'is the server up, and baseUrl right?' }
  if (APICallError.isInstance(thrown) || !AISDKError.isInstance(thrown))
    return { code: 'MODEL_UNAVAILABLE', billed: 'perhaps', mend: 'try again' }
  return { code: 'MODEL_REQUEST_INVALID', mend: 'change the request: this provider cannot take it' }
}

type About = {
  readonly name: string
  readonly what: string
  readonly said: string
  readonly cause: unknown
  readonly data?: ModelFailureData
  readonly headers?: Readonly<Record<string, string>>
}

function failed(verdict: Verdict, about: About): Failure {
  const data: ModelFailureData = { ...about.data, ...(verdict.billed === 'perhaps' ? {} : { actual: NOTHING_BILLED }) }
  const said = about.said === '' ? '' : `: ${quoted(about.said)}`
  const error = new SkeinError(verdict.code, `${about.name} ${about.what}${said}; ${verdict.mend}`, {
    cause: about.cause,
    data,
    ...(verdict.retryable === undefined ? {} : { retryable: verdict.retryable }),
  })
  return { error, again: verdict.again === true, headers: about.headers ?? {} }
}

function providerCode(data: unknown): string | undefined {
  const error = (data as { error?: { code?: unknown; type?: unknown } } | undefined)?.error
  const code = error?.code ?? error?.type
  return typeof code === 'string' ? code : undefined
}

function systemCode(thrown: unknown): string | undefined {
  let at: unknown = thrown
  for (let depth = 0; depth < CAUSES_MAX && at instanceof Error; depth++) {
    const { code, errors } = at as { code?: unknown; errors?: readonly unknown[] }
    if (typeof code === 'string' && code !== '') return code
    at = at.cause ?? errors?.[0]
  }
  return undefined
}

function rootOf(error: Error): Error {
  let at = error
  for (let depth = 0; depth < CAUSES_MAX && at.cause instanceof Error; depth++) at = at.cause
  return at
}

function quoted(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim()
  return line.length > QUOTE_CHARS_MAX ? `${line.slice(0, QUOTE_CHARS_MAX)}…` : line
}
