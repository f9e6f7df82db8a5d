/**
 * The copy that blind spots are looked for in. All verdicts of a run are about one code, whatever happens to the folder
 * meanwhile: a run goes on with its copy until somebody asks for another.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { baseOf, freeze } from '../../examples/01-blindspots/scratch/base.ts'
import { listFolder } from '../../examples/01-blindspots/survey/files.ts'

/** A copy, and the commit that it was made of; `+` where the folder held more than that. */
export type FrozenCode = {
  readonly scratch: string
  readonly base: string
  readonly fingerprint: string
  readonly commit: string
}

/** Their tests say nothing about kernel and engine. */
const NOT_JUDGED = [':!test/blindspots', ':!test/planted']

/** Where the verdicts lie. */
export const trialsOf = (scratch: string): string => join(scratch, 'trials.jsonl')

/** The copy of a run; made of the folder when there is none, or when it is to begin anew. */
export async function freezeOnce(folder: string, scratch: string, anew: boolean): Promise<FrozenCode> {
  const [code, mark] = [join(scratch, 'code'), join(scratch, 'commit')]
  if (anew) rmSync(scratch, { recursive: true, force: true })
  mkdirSync(scratch, { recursive: true })
  const commit = readOr(mark, () => commitOf(folder))
  const { fingerprint } = await freeze(folder, await listFolder(folder), code)
  writeFileSync(mark, commit)
  return { scratch: code, base: baseOf(code), fingerprint, commit }
}

function commitOf(folder: string): string {
  const git = (...args: readonly string[]): string => execFileSync('git', ['-C', folder, ...args], { encoding: 'utf8' })
  const isClean = git('status', '--porcelain', '--', 'src', 'test', ...NOT_JUDGED).trim() === ''
  return `${git('rev-parse', '--short', 'HEAD').trim()}${isClean ? '' : '+'}`
}

function readOr(path: string, otherwise: () => string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return otherwise()
  }
}
