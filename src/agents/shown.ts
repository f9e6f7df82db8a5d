/** What a model is shown of values and errors: bounded, and always JSON or text. */
import { isPlainJson } from '../std/index.ts'
import type { ErrorData } from '../std/index.ts'
import type { ToolResultPart } from '../kernel/index.ts'
import { ERROR_CHARS_MAX, QUOTE_CHARS_MAX, RESULT_CHARS_MAX } from './limits.ts'

type Shown = ToolResultPart['output']

/** Of a text that is cut, this part is taken from its beginning; logs and stack traces say the most at both ends. */
const HEAD_SHARE = 0.75

/** A tool's value as the model sees it. */
export function shownValue(value: unknown): Shown {
  if (typeof value === 'string') return { type: 'text', value: cutText(value, RESULT_CHARS_MAX) }
  const { text, isPlain } = jsonOf(value)
  if (text.length > RESULT_CHARS_MAX) return { type: 'text', value: cutText(text, RESULT_CHARS_MAX) }
  return { type: 'json', value: isPlain ? (value ?? null) : JSON.parse(text) }
}

/** A failure as the model sees it. */
export function shownError(error: Pick<ErrorData, 'code' | 'message'>): Shown {
  return { type: 'error-text', value: cutText(`${error.code}: ${error.message}`, ERROR_CHARS_MAX) }
}

/** What a model is shown, as text within a text. */
export function shownText({ value }: Shown): string {
  return typeof value === 'string' ? value : jsonText(value)
}

/** JSON text of data, for a message. */
export function jsonText(value: unknown): string {
  return jsonOf(value).text
}

/** The beginning of a text, for an error message. */
export function quoted(text: string): string {
  return text.length <= QUOTE_CHARS_MAX ? text : `${text.slice(0, QUOTE_CHARS_MAX)}…`.toWellFormed()
}

/** The text, or its beginning and end with a note between them that says what is missing. */
export function cutText(text: string, charsMax: number): string {
  if (text.length <= charsMax) return text
  const head = Math.floor(charsMax * HEAD_SHARE)
  const note = `\n[… ${text.length - charsMax} of ${text.length} characters are left out here; ask for a smaller part …]\n`
  return (text.slice(0, head) + note + text.slice(text.length - (charsMax - head))).toWellFormed()
}

/** Data may hold what JSON lacks: big integers become text, bytes are only counted, dates stay what they are in JSON. */
function jsonOf(value: unknown): { readonly text: string; readonly isPlain: boolean } {
  if (isPlainJson(value)) return { text: JSON.stringify(value), isPlain: true }
  let isPlain = true
  const text = JSON.stringify(value, function (this: Record<string, unknown>, key: string, member: unknown) {
    const own = this[key]
    if (typeof own !== 'bigint' && !(own instanceof Uint8Array)) return member
    isPlain = false
    return typeof own === 'bigint' ? String(own) : `[${own.length} bytes]`
  }) as string | undefined
  return { text: text ?? 'null', isPlain }
}
