/** A simulated disk: when commits are slow or fail, and where the power goes. */
import type { StoreFaults } from '../../engine/index.ts'
import type { SimLoop } from './sim-loop.ts'
import type { SimRandom } from './sim-random.ts'

/** How the disk behaves, as probabilities of a commit. */
export type DiskHabits = {
  readonly slow: number
  readonly slowMs: readonly [min: number, max: number]
  /** The commit fails with nothing written: the engine stops (rule T5) and the host is started again. */
  readonly failing: number
}

/** A disk that does what it is told at once. */
export const SOUND_DISK: DiskHabits = { slow: 0, slowMs: [0, 0], failing: 0 }
/** A disk near its end. */
export const AILING_DISK: DiskHabits = { slow: 0.3, slowMs: [1, 500], failing: 0.02 }

/** A moment of a commit: before it, its content is lost with the power; after it, only the answer is. */
export type CommitMoment = 'before' | 'after'

/** What a simulated disk tells, and asks. */
export type DiskEvents = {
  /** True when the power goes at this moment of commit `n`, counted over all lives. */
  readonly powerFails: (moment: CommitMoment, n: number) => boolean
  readonly crash: () => void
  readonly committed: (n: number) => void
}

/** Faults for one life of a host; `count` goes on over lives. */
export function diskFaults(
  loop: SimLoop,
  random: SimRandom,
  habits: DiskHabits,
  events: DiskEvents,
  count: { commits: number },
): StoreFaults {
  const numbers = new Map<number, number>()
  return {
    async beforeCommit(n) {
      const number = count.commits++
      numbers.set(n, number)
      if (random.chance(habits.slow)) await loop.sleep(random.between(...habits.slowMs))
      if (random.chance(habits.failing)) throw Object.assign(new Error('simulated I/O error'), { code: 'EIO' })
      if (events.powerFails('before', number)) events.crash()
    },
    async afterCommit(n) {
      const number = numbers.get(n) ?? 0
      numbers.delete(n)
      events.committed(number)
      if (random.chance(habits.slow)) await loop.sleep(random.between(...habits.slowMs))
      if (events.powerFails('after', number)) events.crash()
    },
  }
}
