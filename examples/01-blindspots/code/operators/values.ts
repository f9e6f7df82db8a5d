/** Operators on values: numbers, texts that are compared, patterns, signs. */
import type { Edit, Operator, Place } from './operator.ts'
import { endsOperand, replacing, tokenAfter, tokenBefore } from './operator.ts'

const INTEGER = /^(?!0[xXbBoO])(\d[\d_]*)([a-zA-Z]\w*)?$/

/** `n` becomes `n + 1`; whole decimal numbers only, with their suffix (`10u32`, `5n`). */
function nextInteger(text: string): string | undefined {
  const match = INTEGER.exec(text)
  const digits = match?.[1]?.replaceAll('_', '')
  if (digits === undefined || (digits.length > 1 && digits.startsWith('0'))) return undefined
  return `${BigInt(digits) + 1n}${match?.[2] ?? ''}`
}

function offByOne({ token, syntax, ...place }: Place): readonly Edit[] {
  if (token.kind !== 'number') return []
  const before = place.tokens[place.index - 1]
  // `.5`, `$1` and `2>&1` are no numbers that count something.
  if (!token.spaced && (before?.text === '.' || (syntax.name === 'shell' && before?.kind === 'sign'))) return []
  if (syntax.name === 'shell' && place.tokens[place.index + 1]?.text.startsWith('>')) return []
  const next = nextInteger(token.text)
  return next === undefined ? [] : [replacing(token, next)]
}

const COMPARES = new Set(['==', '===', '!=', '!==', 'case', 'when'])

/** A text that is compared with something; other texts are messages, which nobody has to test. */
function comparedText(place: Place): readonly Edit[] {
  const { token } = place
  const compared = COMPARES.has(tokenBefore(place)?.text ?? '') || COMPARES.has(tokenAfter(place)?.text ?? '')
  const isShort = /^(["'])(?:[^\\])+\1$/.test(token.text)
  return token.kind === 'text' && compared && isShort ? [replacing(token, token.text.slice(0, 1).repeat(2))] : []
}

function inside(place: Place, pattern: RegExp, change: (match: RegExpExecArray) => string): readonly Edit[] {
  const match = pattern.exec(place.token.text)
  if (match === null) return []
  const start = place.token.start + match.index
  return [{ start, end: start + match[0].length, after: change(match) }]
}

const RANGES = /\[(\^?)(0-9|a-z|A-Z)/
const RANGES_SHORTER: Readonly<Record<string, string>> = { '0-9': '1-9', 'a-z': 'b-z', 'A-Z': 'B-Z' }

function shorterRange(place: Place): readonly Edit[] {
  if (place.token.kind !== 'regex' && place.token.kind !== 'text') return []
  return inside(place, RANGES, (match) => `[${match[1]}${RANGES_SHORTER[match[2] as string] as string}`)
}

function pattern(place: Place): readonly Edit[] {
  if (place.token.kind !== 'regex') return []
  return [
    ...inside(place, /^\/\^/, () => '/'),
    ...inside(place, /(?<!\\)\$(?=\/\w*$)/, () => ''),
    ...inside(place, /(?<=[\w\])])\+(?![^[]*\])/, () => ''),
    ...inside(place, /(?<!\\)\\d/, () => '[1-9]'),
  ]
}

function unaryMinus(place: Place): readonly Edit[] {
  const { token, syntax } = place
  const [before, after] = [tokenBefore(place), tokenAfter(place)]
  const isUnary = token.text === '-' && token.kind === 'sign' && !endsOperand(before) && before?.text !== '}'
  const negates = after !== undefined && !after.spaced && (after.kind === 'number' || after.kind === 'word')
  return isUnary && negates && syntax.name !== 'shell' ? [replacing(token, '')] : []
}

export const VALUES: readonly Operator[] = [
  { name: 'off by one', says: 'the number is one more', at: offByOne },
  { name: 'text', says: 'the text it is compared with is empty', at: comparedText },
  { name: 'range', says: 'the first character of the range is left out', at: shorterRange },
  { name: 'pattern', says: 'the pattern matches other texts', at: pattern },
  { name: 'sign', says: 'the sign is lost', at: unaryMinus },
]
