/** Operators on what is done and when: conditions, early exits, answers, whole statements. */
import type { Token } from '../scan.ts'
import type { Edit, Operator, Place } from './operator.ts'
import {
  endsOperand,
  findOutsideBrackets,
  isClosing,
  isFirstOnLine,
  isOpening,
  tokenAfter,
  tokenBefore,
} from './operator.ts'

const ASKS = new Set(['if', 'elif', 'elsif', 'unless', 'while', 'until'])
/** A condition that also binds a name cannot be taken out of its place. */
const BINDS = new Set(['let', 'var', 'val', 'case', 'lambda', ':='])

type Condition = {
  readonly start: number
  readonly end: number
  readonly loops: boolean
  /** One comparison and nothing else: another operator already turns it round. */
  readonly simple: boolean
}

const JOINS = new Set(['&&', '||', 'and', 'or', '??'])
const COMPARES = new Set(['==', '!=', '===', '!==', '<', '>', '<=', '>='])

function isSimple(inner: readonly Token[]): boolean {
  if (inner.some((token) => JOINS.has(token.text))) return false
  return inner[0]?.text === '!' || inner[0]?.text === 'not' || inner.some((token) => COMPARES.has(token.text))
}

function conditionAt(place: Place): Condition | undefined {
  const { token, tokens, index, syntax } = place
  if (token.kind !== 'word' || !ASKS.has(token.text)) return undefined
  const span = syntax.condition === 'parens' ? parenthesised(tokens, index + 1) : unbracketed(place)
  if (span === undefined || span[0] > span[1]) return undefined
  const inner = tokens.slice(span[0], span[1] + 1)
  if (inner.some((inside) => BINDS.has(inside.text))) return undefined
  const [first, last] = [inner[0] as Token, inner.at(-1) as Token]
  const loops = token.text === 'while' || token.text === 'until'
  return { start: first.start, end: last.end, loops, simple: isSimple(inner) }
}

/** First and last index of what stands between the parentheses that open at `open`. */
function parenthesised(tokens: readonly Token[], open: number): readonly [number, number] | undefined {
  if (tokens[open]?.text !== '(') return undefined
  const close = findOutsideBrackets(tokens, open + 1, (token) => token.kind === 'sign' && token.text === ')')
  return close === undefined ? undefined : [open + 1, close - 1]
}

function unbracketed(place: Place): readonly [number, number] | undefined {
  const { tokens, index, syntax, token } = place
  let from = index + 1
  if (syntax.condition === 'line') {
    const ends = (next: Token): boolean =>
      next.line > token.line || ['then', ';'].includes(next.text) || isClosing(next)
    return [from, (findOutsideBrackets(tokens, from, ends) ?? tokens.length) - 1]
  }
  const mark = syntax.condition === 'colon' ? ':' : syntax.condition === 'brace' ? '{' : undefined
  // Inside a line, Python's `if` chooses a value or filters a list.
  if (mark === undefined || (mark === ':' && !isFirstOnLine(place))) return undefined
  const end = findOutsideBrackets(tokens, from, (next) => next.kind === 'sign' && next.text === mark)
  if (end === undefined) return undefined
  // Go: `if err := save(); err != nil {`.
  for (let at = from; at < end; at++) if (tokens[at]?.text === ';') from = at + 1
  return [from, end - 1]
}

function negated(place: Place): readonly Edit[] {
  const { source, syntax, token } = place
  const after = tokenAfter(place)
  if (syntax.name === 'shell' && token.text === 'if' && after !== undefined) {
    return [{ start: after.start, end: after.start, after: syntax.not }]
  }
  const condition = conditionAt(place)
  if (condition === undefined || condition.loops || condition.simple) return []
  const text = source.slice(condition.start, condition.end)
  return [{ start: condition.start, end: condition.end, after: `${syntax.not}(${text})` }]
}

function never(place: Place): readonly Edit[] {
  const condition = conditionAt(place)
  const { syntax, source } = place
  if (condition === undefined || source.slice(condition.start, condition.end) === syntax.never) return []
  return [{ start: condition.start, end: condition.end, after: syntax.never }]
}

function withoutNot(place: Place): readonly Edit[] {
  const { token, syntax } = place
  const after = tokenAfter(place)
  if (after === undefined) return []
  if (token.kind === 'word' && token.text === 'not' && syntax.words)
    return [{ start: token.start, end: after.start, after: '' }]
  if (token.kind !== 'sign' || token.text !== '!' || endsOperand(tokenBefore(place))) return []
  return [{ start: token.start, end: after.start, after: '' }]
}

const EXITS = new Set(['return', 'break', 'continue', 'next'])

function endsStatement(place: Place): boolean {
  const after = tokenAfter(place)
  return after === undefined || after.text === ';' || after.text === '}' || after.line > place.token.line
}

function withoutExit(place: Place): readonly Edit[] {
  const { token, syntax } = place
  if (token.kind !== 'word' || !EXITS.has(token.text) || !endsStatement(place)) return []
  if (tokenBefore(place)?.text === '.' || (token.text === 'next' && syntax.name !== 'ruby')) return []
  const after = tokenAfter(place)
  const end = after?.text === ';' && syntax.nothing === ';' ? after.end : token.end
  return [{ start: token.start, end, after: syntax.nothing }]
}

/** A semicolon, or what makes the statement conditional in Ruby. */
const ENDS = new Set([';', 'if', 'unless'])

/** The tokens from `from` to the end of a statement that is written on one line; undefined when it is not. */
function statementOnLine(tokens: readonly Token[], from: number): readonly Token[] | undefined {
  const line = tokens[from]?.line
  let depth = 0
  let at = from
  for (; at < tokens.length; at++) {
    const token = tokens[at] as Token
    if (token.line !== line || (depth === 0 && ENDS.has(token.text))) break
    if (isClosing(token)) depth -= 1
    if (depth < 0) break
    if (isOpening(token)) depth += 1
    if (token.kind === 'text' && token.text.includes('\n')) return undefined
  }
  if (depth > 0 || at === from) return undefined
  const next = tokens[at]
  const goesOn =
    next !== undefined &&
    next.line !== line &&
    next.kind === 'sign' &&
    !isClosing(next) &&
    !/^[[({;@*&!]$/.test(next.text)
  const last = tokens[at - 1] as Token
  const hangs = last.kind === 'sign' && !isClosing(last)
  return goesOn || hangs ? undefined : tokens.slice(from, at)
}

function noAnswer(place: Place): readonly Edit[] {
  const { token, tokens, index, syntax } = place
  if (token.text !== 'return' || token.kind !== 'word' || syntax.noValue === undefined || endsStatement(place))
    return []
  const answer = statementOnLine(tokens, index + 1)
  if (answer === undefined || tokens[index + 1]?.line !== token.line) return []
  const [first, last] = [answer[0] as Token, answer.at(-1) as Token]
  if (answer.length === 1 && [syntax.noValue, 'null', 'None', 'nil'].includes(first.text)) return []
  return [{ start: first.start, end: last.end, after: syntax.noValue }]
}

const TALKS =
  /^(console|log|logger|logging|debug|print|println|printf|fmt|puts|echo|warn|System|assert|super|require|describe|it|test)$/

/** `x.y(…)` alone on its line. What only talks to people may stay untested. */
function withoutCall(place: Place): readonly Edit[] {
  const { tokens, index, syntax, token } = place
  if (token.kind !== 'word' || !isFirstOnLine(place) || syntax.name === 'shell') return []
  const statement = statementOnLine(tokens, index)
  const before = tokenBefore(place)
  const startsHere =
    before === undefined ||
    before.text === ';' ||
    before.text === '{' ||
    before.text === '}' ||
    before.text === ':' ||
    before.text === ')' ||
    endsLine(before)
  if (statement === undefined || !startsHere || statement.at(-1)?.text !== ')') return []
  const names = statement[0]?.text === 'await' ? statement.slice(1) : statement
  // Rust's last expression is the answer, and has another operator.
  if (syntax.lifetimes && tokens[index + statement.length]?.text !== ';') return []
  if (!isCallChain(names) || names.some((name) => name.kind === 'word' && TALKS.test(name.text.toLowerCase())))
    return []
  return [{ start: token.start, end: (statement.at(-1) as Token).end, after: syntax.nothing }]
}

const endsLine = (token: Token): boolean => token.kind !== 'sign'

/** `a.b(…)` or `a::b(…)?`: names and dots up to the first parenthesis, which the last one closes. */
function isCallChain(tokens: readonly Token[]): boolean {
  const open = tokens.findIndex((token) => token.text === '(')
  if (open < 1) return false
  const isPath = tokens
    .slice(0, open)
    .every((token, at) => (at % 2 === 0 ? token.kind === 'word' : /^(\.|\?\.|::|->)$/.test(token.text)))
  if (
    !isPath ||
    ['if', 'for', 'while', 'switch', 'catch', 'function', 'match', 'with', 'return', 'def'].includes(
      tokens[0]?.text ?? '',
    )
  )
    return false
  return (
    findOutsideBrackets(tokens, open + 1, (token) => token.text === ')' && token.kind === 'sign') === tokens.length - 1
  )
}

export const FLOW: readonly Operator[] = [
  { name: 'never', says: 'the branch is never taken', at: never },
  { name: 'negated', says: 'the condition is turned round', at: negated },
  { name: 'not', says: 'the "not" is lost', at: withoutNot },
  { name: 'exit', says: 'it goes on where it should have left', at: withoutExit },
  { name: 'answer', says: 'nothing is returned', at: noAnswer },
  { name: 'silence', says: 'the call is left out', at: withoutCall },
]
