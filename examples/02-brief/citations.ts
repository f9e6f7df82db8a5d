/** Claims with their citations, and the check that code makes of them: the quote must stand in the lines that are named. Pure. */
import { z } from 'zod'
import { QUOTE_CHARS_MIN, RANGE_LINES_MAX } from './limits.ts'

/** One thing that a document says. */
export const Claim = z.object({
  text: z.string().describe('One sentence that answers a part of the question.'),
  path: z.string().describe('The document, as it was named to you.'),
  fromLine: z.int().describe('First line of the quote, counted from 1.'),
  toLine: z.int().describe('Last line of the quote.'),
  quote: z.string().describe('Copied from these lines, word for word.'),
})
export type Claim = z.infer<typeof Claim>

/** A claim whose citation is wrong, as the model gets it back. */
export type Wrong = { readonly claim: Claim; readonly why: string }

/** What is wrong with a citation before anything is read. */
export function shapeFault({ fromLine, toLine, quote }: Claim): string | undefined {
  const chars = folded(quote).length
  if (chars < QUOTE_CHARS_MIN) return `the quote has ${chars} characters; quote at least ${QUOTE_CHARS_MIN}`
  if (fromLine < 1 || toLine < fromLine) return `lines ${fromLine} to ${toLine} are no range; lines count from 1`
  if (toLine - fromLine >= RANGE_LINES_MAX)
    return `more than ${RANGE_LINES_MAX} lines; name the lines of the quote only`
  return undefined
}

/** True when the quote stands in the text; line ends and runs of blanks are the same. */
export function isQuoted(text: string, quote: string): boolean {
  return folded(text).includes(folded(quote))
}

/** The lines that hold the quote, for whoever named the wrong ones. */
export function placeOf(
  lines: readonly string[],
  quote: string,
): { readonly from: number; readonly to: number } | undefined {
  for (let from = 1; from <= lines.length; from++) {
    for (let to = from; to <= Math.min(lines.length, from + RANGE_LINES_MAX - 1); to++) {
      if (!isQuoted(lines.slice(from - 1, to).join('\n'), quote)) continue
      // The latest beginning that still holds it is where it begins.
      let at = from
      while (at < to && isQuoted(lines.slice(at, to).join('\n'), quote)) at++
      return { from: at, to }
    }
  }
  return undefined
}

/** Claims that say something new; of equal ones the first. */
export function distinct(claims: readonly Claim[]): readonly Claim[] {
  return [...Map.groupBy(claims, (claim) => folded(claim.text)).values()].flatMap((equal) => equal.slice(0, 1))
}

/** Numbers in a sentence's marks, such as `[1]` or `[2, 3]`. */
export function marksOf(sentence: string): readonly number[] {
  return [...sentence.matchAll(/\[(\d+(?:\s*,\s*\d+)*)\]/g)].flatMap(([, list = '']) => list.split(',').map(Number))
}

/** What is wrong with a sentence of the answer, when `count` claims were checked. */
export function sentenceFault(sentence: string, count: number): string | undefined {
  const marks = marksOf(sentence)
  if (marks.length === 0) return 'it cites no statement; put the number of one behind it, such as [1]'
  const unknown = marks.filter((mark) => mark < 1 || mark > count)
  return unknown.length === 0 ? undefined : `there is no statement ${unknown.map((mark) => `[${mark}]`).join(', ')}`
}

function folded(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim()
}
