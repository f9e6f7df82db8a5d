/** What files of tests have said of groups of changes, a line each, so that a group that was stopped goes on where it was. */
import { appendFileSync, existsSync, readFileSync } from 'node:fs'

/** The tests of a file that failed with some changes, all at once: when all tests were asked, or once more for blame. */
export type Judged = {
  readonly file: string
  readonly ids: readonly string[]
  readonly round: 'all' | 'blame'
  readonly failed: readonly string[]
}

type Place = Omit<Judged, 'failed'>

/** What was said. */
export type Told = {
  /** Undefined where the file has not met this group. */
  readonly of: (place: Place) => readonly string[] | undefined
  readonly add: (judged: Judged) => void
}

const keyOf = ({ file, ids, round }: Place): string => `${round} ${file} ${ids.toSorted().join(' ')}`

/** Reads what was said; what is added is there for the next run. */
export function toldOf(path: string): Told {
  const lines = existsSync(path)
    ? readFileSync(path, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
    : []
  const known = new Map(lines.map((line) => JSON.parse(line) as Judged).map((one) => [keyOf(one), one.failed]))
  return {
    of: (place) => known.get(keyOf(place)),
    add: (one) => {
      // The untouched code may fail once, by chance: it is asked each time.
      if (one.ids.length === 0) return
      known.set(keyOf(one), one.failed)
      appendFileSync(path, `${JSON.stringify(one)}\n`)
    },
  }
}
