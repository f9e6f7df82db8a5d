/** What a model says in JSON is not always data that can be journaled: `1e999`, or a thousand brackets. */
import { encode, isPlainJson } from '../std/index.ts'
import { DEPTH_KEPT_FREE } from './limits.ts'

/** True when the value can be recorded as part of a conversation or a result. */
export function isPlainData(value: unknown): boolean {
  if (isPlainJson(value, DEPTH_KEPT_FREE)) return true
  let nested = value
  for (let depth = 0; depth < DEPTH_KEPT_FREE; depth++) nested = [nested]
  try {
    encode(nested)
    return true
  } catch {
    return false
  }
}
