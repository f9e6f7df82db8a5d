/**
 * Patches of a text: one exact replacement, or the hunks of a unified diff. Pure.
 *
 * A patch can be taken back: `sources` names every text it may have been applied to. Together with the hash
 * of that text this proves, after a crash, whether the patch was applied.
 */
import { SkeinError } from '../../std/index.ts'
import { linesOf } from './text-file.ts'

/** A change to a text. */
export type Patch =
  | { readonly kind: 'replace'; readonly find: string; readonly replacement: string }
  | { readonly kind: 'hunks'; readonly hunks: readonly Hunk[] }

/** Lines to be replaced, with their line ends; positions are hints, counted from 0. */
export type Hunk = {
  readonly oldAt: number
  readonly newAt: number
  readonly oldLines: readonly string[]
  readonly newLines: readonly string[]
}

/** The patched text. Throws `PATCH_REJECTED` when the patch does not fit in exactly one way. */
export function applyPatch(patch: Patch, text: string): string {
  return patch.kind === 'replace' ? replaceOnce(text, patch.find, patch.replacement) : applyHunks(patch.hunks, text)
}

/** Texts that the patch may have made `text` of, the likeliest first; not all of them need to be right. */
export function* sources(patch: Patch, text: string): Generator<string> {
  if (patch.kind === 'hunks') {
    const back = patch.hunks.map((hunk) => ({
      oldAt: hunk.newAt,
      newAt: hunk.oldAt,
      oldLines: hunk.newLines,
      newLines: hunk.oldLines,
    }))
    try {
      yield applyHunks(back, text)
    } catch {
      // It does not fit backwards, so it was not applied.
    }
    return
  }
  const { find, replacement } = patch
  for (let at = text.indexOf(replacement); at >= 0; at = at < text.length ? text.indexOf(replacement, at + 1) : -1) {
    yield text.slice(0, at) + find + text.slice(at + replacement.length)
  }
}

function replaceOnce(text: string, find: string, replacement: string): string {
  const at = text.indexOf(find)
  if (at < 0)
    throw rejected(
      'the text to find is not in the file; read the file again and copy it exactly, spaces and line ends included',
    )
  if (text.includes(find, at + 1))
    throw rejected('the text to find is in the file more than once; add lines around it until it is there once')
  return text.slice(0, at) + replacement + text.slice(at + find.length)
}

function applyHunks(hunks: readonly Hunk[], text: string): string {
  const lines = linesOf(text)
  const out: string[] = []
  let from = 0
  let drift = 0
  for (const [i, hunk] of hunks.entries()) {
    const at = placeOfHunk(hunk, lines, from, hunk.oldAt + drift, i + 1)
    out.push(...lines.slice(from, at), ...hunk.newLines)
    from = at + hunk.oldLines.length
    drift = at - hunk.oldAt
  }
  out.push(...lines.slice(from))
  return out.join('')
}

/** Where it says, or else the only other place where it fits. */
function placeOfHunk(hunk: Hunk, lines: readonly string[], from: number, hint: number, n: number): number {
  const fits = (at: number): boolean =>
    at >= from && at + hunk.oldLines.length <= lines.length && hunk.oldLines.every((line, i) => lines[at + i] === line)
  if (fits(hint)) return hint
  if (hunk.oldLines.length === 0)
    throw rejected(`hunk ${n} adds lines after line ${hint}, which the file does not have; give it lines of context`)
  const places: number[] = []
  for (let at = from; at + hunk.oldLines.length <= lines.length && places.length < 2; at++)
    if (fits(at)) places.push(at)
  const [only, other] = places
  if (only !== undefined && other === undefined) return only
  const first = JSON.stringify((hunk.oldLines[0] ?? '').slice(0, 100))
  const what = only === undefined ? 'is not in the file' : 'is in the file more than once'
  throw rejected(`hunk ${n}: the text it replaces, which begins ${first}, ${what}; copy its lines exactly as they are`)
}

/** The hunks of a unified diff of one file. Throws `PATCH_REJECTED`. */
export function parseDiff(diff: string): readonly Hunk[] {
  const lines = diff.split('\n')
  if (lines.at(-1) === '') lines.pop()
  const hunks: Hunk[] = []
  let at = lines.findIndex((line) => line.startsWith('@@'))
  if (at < 0)
    throw rejected('the diff has no hunk; write one that begins with @@ -1,2 +1,2 @@, or use find and replacement')
  while (at < lines.length) {
    const header = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/.exec(lines[at] ?? '')
    if (header === null)
      throw rejected(
        `"${lines[at]}" is neither a line nor the head of a hunk, such as @@ -1,2 +1,2 @@; patch one file at a time`,
      )
    let end = at + 1
    while (end < lines.length && isHunkLine(lines, end)) end++
    hunks.push(hunkOf(header, lines.slice(at + 1, end)))
    at = end
  }
  return hunks
}

/** Models write an empty context line as an empty line. The head of a next file is no hunk line. */
function isHunkLine(lines: readonly string[], at: number): boolean {
  const line = lines[at] ?? ''
  if (line.startsWith('--- ') && lines[at + 1]?.startsWith('+++ ') === true) return false
  return line === '' || /^[ +\-\\]/.test(line)
}

function hunkOf(header: RegExpExecArray, body: readonly string[]): Hunk {
  const [, oldStart, oldCount = '1', newStart, newCount = '1'] = header
  const oldLines: string[] = []
  const newLines: string[] = []
  let mark = ' '
  for (const line of withoutBlankTail(body, Number(oldCount))) {
    if (line.startsWith('\\')) {
      // "No newline at end of file": the line before it has no end.
      if (mark !== '+') oldLines.push(withoutEnd(oldLines.pop()))
      if (mark !== '-') newLines.push(withoutEnd(newLines.pop()))
      continue
    }
    mark = line[0] ?? ' '
    if (mark !== '+') oldLines.push(`${line.slice(1)}\n`)
    if (mark !== '-') newLines.push(`${line.slice(1)}\n`)
  }
  // A count of 0 means "after this line", so the line number is the index already.
  return {
    oldAt: Number(oldStart) - (oldCount === '0' ? 0 : 1),
    newAt: Number(newStart) - (newCount === '0' ? 0 : 1),
    oldLines,
    newLines,
  }
}

/** Empty lines after a hunk are the end of the message, unless the head counts them. */
function withoutBlankTail(body: readonly string[], oldCount: number): readonly string[] {
  let olds = body.filter((line) => !/^[+\\]/.test(line)).length
  let end = body.length
  while (end > 0 && body[end - 1] === '' && olds > oldCount) {
    end--
    olds--
  }
  return body.slice(0, end)
}

function withoutEnd(line = ''): string {
  return line.replace(/\n$/, '')
}

function rejected(why: string): SkeinError {
  return new SkeinError('PATCH_REJECTED', why)
}
