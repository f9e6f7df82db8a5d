/**
 * The one error hierarchy of Skein.
 *
 * Job: give every expected failure a stable `code`, say whether trying again can help, and survive
 * duplicated packages, workers and JSON.
 *
 * Invariants:
 * 1. Every error that leaves Skein is a `SkeinError`; `toSkeinError` is the only door for unknown values.
 * 2. A code, once released, keeps its meaning; each has a heading in `docs/errors.md`.
 * 3. `ErrorData` (what is journaled) is plain data: no stack, no class identity.
 */
import type { ErrorCode } from './error-codes.ts'
import { ERROR_CODES } from './error-codes.ts'

const BRAND = Symbol.for('skein.error')

/** Journaled form of a failure: plain data, equal live and in replay. */
export type ErrorData = {
  readonly code: string
  readonly message: string
  readonly retryable: boolean
  readonly data?: unknown
}

/** What an error carries beside code and message. */
export type SkeinErrorOptions = {
  readonly cause?: unknown
  readonly data?: unknown
  /** Overrides the code's default. */
  readonly retryable?: boolean
}

/** Any expected failure in Skein. `message` names what was wrong, where, and the mend. */
export class SkeinError extends Error {
  readonly [BRAND] = true
  readonly code: string
  readonly retryable: boolean
  readonly data: unknown

  constructor(code: ErrorCode | (string & {}), message: string, options: SkeinErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'SkeinError'
    this.code = code
    this.retryable = options.retryable ?? ERROR_CODES[code as ErrorCode]?.retryable ?? false
    this.data = options.data
  }

  /** True for a `SkeinError` of any copy of this package. */
  static isInstance(value: unknown): value is SkeinError {
    return typeof value === 'object' && value !== null && BRAND in value
  }

  toJSON(): ErrorData {
    return errorData(this)
  }
}

/** What a pending call of a closed scope or a cancelled process rejects with (rule X3). */
export class Cancelled extends SkeinError {
  constructor(message: string, options: SkeinErrorOptions = {}) {
    super('CANCELLED', message, options)
    this.name = 'Cancelled'
  }
}

/** A write whose outcome could not be learned (rule E6): neither done nor failed as far as anybody knows. */
export class UnknownOutcome extends SkeinError {
  constructor(message: string, options: SkeinErrorOptions = {}) {
    super('UNKNOWN_OUTCOME', message, options)
    this.name = 'UnknownOutcome'
  }
}

/** The plain data of an error. */
export function errorData(error: SkeinError): ErrorData {
  const base = { code: error.code, message: error.message, retryable: error.retryable }
  return error.data === undefined ? base : { ...base, data: error.data }
}

/** The error that journaled data stands for; `Cancelled` and `UnknownOutcome` come back as themselves. */
export function errorFromData(data: ErrorData): SkeinError {
  const options = { retryable: data.retryable, ...(data.data === undefined ? {} : { data: data.data }) }
  if (data.code === 'CANCELLED') return new Cancelled(data.message, options)
  if (data.code === 'UNKNOWN_OUTCOME') return new UnknownOutcome(data.message, options)
  return new SkeinError(data.code, data.message, options)
}

/** The one door through which an unknown thrown value becomes a `SkeinError`. */
export function toSkeinError(thrown: unknown, code: ErrorCode = 'EFFECT_FAILED'): SkeinError {
  if (SkeinError.isInstance(thrown)) return thrown
  if (thrown instanceof Error) return new SkeinError(code, thrown.message || thrown.name, { cause: thrown })
  return new SkeinError(code, typeof thrown === 'string' ? thrown : `a value was thrown: ${describe(thrown)}`, {
    cause: thrown,
  })
}

/** Crashes on a broken invariant: a defect of Skein, never an operating error. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition)
    throw new SkeinError('INTERNAL', `broken invariant: ${message} (this is a defect of Skein; please report it)`)
}

/** The end of an exhaustive switch. */
export function unreachable(value: never, what: string): never {
  throw new SkeinError('INTERNAL', `unexpected ${what}: ${describe(value)}`)
}

function describe(value: unknown): string {
  try {
    return JSON.stringify(value)?.slice(0, 200) ?? String(value)
  } catch {
    return Object.prototype.toString.call(value)
  }
}
