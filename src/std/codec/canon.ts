/**
 * The canonical text of data (rule K3): equal data, equal text, whatever the order of members.
 * Numbers by ECMAScript text with -0 as 0; strings with JSON escapes, so that lone surrogates differ;
 * members in UTF-16 order; undefined members dropped; bigint, Date and bytes tagged.
 */
import { DATA_DEPTH_MAX } from '../limits.ts'
import { IDENTITY, isPlainJson, isPlainObject, memberPath, nameOf, notData, toBase64 } from './data.ts'

const MEND = 'pass plain data (null, booleans, finite numbers, strings, arrays, plain objects, bigint, Date, bytes)'

/** Canonical text. Throws `ARGS_NOT_DATA` with the path of the first thing that is not data. */
export function canon(value: unknown): string {
  return isPlainJson(value) ? writePlain(value) : write(value, '', 0)
}

/** The same text for what JSON carries as it is, with no place to name. */
function writePlain(value: unknown): string {
  if (typeof value === 'number') return String(value === 0 ? 0 : value)
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) {
    // By place: `map` would ask a subclass for another array.
    let items = ''
    for (let i = 0; i < value.length; i++) items += (i === 0 ? '' : ',') + writePlain(value[i])
    return `[${items}]`
  }
  let text = '{'
  for (const key of keysInOrder(value)) {
    const member = (value as Record<string, unknown>)[key]
    if (member !== undefined) text += `${text.length === 1 ? '' : ','}${JSON.stringify(key)}:${writePlain(member)}`
  }
  return `${text}}`
}

function write(value: unknown, path: string, depth: number): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value)
    case 'boolean':
      return value ? 'true' : 'false'
    case 'number':
      return Number.isFinite(value)
        ? String(value === 0 ? 0 : value)
        : notData('ARGS_NOT_DATA', nameOf(value), path, MEND)
    case 'bigint':
      return `n"${value}"`
    case 'object':
      return value === null ? 'null' : writeObject(value, path, depth)
    default:
      return notData('ARGS_NOT_DATA', nameOf(value), path, MEND)
  }
}

function writeObject(value: object, path: string, depth: number): string {
  if (depth >= DATA_DEPTH_MAX)
    notData('ARGS_NOT_DATA', `nested deeper than ${DATA_DEPTH_MAX} levels (or a cycle)`, path, 'flatten it')
  if (Array.isArray(value)) {
    let text = '['
    for (let i = 0; i < value.length; i++)
      text += (i === 0 ? '' : ',') + write(value[i], memberPath(path, i), depth + 1)
    return `${text}]`
  }
  if (value instanceof Date) {
    if (Number.isNaN(value.getTime())) notData('ARGS_NOT_DATA', 'an invalid Date', path, MEND)
    return `d"${value.getTime()}"`
  }
  if (value instanceof Uint8Array) return `b"${toBase64(value)}"`
  const identity = (value as { [IDENTITY]?: unknown })[IDENTITY]
  if (typeof identity === 'string') return `i${JSON.stringify(identity)}`
  if (!isPlainObject(value)) notData('ARGS_NOT_DATA', nameOf(value), path, MEND)
  if (typeof (value as { toJSON?: unknown })['toJSON'] === 'function')
    notData('ARGS_NOT_DATA', 'an object with toJSON', path, MEND)
  let text = '{'
  for (const key of keysInOrder(value)) {
    const member = value[key]
    if (member !== undefined)
      text += `${text.length === 1 ? '' : ','}${JSON.stringify(key)}:${write(member, memberPath(path, key), depth + 1)}`
  }
  return `${text}}`
}

/** In UTF-16 order. Most stand so already, and to sort even two of them makes more than all the rest. */
function keysInOrder(value: object): readonly string[] {
  const keys = Object.keys(value)
  for (let i = 1; i < keys.length; i++) if (keys[i - 1]! > keys[i]!) return keys.sort()
  return keys
}
