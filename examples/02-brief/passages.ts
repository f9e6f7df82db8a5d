/** From search results to what each reader is shown. Pure. */
import type { SearchResult } from 'skein/tools'
import { DOCUMENTS_MAX, PASSAGES_MAX, TERM_CHARS_MIN, TERMS_MAX } from './limits.ts'

/** A line that a search found. */
export type Passage = {
  readonly text: string
  readonly path: string
  readonly fromLine: number
  readonly toLine: number
}

/** A document and the lines in it that look promising. */
export type Found = { readonly path: string; readonly passages: readonly Passage[] }

const EMPTY_WORDS = new Set(
  (
    'about after also been before could does from have into that their them then there these they this what when where ' +
    'which will with would your'
  ).split(' '),
)

/** What is searched for: the words of the question, and what a model adds. */
export function termsOf(question: string, added: readonly string[]): readonly string[] {
  const words = question
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word.length >= TERM_CHARS_MIN && !EMPTY_WORDS.has(word))
  const more = added.map((term) => term.trim().toLowerCase()).filter((term) => term.length > 1 && !term.includes('\n'))
  return [...new Set([...words, ...more])].slice(0, TERMS_MAX)
}

/** Documents with the lines that match most terms first; a term that matches everywhere weighs little. */
export function ranked(results: readonly SearchResult[]): readonly Found[] {
  const weights = new Map<string, { readonly passage: Passage; weight: number }>()
  for (const { matches } of results) {
    for (const { path, line, text } of matches) {
      const key = `${path}:${line}`
      const known = weights.get(key) ?? { passage: { text, path, fromLine: line, toLine: line }, weight: 0 }
      known.weight += 1 / matches.length
      weights.set(key, known)
    }
  }
  const byPath = Map.groupBy(weights.values(), ({ passage }) => passage.path)
  const sum = (found: readonly { readonly weight: number }[]): number =>
    found.reduce((all, { weight }) => all + weight, 0)
  return [...byPath]
    .toSorted(([a, found], [b, other]) => sum(other) - sum(found) || (a < b ? -1 : 1))
    .slice(0, DOCUMENTS_MAX)
    .map(([path, found]) => ({
      path,
      passages: found
        .toSorted((a, b) => b.weight - a.weight || a.passage.fromLine - b.passage.fromLine)
        .slice(0, PASSAGES_MAX)
        .map(({ passage }) => passage),
    }))
}
