/** Faults in the shape of a power cut, had without hardware: the files of the data folder as a cut could have left them. */
import { copyFileSync, existsSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { nodeClock, nodeHash, nodeRandom, openEmbedded } from '../../../src/engine/index.ts'
import { SkeinError } from '../../../src/std/index.ts'
import { noCounts } from '../counts.ts'
import { readFolder } from '../folder.ts'
import type { Found } from '../folder.ts'
import { live } from '../life.ts'
import { loseIndex, tailOf, tear, TEARS } from '../wal.ts'
import type { Disturbance, Subject } from './disturbance.ts'
import { kills, OPENING_COMMITS } from './kills.ts'

const STRIDE_MAX = 9
const FILES = ['skein.db', 'skein.db-wal'] as const
/** Bytes of one log at which it is torn in one run; the next run takes those beside them. */
const PLACES = 60

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

/**
 * The log of one killed life, torn at bytes spread over its last commit: each copy opens as it was before its last commit, or with it,
 * or says that it can't.
 */
export const everyByte: Disturbance = async (subject) => {
  const { place, order, n, commits } = subject
  const at = OPENING_COMMITS + ((n * 5) % Math.max(1, commits - OPENING_COMMITS - 1)) + 1
  const counts = noCounts()
  const { wasKilled } = await live(place, { ...order, life: 0, fatal: { n: at, when: 'after' } })
  if (wasKilled) counts.kills += 1
  const offences = wasKilled ? await tornAtEach(subject, counts) : []
  const last = await live(place, { ...order, life: 1 })
  const said = last.said
  const result = said !== undefined && 'result' in said ? said.result : undefined
  return { result, edges: [], counts, offences }
}

async function tornAtEach(
  { order: { folder }, random, n }: Subject,
  counts: { tears: number },
): Promise<readonly string[]> {
  const tail = tailOf(join(folder, 'skein.db-wal'))
  if (tail === undefined) return []
  const copy = `${folder}-torn`
  const [without, with_] = [
    await opened(folder, copy, (wal) => tear(wal, tail.from, 'cut', random)),
    await opened(folder, copy, () => {}),
  ]
  const states = [without, with_].map((found) => found && stateOf(found))
  const offences: string[] = []
  const length = tail.to - tail.from
  const stride = Math.max(1, Math.floor(length / PLACES))
  for (let byte = n % stride; byte < length; byte += stride)
    for (const how of ['cut', 'flipped', 'zeroed'] as const) {
      const found = await opened(folder, copy, (wal) => tear(wal, tail.from + byte, how, random))
      counts.tears += 1
      if (found === undefined) offences.push(`refused: a log that was ${how} at byte ${tail.from + byte}`)
      else if (found.broken.length > 0)
        offences.push(`broken: ${found.broken.join(', ')}, ${how} at byte ${tail.from + byte}`)
      else if (!states.includes(stateOf(found)))
        offences.push(`lost: neither before its last commit nor after it, ${how} at byte ${tail.from + byte}`)
    }
  rmSync(copy, { recursive: true, force: true })
  return offences
}

/** Opens a copy of a folder after something was done to its log; undefined when it says that it can't. */
async function opened(folder: string, copy: string, spoil: (wal: string) => void): Promise<Found | undefined> {
  rmSync(copy, { recursive: true, force: true })
  mkdirSync(copy, { recursive: true })
  for (const file of FILES) if (existsSync(join(folder, file))) copyFileSync(join(folder, file), join(copy, file))
  spoil(join(copy, 'skein.db-wal'))
  try {
    const engine = await openEmbedded({ folder: copy, clock: nodeClock, random: nodeRandom, hash: nodeHash })
    await engine[Symbol.asyncDispose]()
  } catch (thrown) {
    if (thrown instanceof SkeinError) return undefined
    throw thrown
  }
  return readFolder(copy)
}

const stateOf = ({ journals }: Found): string => JSON.stringify(journals.map(({ pid, facts }) => [pid, facts]))
