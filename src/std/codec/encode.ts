/**
 * The journaled text of data, and back: `decode(encode(v))` is what is delivered, live as in replay (rule D2).
 *
 * JSON, with `{"$":tag,"v":…}` for what JSON lacks: `bigint`, `date`, `bytes`, `undefined` (top level only),
 * `id` (an identity), and `esc` for an object that itself has a member named `$`.
 * An error becomes its plain data, so that collected failures can be returned.
 * Text made here survives `JSON.stringify(JSON.parse(text))` unchanged; the chain relies on that.
 */
import type { ErrorCode } from '../error-codes.ts'
import { SkeinError, toSkeinError } from '../errors.ts'
import { DATA_DEPTH_MAX } from '../limits.ts'
import { fromBase64, IDENTITY, isPlainJson, isPlainObject, memberPath, nameOf, notData, toBase64 } from './data.ts'

const MEND = 'return plain data (null, booleans, finite numbers, strings, arrays, plain objects, bigint, Date, bytes)'

/** Encoded text. `code` is raised, with the path, for what is not data. */
export function encode(value: unknown, code: ErrorCode = 'RESULT_NOT_DATA'): string {
  if (value === undefined) return '{"$":"undefined"}'
  return JSON.stringify(isPlainJson(value) ? value : project(value, '', 0, code))
}

/** A fresh value. */
export function decode(text: string): unknown {
  const parsed: unknown = JSON.parse(text)
  return text.includes('"$":') ? revive(parsed) : parsed
}

/** Returns `value` itself where JSON can carry it, else a projection with tags. */
function project(value: unknown, path: string, depth: number, code: ErrorCode): unknown {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value
    case 'number':
      return Number.isFinite(value) ? value : notData(code, nameOf(value), path, MEND)
    case 'bigint':
      return { $: 'bigint', v: String(value) }
    case 'object':
      return value === null ? null : projectObject(value, path, depth, code)
    default:
      return notData(code, nameOf(value), path, MEND)
  }
}

function projectObject(value: object, path: string, depth: number, code: ErrorCode): unknown {
  if (depth >= DATA_DEPTH_MAX)
    notData(code, `nested deeper than ${DATA_DEPTH_MAX} levels (or a cycle)`, path, 'flatten it')
  if (Array.isArray(value)) return projectArray(value, path, depth, code)
  if (value instanceof Date) {
    if (Number.isNaN(value.getTime())) notData(code, 'an invalid Date', path, MEND)
    return { $: 'date', v: value.getTime() }
  }
  if (value instanceof Uint8Array) return { $: 'bytes', v: toBase64(value) }
  const identity = (value as { [IDENTITY]?: unknown })[IDENTITY]
  if (typeof identity === 'string') return { $: 'id', v: identity }
  if (value instanceof Error || SkeinError.isInstance(value))
    return project(toSkeinError(value).toJSON(), path, depth, code)
  if (!isPlainObject(value)) notData(code, nameOf(value), path, MEND)
  if (typeof (value as { toJSON?: unknown })['toJSON'] === 'function')
    notData(code, 'an object with toJSON', path, MEND)
  let copy: Record<string, unknown> | undefined
  for (const key of Object.keys(value)) {
    const member = value[key]
    const projected = member === undefined ? undefined : project(member, memberPath(path, key), depth + 1, code)
    if (projected !== member || key === '__proto__') {
      copy ??= { ...value }
      Object.defineProperty(copy, key, { value: projected, enumerable: true, writable: true, configurable: true })
    }
  }
  const plain = copy ?? value
  return Object.prototype.hasOwnProperty.call(plain, '$') ? { $: 'esc', v: plain } : plain
}

function projectArray(value: readonly unknown[], path: string, depth: number, code: ErrorCode): unknown {
  let copy: unknown[] | undefined
  for (let i = 0; i < value.length; i++) {
    const projected = project(value[i], memberPath(path, i), depth + 1, code)
    if (projected !== value[i]) (copy ??= [...value])[i] = projected
  }
  return copy ?? value
}

function revive(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) value[i] = revive(value[i])
    return value
  }
  const record = value as Record<string, unknown>
  switch (record['$']) {
    case 'undefined':
      return undefined
    case 'bigint':
      return BigInt(record['v'] as string)
    case 'date':
      return new Date(record['v'] as number)
    case 'bytes':
      return fromBase64(record['v'] as string)
    case 'id':
      return { [IDENTITY]: record['v'] as string }
    case 'esc':
      return reviveMembers(record['v'] as Record<string, unknown>)
    default:
      return reviveMembers(record)
  }
}

function reviveMembers(record: Record<string, unknown>): Record<string, unknown> {
  for (const key of Object.keys(record)) {
    const member = revive(record[key])
    if (member !== record[key])
      Object.defineProperty(record, key, { value: member, enumerable: true, writable: true, configurable: true })
  }
  return record
}
