/** Which changes are tried: a fair sample of what the proposer of `npm start` proposes, all files in turn. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { proposalsFor, usable } from '../../examples/01-blindspots/code/propose.ts'
import type { Proposal } from '../../examples/01-blindspots/code/propose.ts'
import { LINES_PER_CHANGE } from './limits.ts'

const FOLDERS = ['src/kernel/', 'src/engine/embedded/'] as const
const NO_SOURCE = /\.(test|fixture)\.ts$|\/(index|limits)\.ts$/

/** The sources that are looked at, of all files of the frozen copy. */
export function sourcesOf(files: readonly string[]): readonly string[] {
  return files.filter(
    (file) => FOLDERS.some((folder) => file.startsWith(folder)) && file.endsWith('.ts') && !NO_SOURCE.test(file),
  )
}

/** The sample, every file's first change before any file's second: any beginning of it is fair. */
export async function sample(base: string, files: readonly string[]): Promise<readonly Proposal[]> {
  const perFile = await Promise.all(
    files.map(async (file) => {
      const source = await readFile(join(base, file), 'utf8')
      const most = Math.ceil(source.split('\n').length / LINES_PER_CHANGE)
      return proposalsFor(file, source)
        .filter((proposal) => usable(file, source, proposal))
        .slice(0, most)
    }),
  )
  const rounds = Math.max(0, ...perFile.map((changes) => changes.length))
  return Array.from({ length: rounds }, (_, round) =>
    perFile.flatMap((changes) => changes.slice(round, round + 1)),
  ).flat()
}
