/** search_files: which lines of which files say something. */
import { relative } from 'node:path'
import { SkeinError } from '../../std/index.ts'
import {
  LIST_DEPTH_MAX,
  PATTERN_CHARS_MAX,
  SEARCH_FILE_BYTES_MAX,
  SEARCH_LINE_CHARS_MAX,
  SEARCH_MATCHES_DEFAULT,
  SEARCH_MATCHES_MAX,
  SEARCH_MS_MAX,
  SEARCH_SHOWN_CHARS_MAX,
} from '../limits.ts'
import { flag, optional, shape, text, texts, whole } from '../definition/input-shape.ts'
import type { ShapeOf } from '../definition/input-shape.ts'
import type { LineMatch, LineMatcher } from './line-matcher.ts'
import { lineMatcher } from './line-matcher.ts'
import { realRoot, resolveInside } from './locate.ts'
import { readBytes, textOf } from './text-file.ts'
import type { Bounds, Entry } from './walk.ts'
import { walk } from './walk.ts'

/** What search_files takes. */
export const SearchInput = shape({
  pattern: text('What to look for, in one line. Literal text unless regExp is true.', PATTERN_CHARS_MAX),
  regExp: optional(flag('The pattern is a JavaScript regular expression.')),
  ignoreCase: optional(flag('Upper and lower case are the same.')),
  path: optional(text('Folder to search, relative. Default: the whole folder.')),
  endings: optional(texts('Only files whose names end so, such as [".ts", ".md"].')),
  limit: optional(whole(`How many matching lines at most. Default ${SEARCH_MATCHES_DEFAULT}.`, 1, SEARCH_MATCHES_MAX)),
})

/** A matching line; a long one is shown around its match. */
export type FoundLine = { readonly path: string; readonly line: number; readonly text: string }
/** What search_files gives; `cut` says what was not looked at or not shown. */
export type SearchResult = { readonly matches: readonly FoundLine[]; readonly files: number; readonly cut?: string }

/** Bounds of a search; `timeMsMax` is the room's own limit when absent. */
export type SearchBounds = Bounds & { readonly timeMsMax?: number }

/** Searches the text files of a folder, within bounds of time and size. */
export async function searchFiles(
  root: string,
  input: ShapeOf<typeof SearchInput>,
  bounds: SearchBounds,
): Promise<SearchResult> {
  const { pattern, regExp = false, ignoreCase = false, path = '.' } = input
  if (pattern === '' || pattern.includes('\n'))
    throw new SkeinError(
      'INPUT_INVALID',
      'the pattern is empty or has more than one line; files are searched line by line',
    )
  const rootReal = await realRoot(root)
  const start = relative(rootReal, await resolveInside(rootReal, path)) || '.'
  await using matcher = lineMatcher({ text: pattern, isRegExp: regExp, ignoreCase })
  const search = new Search(matcher, input, bounds)
  const options = { ...bounds, depthMax: LIST_DEPTH_MAX, onCut: (what: string) => void search.cuts.add(what) }
  for await (const entry of walk(rootReal, start, options)) {
    if (!(await search.lookAt(entry))) break
  }
  return search.result()
}

/** One search under way. */
class Search {
  readonly cuts = new Set<string>()
  readonly #matches: FoundLine[] = []
  readonly #matcher: LineMatcher
  readonly #endings: readonly string[] | undefined
  readonly #limit: number
  readonly #signal: AbortSignal
  readonly #timeMsMax: number
  readonly #time: AbortSignal
  #files = 0
  #large = 0
  #longLines = 0

  constructor(
    matcher: LineMatcher,
    input: ShapeOf<typeof SearchInput>,
    { signal, timeMsMax = SEARCH_MS_MAX }: SearchBounds,
  ) {
    this.#matcher = matcher
    this.#endings = input.endings
    this.#limit = input.limit ?? SEARCH_MATCHES_DEFAULT
    this.#signal = signal
    this.#timeMsMax = timeMsMax
    this.#time = AbortSignal.timeout(timeMsMax)
  }

  /** False when the search is over. */
  async lookAt(entry: Entry): Promise<boolean> {
    if (entry.kind !== 'file' || !(this.#endings?.some((ending) => entry.name.endsWith(ending)) ?? true)) return true
    const content = await this.#textOf(entry)
    if (content === undefined) return true
    this.#files++
    try {
      this.#time.throwIfAborted()
      const { found, longLines } = await this.#matcher.match(
        content,
        this.#limit - this.#matches.length + 1,
        AbortSignal.any([this.#signal, this.#time]),
      )
      this.#longLines += longLines
      for (const match of found) this.#matches.push({ path: entry.path, line: match.line, text: shown(match) })
    } catch (error) {
      this.#signal.throwIfAborted()
      if (!this.#time.aborted) throw error
      this.cuts.add(`stopped after ${this.#timeMsMax} ms, in ${entry.path}; narrow the path, or simplify the pattern`)
      return false
    }
    if (this.#matches.length <= this.#limit) return true
    this.#matches.length = this.#limit
    this.cuts.add(`only the first ${this.#limit} matching lines are shown; narrow the pattern or the path`)
    return false
  }

  /** Undefined for what cannot be searched: binary, too large, gone since it was listed. */
  async #textOf(entry: Entry): Promise<string | undefined> {
    try {
      const { bytes } = await readBytes({ folder: entry.folder, name: entry.name }, entry.path, SEARCH_FILE_BYTES_MAX)
      return textOf(bytes, entry.path)
    } catch (error) {
      if (SkeinError.isInstance(error) && error.code === 'FILE_TOO_LARGE') this.#large++
      return undefined
    }
  }

  result(): SearchResult {
    if (this.#large > 0) this.cuts.add(`${this.#large} file(s) over ${SEARCH_FILE_BYTES_MAX} bytes were not searched`)
    if (this.#longLines > 0)
      this.cuts.add(`${this.#longLines} line(s) were searched only in their first ${SEARCH_LINE_CHARS_MAX} characters`)
    return {
      matches: this.#matches,
      files: this.#files,
      ...(this.cuts.size === 0 ? {} : { cut: [...this.cuts].join('; ') }),
    }
  }
}

function shown({ text: line, at }: LineMatch): string {
  if (line.length <= SEARCH_SHOWN_CHARS_MAX) return line
  const from = Math.max(0, Math.min(at - SEARCH_SHOWN_CHARS_MAX / 4, line.length - SEARCH_SHOWN_CHARS_MAX))
  const until = from + SEARCH_SHOWN_CHARS_MAX
  return `${from > 0 ? '…' : ''}${line.slice(from, until)}${until < line.length ? '…' : ''}`
}
