/**
 * What is recorded of a value that came back: the value itself where it is data, else what JSON makes of it.
 *
 * Clients return instances of their own classes. Failing the effect would call a write failed that was done, and have it
 * done again; so the rest of the world's convention, JSON, is applied, and the record says so. What is delivered is what
 * was recorded, live as in replay (rule D2).
 */
import { SkeinError, toSkeinError } from '../../std/index.ts'
import type { EffectClass } from '../journal/facts.ts'
import { failure, payloadOf } from '../journal/outcome.ts'
import type { Outcome } from '../journal/outcome.ts'

/** The outcome of a value; `note` when it is not the value itself. */
export function recordedValue(
  value: unknown,
  about: { readonly class: EffectClass },
): { readonly outcome: Outcome; readonly note?: string } {
  try {
    return { outcome: { type: 'ok', value: payloadOf(value) } }
  } catch (thrown) {
    const error = toSkeinError(thrown)
    if (error.code !== 'RESULT_NOT_DATA') return lost(error, about)
    try {
      const plain: unknown = JSON.parse(JSON.stringify(value) ?? 'null')
      return { outcome: { type: 'ok', value: payloadOf(plain) }, note: `recorded as JSON: ${error.message}` }
    } catch (later) {
      // What JSON makes of it is data, and too large: plain data would not help.
      const isTooLarge = SkeinError.isInstance(later) && later.code === 'VALUE_TOO_LARGE'
      return lost(isTooLarge ? later : error, about)
    }
  }
}

/** Of a write the message says first that it was done: whoever catches the error must not do it again. */
function lost(error: SkeinError, about: { readonly class: EffectClass }): { readonly outcome: Outcome } {
  if (about.class !== 'write') return { outcome: failure(error.toJSON()) }
  return {
    outcome: failure({ ...error.toJSON(), message: `it was done, but its value cannot be recorded: ${error.message}` }),
  }
}
