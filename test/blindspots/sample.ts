/** Which changes are tried: a fair sample of what the proposer of `npm start` proposes. */
import { existsSync, readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { hashOf, proposalsFor, usable } from '../../examples/01-blindspots/code/propose.ts'
import type { Proposal } from '../../examples/01-blindspots/code/propose.ts'
import { shownChange } from '../../examples/01-blindspots/report/change.ts'
import { listFolder } from '../../examples/01-blindspots/survey/files.ts'
import { LINES_PER_CHANGE } from './limits.ts'
import { isSame } from './kept.ts'
import type { Explanation, Kept } from './kept.ts'

const FOLDERS = ['src/kernel/', 'src/engine/embedded/'] as const
const HASH_DIGITS = 8
const NO_SOURCE = /\.(test|fixture)\.ts$|\/(index|limits)\.ts$/

/** The sources that are looked at, of all files of the frozen copy. */
function sourcesOf(files: readonly string[]): readonly string[] {
  return files.filter(
    (file) => FOLDERS.some((folder) => file.startsWith(folder)) && file.endsWith('.ts') && !NO_SOURCE.test(file),
  )
}

/** The sample of a frozen copy; of any beginning of it each file has its share, by its length. */
export async function sampleOf(base: string): Promise<readonly Proposal[]> {
  const { files } = await listFolder(base)
  const perFile = await Promise.all(
    sourcesOf(files).map(async (file) => {
      const source = await readFile(join(base, file), 'utf8')
      const changes = proposalsFor(file, source).filter((proposal) => usable(file, source, proposal))
      // Files of types have many lines, and few that do anything.
      const lines = new Set(changes.map(({ line }) => line)).size
      const most = Math.min(lines, Math.ceil(source.split('\n').length / LINES_PER_CHANGE))
      return spread(file, changes.slice(0, most))
    }),
  )
  return perFile
    .flat()
    .toSorted((a, b) => a.place - b.place)
    .map(({ change }) => change)
}

type Placed = { readonly place: number; readonly change: Proposal }

/** Places from 0 to 1 at even distances, from one that is the file's own. */
function spread(file: string, changes: readonly Proposal[]): readonly Placed[] {
  const from = Number.parseInt(hashOf(file).slice(0, HASH_DIGITS), 16) / 16 ** HASH_DIGITS
  return changes.map((change, n) => ({ place: (n + from) / changes.length, change }))
}

/** What nothing had noticed of an older code, and nobody has explained, in a newer one that still holds the same lines. */
export async function survivorsNow(
  base: string,
  kept: readonly Kept[],
  explained: readonly Explanation[] = [],
): Promise<readonly Proposal[]> {
  const survivors = kept.filter(
    (one) => one.verdict === 'survived' && one.killed === undefined && !explained.some((other) => isSame(one, other)),
  )
  const files = [...new Set(survivors.map(({ file }) => file))].filter((file) => existsSync(join(base, file)))
  const perFile = files.map((file) => {
    const source = readFileSync(join(base, file), 'utf8')
    const proposals = proposalsFor(file, source)
    return survivors
      .filter((survivor) => survivor.file === file)
      .flatMap((survivor) => {
        const same = proposals.filter((proposal) => isSame({ file, ...shownChange(source, proposal) }, survivor))
        // The same text may stand twice: it is the nearer one, which has moved.
        const distance = ({ line }: Proposal): number => Math.abs(line - survivor.line)
        return same.toSorted((a, b) => distance(a) - distance(b))[0] ?? []
      })
  })
  return perFile.flat()
}
