/**
 * What counts as data: the values that can cross the gate, be a key or be journaled (rule K3).
 * One walk serves the canonical form and the encoding, so both accept exactly the same values.
 */
import { SkeinError } from '../errors.ts'
import type { ErrorCode } from '../error-codes.ts'
import { DATA_DEPTH_MAX } from '../limits.ts'

/** A reference whose identity is its id, not its content: a pid, a capability, a secret handle. */
export const IDENTITY = Symbol.for('skein.identity')

/** Raises `code` for a value that is not data, naming the place inside it. */
export function notData(code: ErrorCode, what: string, path: string, mend: string): never {
  throw new SkeinError(code, `${path === '' ? 'the value' : path} is ${what}, which is not data; ${mend}`, {
    data: { path },
  })
}

/** `$.items[3].when` for people. */
export function memberPath(path: string, key: string | number): string {
  const base = path === '' ? '$' : path
  return typeof key === 'number'
    ? `${base}[${key}]`
    : /^[A-Za-z_$][\w$]*$/.test(key)
      ? `${base}.${key}`
      : `${base}[${JSON.stringify(key)}]`
}

/** True for objects made by literals, `JSON.parse` or `Object.create(null)`, of any realm. */
export function isPlainObject(value: object): value is Record<string, unknown> {
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === null || prototype === Object.prototype) return true
  return (
    Object.getPrototypeOf(prototype) === null &&
    Object.prototype.toString.call(value) === '[object Object]' &&
    hasOwn(prototype as object, 'isPrototypeOf')
  )
}

/**
 * True for what JSON carries as it is: nothing to tag, to refuse or to name a place in. Most of what is recorded is such, and
 * is told so in one walk that makes nothing.
 */
export function isPlainJson(value: unknown, depth = 0): boolean {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return true
    case 'number':
      return Number.isFinite(value)
    case 'object':
      return value === null || (depth < DATA_DEPTH_MAX && areMembersPlainJson(value, depth + 1))
    default:
      return false
  }
}

function areMembersPlainJson(value: object, depth: number): boolean {
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) if (!isPlainJson(value[i], depth)) return false
    return true
  }
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return false
  if ((value as { [IDENTITY]?: unknown })[IDENTITY] !== undefined) return false
  if ((value as { toJSON?: unknown })['toJSON'] !== undefined) return false
  for (const key in value) {
    if (key === '$' || key === '__proto__') return false
    const member = (value as Record<string, unknown>)[key]
    if (member !== undefined && !isPlainJson(member, depth)) return false
  }
  return true
}

const hasOwn = (value: object, key: string): boolean => Object.prototype.hasOwnProperty.call(value, key)

/** What kind of non-data a value is, in words. */
export function nameOf(value: unknown): string {
  switch (typeof value) {
    case 'function':
      return 'a function'
    case 'symbol':
      return 'a symbol'
    case 'undefined':
      return 'undefined'
    case 'number':
      return String(value)
    case 'object': {
      if (value === null) return 'null'
      const name: unknown = (value as { constructor?: { name?: unknown } }).constructor?.name
      return typeof name === 'string' && name !== '' ? `an instance of ${name}` : 'an object of an unknown class'
    }
    default:
      return `a ${typeof value}`
  }
}

/** Base64 without any platform API. */
export function toBase64(bytes: Uint8Array): string {
  let binary = ''
  for (let i = 0; i < bytes.length; i += 0x8000) binary += String.fromCharCode(...bytes.subarray(i, i + 0x8000))
  return btoa(binary)
}

/** The bytes of a base64 text. */
export function fromBase64(text: string): Uint8Array {
  const binary = atob(text)
  const bytes = new Uint8Array(binary.length)
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i)
  return bytes
}
