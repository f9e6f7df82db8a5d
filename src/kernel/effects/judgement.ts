/** How a driver's throw is judged (rule E6): a failure that surely happened, or a write of which nobody knows. */
import { SkeinError, toSkeinError } from '../../std/index.ts'
import type { EffectClass } from '../journal/facts.ts'
import { failure } from '../journal/outcome.ts'
import type { Outcome } from '../journal/outcome.ts'

/** Node and undici codes of a connection that broke after it stood. A refused connection or an unknown host never carried anything. */
const CUT_CODES = new Set([
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ECONNABORTED',
  'UND_ERR_SOCKET',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'ERR_STREAM_PREMATURE_CLOSE',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENETDOWN',
])
const NEVER_SENT_CODES = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT'])
const CAUSES_MAX = 5

type Shape = {
  readonly name?: unknown
  readonly code?: unknown
  readonly status?: unknown
  readonly statusCode?: unknown
  readonly cause?: unknown
  readonly message?: unknown
}

/** True when the throw leaves open whether the far side did it. */
export function leavesOpen(thrown: unknown): boolean {
  let current: unknown = thrown
  for (let depth = 0; depth < CAUSES_MAX && typeof current === 'object' && current !== null; depth++) {
    const { name, code, status, statusCode, cause, message } = current as Shape
    if (typeof code === 'string' && NEVER_SENT_CODES.has(code)) return false
    if (name === 'AbortError' || name === 'TimeoutError') return true
    if (
      code === 'UNKNOWN_OUTCOME' ||
      code === 'EFFECT_TIMEOUT' ||
      code === 'EXEC_TIMEOUT' ||
      code === 'MODEL_STREAM_CUT'
    )
      return true
    if (typeof code === 'string' && (CUT_CODES.has(code) || code.startsWith('ERR_HTTP2_'))) return true
    const http = typeof status === 'number' ? status : typeof statusCode === 'number' ? statusCode : undefined
    if (http !== undefined) return http >= 500 || http === 408
    if (name === 'TypeError' && message === 'fetch failed' && cause === undefined) return true
    current = cause
  }
  return false
}

/** The outcome of a throw. `timedOut` and `aborted` say that it was we who ended the attempt. */
export function judge(
  thrown: unknown,
  about: {
    readonly class: EffectClass
    readonly idempotent: boolean
    readonly name: string
    readonly timedOutMs: number | undefined
    readonly aborted: boolean
  },
): Outcome {
  if (about.aborted) return { type: 'cancelled' }
  const timedOut = about.timedOutMs !== undefined
  if (about.class === 'write' && (timedOut || leavesOpen(thrown))) {
    const why = timedOut
      ? `${about.name} did not answer within ${about.timedOutMs} ms`
      : `${about.name}: ${toSkeinError(thrown).message}`
    return { type: 'unknown', why }
  }
  if (timedOut)
    return failure(
      new SkeinError(
        'EFFECT_TIMEOUT',
        `${about.name} did not answer within ${about.timedOutMs} ms; raise its timeout, or look why it hangs`,
      ).toJSON(),
    )
  return failure(toSkeinError(thrown).toJSON())
}
