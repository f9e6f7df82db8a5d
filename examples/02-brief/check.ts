/** Reads every citation again, through the gate: what a model says about a file counts for nothing. */
import { SkeinError } from 'skein'
import type { Ctx } from 'skein'
import type { ReadingTools } from 'skein/tools'
import { isQuoted, placeOf, shapeFault } from './citations.ts'
import type { Claim, Wrong } from './citations.ts'

/** A claim whose quote was found where it said, and the hash of the file it was found in. */
export type Checked = { readonly claim: Claim; readonly hash: string }

/** The claim with its proof, or why it has none. */
export async function check(ctx: Ctx, claim: Claim, { read_file: read }: ReadingTools): Promise<Checked | Wrong> {
  const fault = shapeFault(claim)
  if (fault !== undefined) return { claim, why: fault }
  const { path, fromLine, toLine, quote } = claim
  try {
    const { text, hash } = await ctx.tool(read, { path, fromLine, toLine })
    if (isQuoted(text, quote)) return { claim, hash }
    const whole = await ctx.tool(read, { path })
    const place = placeOf(whole.text.split('\n'), quote)
    const hint = place === undefined ? 'nor anywhere else in it' : `but in lines ${place.from} to ${place.to}`
    return { claim, why: `the quote is not in lines ${fromLine} to ${toLine} of ${path}, ${hint}` }
  } catch (error) {
    if (!isAnswer(error)) throw error
    return { claim, why: error.message }
  }
}

/** An error of what was asked, with which one can go on; a cancel is none. */
export function isAnswer(error: unknown): error is SkeinError {
  return SkeinError.isInstance(error) && error.code !== 'CANCELLED'
}
