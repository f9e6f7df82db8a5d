/** A mutation operator: where a token lets one small change be made, and which. */
import type { Token } from '../scan.ts'
import type { Syntax } from '../syntax.ts'

/** One token in its surroundings. */
export type Place = {
  readonly source: string
  readonly syntax: Syntax
  readonly tokens: readonly Token[]
  readonly index: number
  readonly token: Token
}

/** `source.slice(start, end)` becomes `after`. */
export type Edit = { readonly start: number; readonly end: number; readonly after: string }

export type Operator = {
  readonly name: string
  /** What the change does, for people: "<file>:<line> ... and no test notices". */
  readonly says: string
  readonly at: (place: Place) => readonly Edit[]
}

/** The edit that replaces a whole token. */
export const replacing = (token: Token, after: string): Edit => ({ start: token.start, end: token.end, after })

export const tokenBefore = ({ tokens, index }: Place): Token | undefined => tokens[index - 1]
export const tokenAfter = ({ tokens, index }: Place): Token | undefined => tokens[index + 1]

const NOT_OPERANDS = new Set(
  (
    'return case in of if else elif elsif while until unless do then and or not throw raise yield await typeof new ' +
    'delete void instanceof is as when match print echo default'
  ).split(' '),
)

/** True where a value may end: a name, a number, a text, a closing bracket. */
export function endsOperand(token: Token | undefined): boolean {
  if (token === undefined) return false
  if (token.kind === 'sign') return token.text === ')' || token.text === ']'
  return token.kind !== 'word' || !NOT_OPERANDS.has(token.text)
}

const PREFIXES = new Set(['(', '[', '!', '-', '+', '~', '++', '--', '*', '&'])

/** An operator between two values, with a blank on both sides: `a < b`, never `Map<string>` or `*pointer`. */
export function isBinary(place: Place): boolean {
  const [before, after] = [tokenBefore(place), tokenAfter(place)]
  if (!endsOperand(before) || after === undefined || !place.token.spaced || !after.spaced) return false
  return after.kind !== 'sign' || PREFIXES.has(after.text)
}

/** A text or a template stands beside the token: `+` joins there, and `-` would only be nonsense. */
export function besideText(place: Place): boolean {
  return tokenBefore(place)?.kind === 'text' || tokenAfter(place)?.kind === 'text'
}

/** True when no token before this one stands on its line. */
export function isFirstOnLine(place: Place): boolean {
  const before = tokenBefore(place)
  return before === undefined || before.line < place.token.line
}

const OPENING = new Set(['(', '[', '{'])
const CLOSING = new Set([')', ']', '}'])

/**
 * Index of the first token from `from` on, outside all brackets opened since, for which `stop` holds.
 * Undefined when an enclosing bracket closes first.
 */
export function findOutsideBrackets(
  tokens: readonly Token[],
  from: number,
  stop: (token: Token, index: number) => boolean,
): number | undefined {
  let depth = 0
  for (let index = from; index < tokens.length; index++) {
    const token = tokens[index] as Token
    if (depth === 0 && stop(token, index)) return index
    if (isOpening(token)) depth += 1
    if (isClosing(token)) depth -= 1
    if (depth < 0) return undefined
  }
  return undefined
}

/** A bracket opens here; code inside a text opens one too. */
export function isOpening(token: Token): boolean {
  if (token.kind === 'text') return /[$#]\{$/.test(token.text) && !token.text.startsWith('}')
  return token.kind === 'sign' && OPENING.has(token.text)
}

/** A bracket closes here; so does code inside a text. */
export function isClosing(token: Token): boolean {
  if (token.kind === 'text') return token.text.startsWith('}') && !/[$#]\{$/.test(token.text)
  return token.kind === 'sign' && CLOSING.has(token.text)
}
