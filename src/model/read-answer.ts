/** Typed output: a model's final text as the value that a schema asks for, or what to tell the model. */
import { check, textOf } from '../kernel/index.ts'
import type { AnswerReader, Schema } from '../kernel/index.ts'
import { jsonInText } from './json-in-text.ts'
import type { FoundJson } from './json-in-text.ts'
import { COMPLAINT_ISSUES_MAX, QUOTE_CHARS_MAX } from './limits.ts'
import { isPlainData } from './plain-data.ts'

const AGAIN = 'Answer again with the whole JSON value only, no prose around it.'

/** Reads the first candidate that fits; the complaint is about the best one that does not. Throws `SCHEMA_ASYNC`. */
export const readAnswer: AnswerReader = (answer, schema, name) => {
  const text = textOf(answer)
  const what = name ?? 'the answer'
  const cut = answer.finishReason === 'length'
  const found = jsonInText(text)
  let issues: readonly string[] | undefined
  for (const candidate of found.candidates) {
    if (cut && typeof candidate !== 'object') continue // half a number is a whole one to a parser
    const result = readValue(schema, candidate, what)
    if (result.ok) return result
    issues ??= result.issues
  }
  if (!cut && mayBeText(found, text, schema)) {
    const result = check(schema, text.trim(), what)
    if (result.ok) return result
  }
  return { ok: false, complaint: `${complaint(text, found, issues, cut)} ${AGAIN}` }
}

/** Text without any JSON may itself be the value, of a schema that validates. */
function mayBeText(found: FoundJson, text: string, schema: Schema): boolean {
  return found.candidates.length === 0 && found.fault === undefined && text.trim() !== '' && '~standard' in schema
}

function readValue(schema: Schema, value: unknown, what: string): ReturnType<typeof check> {
  if (!isPlainData(value)) return { ok: false, issues: ['$: nested too deep, or a number that is too large'] }
  return rootFits(schema, value)
    ? check(schema, value, what)
    : { ok: false, issues: [`$: expected ${String(rootType(schema))}`] }
}

/** The AI SDK's `jsonSchema()` may come without a validator: then at least the kind of value must be right. */
function rootFits(schema: Schema, value: unknown): boolean {
  const root = rootType(schema)
  if (root === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value)
  return root === 'array' ? Array.isArray(value) : true
}

function rootType(schema: Schema): unknown {
  return '~standard' in schema ? undefined : (schema.jsonSchema as { type?: unknown } | undefined)?.type
}

function complaint(text: string, found: FoundJson, issues: readonly string[] | undefined, cut: boolean): string {
  if (found.fault?.type === 'cut' || (cut && issues === undefined)) {
    return `Your answer was cut off after ${text.length} characters, inside its JSON. Make it shorter.`
  }
  if (issues !== undefined) {
    const shown = issues.slice(0, COMPLAINT_ISSUES_MAX).map((issue) => `- ${issue.slice(0, QUOTE_CHARS_MAX)}`)
    return `Your answer does not fit the required output:\n${shown.join('\n')}\n`
  }
  if (found.fault?.type === 'broken')
    return `Your answer is not valid JSON: ${found.fault.why.slice(0, QUOTE_CHARS_MAX)}.`
  return text.trim() === '' ? 'Your answer was empty.' : 'Your answer contains no JSON.'
}
