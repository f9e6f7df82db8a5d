/** What the scanner and the operators must know of a language: no more than where code is, and how it says a few things. */
import { basename, extname } from 'node:path'

export type Quote = {
  readonly open: string
  readonly close: string
  /** Goes on over line ends. */
  readonly multiline: boolean
  /** A backslash hides the next character. */
  readonly escapes: boolean
  /** Code inside the text, from this to the matching `}`. */
  readonly code?: string
}

export type Syntax = {
  readonly name: string
  readonly lineComments: readonly string[]
  readonly blockComments: readonly (readonly [open: string, close: string])[]
  readonly quotes: readonly Quote[]
  readonly regexes: boolean
  /** Single quotes are names (`'a`) unless they close after one character. */
  readonly lifetimes: boolean
  readonly heredocs: boolean
  /** `<` and `>` compare; in a shell they redirect. */
  readonly angles: boolean
  /** How an `if` ends its condition. */
  readonly condition: 'parens' | 'colon' | 'brace' | 'line' | 'none'
  readonly not: string
  readonly never: string
  /** A statement that does nothing. */
  readonly nothing: string
  /** What a function without an answer returns; absent where types would refuse it. */
  readonly noValue?: string
  readonly words: boolean
}

const quote = (mark: string, multiline: boolean, escapes = true): Quote => ({
  open: mark,
  close: mark,
  multiline,
  escapes,
})
const DOUBLE = quote('"', false)
const SINGLE = quote("'", false)
const TRIPLE = quote('"""', true)

const C: Syntax = {
  name: 'c',
  lineComments: ['//'],
  blockComments: [['/*', '*/']],
  quotes: [DOUBLE, SINGLE],
  regexes: false,
  lifetimes: false,
  heredocs: false,
  angles: true,
  condition: 'parens',
  not: '!',
  never: 'false',
  nothing: ';',
  words: false,
}
const JAVASCRIPT: Syntax = {
  ...C,
  name: 'javascript',
  quotes: [DOUBLE, SINGLE, { ...quote('`', true), code: '${' }],
  regexes: true,
  noValue: 'undefined',
}
const BRACED: Syntax = { ...C, condition: 'brace', nothing: '{}' }
const PYTHON: Syntax = {
  ...C,
  name: 'python',
  lineComments: ['#'],
  blockComments: [],
  quotes: [TRIPLE, quote("'''", true), DOUBLE, SINGLE],
  condition: 'colon',
  not: 'not ',
  never: 'False',
  nothing: 'pass',
  noValue: 'None',
  words: true,
}
const RUBY: Syntax = {
  ...C,
  name: 'ruby',
  lineComments: ['#'],
  blockComments: [['\n=begin', '\n=end']],
  quotes: [{ ...quote('"', true), code: '#{' }, quote("'", true)],
  regexes: true,
  heredocs: true,
  condition: 'line',
  nothing: 'nil',
  noValue: 'nil',
  words: true,
}
const SHELL: Syntax = {
  ...C,
  name: 'shell',
  lineComments: ['#'],
  blockComments: [],
  quotes: [quote('"', true), quote("'", true, false)],
  heredocs: true,
  angles: false,
  condition: 'none',
  not: '! ',
  nothing: ':',
}

const SYNTAXES: Readonly<Record<string, Syntax>> = {
  '.js .mjs .cjs .jsx': JAVASCRIPT,
  '.ts .mts .cts .tsx': { ...JAVASCRIPT, name: 'typescript' },
  '.c .h .cc .cpp .cxx .hpp .hh': { ...C, never: '0' },
  '.java': { ...C, name: 'java', quotes: [TRIPLE, DOUBLE, SINGLE] },
  '.cs': {
    ...C,
    name: 'csharp',
    quotes: [TRIPLE, { ...quote('"', true), open: '@"', escapes: false }, DOUBLE, SINGLE],
  },
  '.kt .kts .scala': { ...C, name: 'kotlin', quotes: [TRIPLE, DOUBLE, SINGLE] },
  '.dart': { ...C, name: 'dart', quotes: [TRIPLE, quote("'''", true), DOUBLE, SINGLE] },
  '.swift': { ...BRACED, name: 'swift', quotes: [TRIPLE, DOUBLE] },
  '.go': { ...BRACED, name: 'go', quotes: [quote('`', true, false), DOUBLE, SINGLE] },
  '.rs': { ...BRACED, name: 'rust', quotes: [{ ...DOUBLE, multiline: true }], lifetimes: true },
  '.py': PYTHON,
  '.rb': RUBY,
  '.sh .bash': SHELL,
}

const BY_EXTENSION = new Map<string, Syntax>()
for (const [extensions, syntax] of Object.entries(SYNTAXES)) {
  for (const extension of extensions.split(' ')) BY_EXTENSION.set(extension, syntax)
}

/** The syntax of a file by its name; undefined when it is not source code that we read. */
export function syntaxOf(file: string): Syntax | undefined {
  return BY_EXTENSION.get(extname(basename(file)).toLowerCase())
}
