/** The nearest of some words, for "did you mean". */
import { SUGGESTION_EDITS_MAX } from '../limits.ts'

/** The word with the fewest edits to `typed`, if few enough that it is likely what was meant. */
export function nearest(typed: string, words: Iterable<string>): string | undefined {
  let best: string | undefined
  let bestEdits = Math.min(SUGGESTION_EDITS_MAX, Math.ceil(typed.length / 2)) + 1
  for (const word of words) {
    const distance = edits(typed, word)
    if (distance < bestEdits) [best, bestEdits] = [word, distance]
  }
  return best
}

/** ` Did you mean "x"?`, or nothing. */
export function suggestion(typed: string, words: Iterable<string>): string {
  const found = nearest(typed, words)
  return found === undefined ? '' : ` Did you mean ${found}?`
}

/** Levenshtein's distance, row by row. */
function edits(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const substitute = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(substitute, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}
