/**
 * JSON in what a model wrote: the whole text, a fenced block, or values with prose around them.
 *
 * Invariants:
 * 1. A candidate is a whole top-level value: never a part of one that is broken or cut off, because a part that
 *    happens to fit a schema would be a loss in silence.
 * 2. One pass: the cost is linear in the text.
 */
import { CANDIDATES_MAX } from './limits.ts'

/** `candidates` best first; `fault` says what was wrong with text that looked like JSON. */
export type FoundJson = {
  readonly candidates: readonly unknown[]
  readonly fault?: { readonly type: 'cut' } | { readonly type: 'broken'; readonly why: string }
}

/** Local reasoning models put their thoughts before the answer. */
const THOUGHTS = /^\s*<think>[\s\S]*?<\/think>/
const FENCE = '```'
/** How a JSON object or array can begin; other brackets are prose. */
const OBJECT_START = /\{\s*(?:["}]|$)/y
const ARRAY_START = /\[\s*(?:["{[\]\-\d]|true\b|false\b|null\b|$)/y

/** Finds the JSON values of a text. */
export function jsonInText(text: string): FoundJson {
  const spoken = text.replace(THOUGHTS, '').trim()
  const whole = parsed(spoken)
  if (whole.ok) return { candidates: [whole.value] }
  const fenced = parsed(insideFence(spoken))
  if (fenced.ok) return { candidates: [fenced.value] }
  return embedded(spoken)
}

/** What a text that begins with a fence holds; its end may be missing. */
function insideFence(text: string): string {
  if (!text.startsWith(FENCE)) return ''
  const inside = text.slice(text.indexOf('\n') + 1)
  return inside.endsWith(FENCE) ? inside.slice(0, -FENCE.length) : inside
}

/** The last value is the best: what comes before an answer is a draft or an example. */
function embedded(text: string): FoundJson {
  const candidates: unknown[] = []
  let fault: FoundJson['fault']
  for (let at = 0; at < text.length; at++) {
    if (!startsJson(text, at)) continue
    const end = endOfValue(text, at)
    if (end === undefined) return { candidates: [], fault: { type: 'cut' } }
    const value = parsed(text.slice(at, end))
    if (value.ok) candidates.push(value.value)
    else {
      candidates.length = 0
      fault = { type: 'broken', why: value.why }
    }
    at = end - 1
  }
  candidates.reverse()
  candidates.length = Math.min(candidates.length, CANDIDATES_MAX)
  return fault === undefined ? { candidates } : { candidates, fault }
}

function startsJson(text: string, at: number): boolean {
  const start = text[at] === '{' ? OBJECT_START : text[at] === '[' ? ARRAY_START : undefined
  if (start === undefined) return false
  start.lastIndex = at
  return start.test(text)
}

/** The index after the bracket that closes the one at `from`; undefined when the text ends first. */
function endOfValue(text: string, from: number): number | undefined {
  let depth = 0
  let quoted = false
  for (let at = from; at < text.length; at++) {
    const char = text[at]
    if (quoted) {
      if (char === '\\') at += 1
      else if (char === '"') quoted = false
    } else if (char === '"') quoted = true
    else if (char === '{' || char === '[') depth += 1
    else if ((char === '}' || char === ']') && --depth === 0) return at + 1
  }
  return undefined
}

function parsed(
  text: string,
): { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly why: string } {
  try {
    return { ok: true, value: JSON.parse(text) }
  } catch (thrown) {
    return { ok: false, why: thrown instanceof Error ? thrown.message : String(thrown) }
  }
}
