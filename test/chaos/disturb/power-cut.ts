/** Faults in the shape of a power cut, had without hardware: the files of the data folder as a cut could have left them. */
import { join } from 'node:path'
import { loseIndex, tailOf, tear, TEARS } from '../wal.ts'
import type { Disturbance } from './disturbance.ts'
import { kills, OPENING_COMMITS } from './kills.ts'

const STRIDE_MAX = 9

/**
 * Killed after a commit on which nobody has acted yet; then that commit's bytes in the log are cut, flipped, zeroed or
 * garbled, and the run goes on.
 */
export const powerCuts: Disturbance = kills({
  fate: ({ random, commits, n }, killed) => ({
    fatal: {
      n:
        OPENING_COMMITS +
        (killed === 0 ? (n * 5) % Math.max(1, commits - OPENING_COMMITS) : random.between(1, STRIDE_MAX)),
      when: 'after',
    },
  }),
  between: ({ random, order: { folder } }) => {
    const wal = join(folder, 'skein.db-wal')
    const tail = tailOf(wal)
    if (random.chance(0.5)) loseIndex(folder)
    if (tail === undefined) return {}
    tear(wal, random.between(tail.from, tail.to - 1), random.pick([...TEARS]), random)
    return { tears: 1 }
  },
})
