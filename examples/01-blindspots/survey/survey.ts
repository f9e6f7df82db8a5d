/** The survey: which files hold code, which hold tests, and how many changes could be tried. */
import { lstat, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { hashOf, proposalsFor } from '../code/propose.ts'
import { LINE_LENGTH_MAX, SOURCE_BYTES_MAX, SOURCES_MAX } from '../limits.ts'
import { isSource, isTest } from './kinds.ts'

/** Files that were passed over, by reason. */
export type Skipped = {
  readonly binary: number
  readonly huge: number
  readonly unreadable: number
  readonly generated: number
  readonly beyondLimit: number
}

export type Survey = {
  /** Files with something to try, in the order of their turns. */
  readonly sources: readonly { readonly file: string; readonly proposals: number }[]
  readonly tests: number
  readonly skipped: Skipped
}

type Look = { readonly text: string } | { readonly skip: Exclude<keyof Skipped, 'beyondLimit'> }

/** Looks at the files of a folder. `only` narrows the sources to some paths. */
export async function survey(folder: string, files: readonly string[], only: readonly string[]): Promise<Survey> {
  const skipped = { binary: 0, huge: 0, unreadable: 0, generated: 0, beyondLimit: 0 }
  const candidates = files.filter((file) => isSource(file, only)).toSorted((a, b) => (hashOf(a) < hashOf(b) ? -1 : 1))
  skipped.beyondLimit = Math.max(0, candidates.length - SOURCES_MAX)
  const sources: { file: string; proposals: number }[] = []
  for (const file of candidates.slice(0, SOURCES_MAX)) {
    const look = await lookAt(join(folder, file))
    if ('skip' in look) skipped[look.skip] += 1
    else {
      const proposals = proposalsFor(file, look.text).length
      if (proposals > 0) sources.push({ file, proposals })
    }
  }
  return { sources, tests: files.filter(isTest).length, skipped }
}

async function lookAt(path: string): Promise<Look> {
  try {
    const about = await lstat(path)
    // What a link points to may lie outside, where nothing must be changed.
    if (!about.isFile()) return { skip: 'unreadable' }
    if (about.size > SOURCE_BYTES_MAX) return { skip: 'huge' }
    const bytes = await readFile(path)
    if (bytes.includes(0)) return { skip: 'binary' }
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return isGenerated(text) ? { skip: 'generated' } : { text }
  } catch (error) {
    return { skip: error instanceof TypeError ? 'binary' : 'unreadable' }
  }
}

function isGenerated(text: string): boolean {
  const head = text.slice(0, 1_000)
  return /@generated\b|\bDO NOT EDIT\b/.test(head) || text.split('\n').some((line) => line.length > LINE_LENGTH_MAX)
}

/** What was passed over, in words; empty when nothing was. */
export function shownSkipped(skipped: Skipped): string {
  const parts = [
    [skipped.binary, 'not text'],
    [skipped.huge, `larger than ${SOURCE_BYTES_MAX / 1024} KB`],
    [skipped.unreadable, 'unreadable'],
    [skipped.generated, 'generated'],
    [skipped.beyondLimit, `beyond the ${SOURCES_MAX} files of one run`],
  ] as const
  return parts
    .filter(([count]) => count > 0)
    .map(([count, why]) => `${count} ${why}`)
    .join(', ')
}
