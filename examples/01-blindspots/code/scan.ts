/**
 * The scanner: where the code is in a file of almost any language.
 *
 * 1. Comments, here-documents and the spaces between things are no tokens.
 * 2. Tokens do not overlap, come in order, and `source.slice(start, end)` is `text`.
 * 3. It never fails: what it cannot read (an open string, a stray quote) ends at the end of the line or of the file.
 */
import type { Quote, Syntax } from './syntax.ts'

export type Token = {
  readonly kind: 'word' | 'number' | 'sign' | 'text' | 'regex'
  readonly text: string
  readonly start: number
  readonly end: number
  /** Line of `start`, from 1. */
  readonly line: number
  /** A blank or a line end stands right before it. */
  readonly spaced: boolean
}

const SIGNS = (
  '>>>= ... === !== **= <<= >>= >>> &&= ||= ??= <=> ..= => -> :: == != <= >= && || ?? ?. ++ -- += -= *= /= %= &= ' +
  '|= ^= << >> ** // := =~ !~ .. <-'
).split(' ')
const WORD = /[\p{L}_$@][\p{L}\p{N}_$]*[?!]?/uy
const NUMBER = /0[xXbBoO][\da-fA-F_]+\w*|\d[\d_]*(?:\.\d[\d_]*)?(?:[eE][+-]?\d+)?\w*/y
const LIFETIME = /'(?:\\(?:u\{[^}]*\}|.)|[^\\'\n])'/uy
const HEREDOC = /<<[-~]?(['"]?)([A-Za-z_]\w*)\1/y
const REGEX = /\/(?![*/\s])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+\/\w*/y
const RAW_RUST = /b?r(#*)"/y
const BEFORE_REGEX = new Set(
  'return typeof case in of delete void throw do else yield await and or not if unless when while until'.split(' '),
)

/** All tokens of a source text. */
export function scan(source: string, syntax: Syntax): readonly Token[] {
  return new Scanner(source, syntax).all()
}

class Scanner {
  readonly #source: string
  readonly #syntax: Syntax
  readonly #tokens: Token[] = []
  #at = 0
  #line = 1
  #spaced = true
  /** Here-documents that begin on the next line, by their end marks. */
  #pending: string[] = []

  constructor(source: string, syntax: Syntax) {
    this.#source = source
    this.#syntax = syntax
  }

  all(): readonly Token[] {
    if (this.#source.startsWith('#!')) this.#skipTo(this.#lineEnd())
    this.#code(undefined)
    return this.#tokens
  }

  /** Reads code up to the end, or up to the `}` that closes a piece of code inside a text. */
  #code(until: '}' | undefined): void {
    let depth = 0
    while (this.#at < this.#source.length) {
      const char = this.#source[this.#at] as string
      if (this.#space(char) || this.#comment()) continue
      if (until !== undefined && char === '}' && depth === 0) return
      if (char === '{') depth += 1
      if (char === '}') depth -= 1
      if (!this.#heredoc() && !this.#text() && !this.#regex()) this.#plain()
    }
  }

  #space(char: string): boolean {
    if (char !== ' ' && char !== '\n' && char !== '\t' && char !== '\r') return false
    this.#skipTo(this.#at + 1)
    if (char === '\n') this.#skipHeredocs()
    return true
  }

  #comment(): boolean {
    const { lineComments, blockComments } = this.#syntax
    for (const mark of lineComments) {
      // In a shell, `#` inside a word is no comment (`$#`, `a#b`).
      if (!this.#sees(mark) || (mark === '#' && !this.#spaced && this.#syntax.name === 'shell')) continue
      this.#skipTo(this.#lineEnd())
      return true
    }
    for (const [open, close] of blockComments) {
      const from = open.startsWith('\n') ? this.#at - 1 : this.#at
      if (!this.#source.startsWith(open, from)) continue
      const end = this.#source.indexOf(close, from + open.length)
      this.#skipTo(end < 0 ? this.#source.length : end + close.length)
      return true
    }
    return false
  }

  #heredoc(): boolean {
    if (!this.#syntax.heredocs || !this.#sees('<<')) return false
    const match = this.#match(HEREDOC)
    // Ruby's `list << item` is no here-document; its marks are written in capitals.
    if (match === undefined || !/^[A-Z]/.test(match[2] as string)) return false
    this.#pending.push(match[2] as string)
    this.#take('text', this.#at + match[0].length)
    return true
  }

  #skipHeredocs(): void {
    for (const mark of this.#pending) {
      const end = new RegExp(`^[\\t ]*${mark}\\s*$`, 'm')
      const found = end.exec(this.#source.slice(this.#at))
      this.#skipTo(found === null ? this.#source.length : this.#at + found.index + found[0].length)
    }
    this.#pending = []
  }

  #text(): boolean {
    if (this.#syntax.lifetimes) {
      const raw = this.#match(RAW_RUST)
      if (raw !== undefined && !this.#afterWord()) {
        const close = this.#source.indexOf(`"${raw[1]}`, this.#at + raw[0].length)
        this.#take('text', close < 0 ? this.#source.length : close + 1 + (raw[1] as string).length)
        return true
      }
      const char = this.#match(LIFETIME)
      if (char !== undefined) this.#take('text', this.#at + char[0].length)
      if (char !== undefined) return true
    }
    const quote = this.#syntax.quotes.find((candidate) => this.#sees(candidate.open))
    if (quote !== undefined) this.#quoted(quote)
    return quote !== undefined
  }

  /** A text; the code inside it gives tokens of its own, between the pieces of the text. */
  #quoted(quote: Quote): void {
    let at = this.#at + quote.open.length
    for (;;) {
      if (at >= this.#source.length || (!quote.multiline && this.#source[at] === '\n')) return this.#take('text', at)
      if (this.#source.startsWith(quote.close, at)) return this.#take('text', at + quote.close.length)
      if (quote.code !== undefined && this.#source.startsWith(quote.code, at)) {
        this.#take('text', at + quote.code.length)
        this.#code('}')
        at = this.#at
      } else at += quote.escapes && this.#source[at] === '\\' ? 2 : 1
    }
  }

  #regex(): boolean {
    if (!this.#syntax.regexes || !this.#sees('/')) return false
    const before = this.#tokens.at(-1)
    if (before !== undefined) {
      const operand = before.kind !== 'sign' || before.text === ')' || before.text === ']' || before.text === '}'
      if (operand && !(before.kind === 'word' && BEFORE_REGEX.has(before.text))) return false
    }
    const match = this.#match(REGEX)
    if (match !== undefined) this.#take('regex', this.#at + match[0].length)
    return match !== undefined
  }

  #plain(): void {
    const number = this.#match(NUMBER)
    if (number !== undefined) return this.#take('number', this.#at + number[0].length)
    const word = this.#match(WORD)
    if (word !== undefined) return this.#take('word', this.#at + this.#wordLength(word[0]))
    const sign = SIGNS.find((candidate) => this.#sees(candidate) && (candidate !== '//' || !this.#syntax.regexes))
    this.#take('sign', this.#at + (sign?.length ?? 1))
  }

  /** `empty?` and `save!` are names in Ruby; elsewhere the mark is a sign of its own. */
  #wordLength(word: string): number {
    const marked = word.endsWith('?') || word.endsWith('!')
    return marked && (this.#syntax.name !== 'ruby' || this.#source[this.#at + word.length] === '=')
      ? word.length - 1
      : word.length
  }

  #afterWord(): boolean {
    return !this.#spaced && this.#tokens.at(-1)?.kind === 'word'
  }

  #take(kind: Token['kind'], end: number): void {
    const until = Math.min(end, this.#source.length)
    const text = this.#source.slice(this.#at, until)
    if (text !== '')
      this.#tokens.push({ kind, text, start: this.#at, end: until, line: this.#line, spaced: this.#spaced })
    this.#skipTo(until)
    this.#spaced = false
  }

  #skipTo(end: number): void {
    for (let at = this.#at; at < end; at++) if (this.#source[at] === '\n') this.#line += 1
    this.#at = end
    this.#spaced = true
  }

  #lineEnd(): number {
    const end = this.#source.indexOf('\n', this.#at)
    return end < 0 ? this.#source.length : end
  }

  #sees(text: string): boolean {
    return this.#source.startsWith(text, this.#at)
  }

  #match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at
    return pattern.exec(this.#source) ?? undefined
  }
}
