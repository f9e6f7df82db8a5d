/**
 * Finds lines that match.
 *
 * A regular expression can take for ever on a short line, and nothing stops it on the thread it runs on;
 * so it runs on a thread of its own, which is ended when its time is over. A literal is searched in place.
 */
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { SkeinError } from '../../std/index.ts'
import { PATTERN_HEAP_MIB_MAX, SEARCH_LINE_CHARS_MAX } from '../limits.ts'

/** A line that matches: its number from 1, and where in it. */
export type LineMatch = { readonly line: number; readonly at: number; readonly text: string }
/** What a text gave. `longLines` were looked at only at their beginning. */
export type TextMatches = { readonly found: readonly LineMatch[]; readonly longLines: number }

/** Looks through texts, one after the other. */
export interface LineMatcher extends AsyncDisposable {
  /** At most `limit` matching lines. Rejects when `signal` says so, and is of no use afterwards. */
  match(text: string, limit: number, signal: AbortSignal): Promise<TextMatches>
}

/** What is looked for. */
export type Pattern = { readonly text: string; readonly isRegExp: boolean; readonly ignoreCase: boolean }

/** Throws `INPUT_INVALID` for an expression that is none. */
export function lineMatcher(pattern: Pattern): LineMatcher {
  return pattern.isRegExp ? regExpMatcher(pattern) : literalMatcher(pattern)
}

function literalMatcher({ text: needle, ignoreCase }: Pattern): LineMatcher {
  const fold = (text: string): string => (ignoreCase ? text.toLowerCase() : text)
  const folded = fold(needle)
  return {
    match: async (text, limit) => {
      const found: LineMatch[] = []
      const lines = text.split('\n')
      for (let i = 0; i < lines.length && found.length < limit; i++) {
        const line = lines[i] ?? ''
        const at = fold(line).indexOf(folded)
        if (at >= 0) found.push({ line: i + 1, at, text: line })
      }
      return { found, longLines: 0 }
    },
    [Symbol.asyncDispose]: async () => undefined,
  }
}

/** Plain text, because it must run whether this file was compiled or not. */
const THREAD = `
const { parentPort, workerData } = require('node:worker_threads')
const { expression, lineCharsMax } = workerData
parentPort.on('message', ({ text, limit }) => {
  const found = []
  let longLines = 0
  const lines = text.split('\\n')
  for (let i = 0; i < lines.length && found.length < limit; i++) {
    const isLong = lines[i].length > lineCharsMax
    if (isLong) longLines++
    const match = expression.exec(isLong ? lines[i].slice(0, lineCharsMax) : lines[i])
    if (match !== null) found.push({ line: i + 1, at: match.index, text: lines[i] })
  }
  parentPort.postMessage({ found, longLines })
})
`

function regExpMatcher(pattern: Pattern): LineMatcher {
  const thread = new Worker(THREAD, {
    eval: true,
    workerData: { expression: expressionOf(pattern), lineCharsMax: SEARCH_LINE_CHARS_MAX },
    resourceLimits: { maxOldGenerationSizeMb: PATTERN_HEAP_MIB_MAX },
    env: {},
    execArgv: [],
  })
  // Its failure reaches `match` by `once`; between two matches nobody listens.
  thread.on('error', () => undefined)
  return {
    match: async (text, limit, signal) => {
      const answer = once(thread, 'message', { signal })
      thread.postMessage({ text, limit }, [])
      const [matches] = (await answer) as [TextMatches]
      return matches
    },
    [Symbol.asyncDispose]: async () => void (await thread.terminate()),
  }
}

function expressionOf({ text: source, ignoreCase }: Pattern): RegExp {
  try {
    return new RegExp(source, ignoreCase ? 'i' : '')
  } catch (cause) {
    throw new SkeinError(
      'INPUT_INVALID',
      `the pattern is no regular expression (${(cause as Error).message}); mend it, or search for it literally`,
      { cause },
    )
  }
}
