/**
 * The file that counts are kept in. Campaigns that run at the same time add to it, each what it has seen since it last
 * wrote; what the repository has published is in it from the beginning.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { addCounts, noCounts } from './counts.ts'
import type { CrashData, ScenarioFigures } from './page.ts'
import type { CampaignRecord, Records, ScenarioRecord } from './record.ts'

const LOCK_ROUND_MS = 20
/** Whoever holds it for so long is dead: a change takes milliseconds. */
const LOCK_MS_MAX = 10_000

/** Reads a file of records; nothing when it is not there. */
export function readRecords(file: string): Records {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Records) : { campaigns: [] }
}

/** Changes what the file holds now, whole or not at all, while nobody else does. */
export function updateRecords(file: string, change: (records: Records) => Records): Records {
  mkdirSync(dirname(file), { recursive: true })
  const lock = `${file}.lock`
  while (!isTaken(lock)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LOCK_ROUND_MS)
  try {
    const records = change(readRecords(file))
    writeFileSync(`${file}.new`, JSON.stringify(records))
    renameSync(`${file}.new`, file)
    return records
  } finally {
    rmSync(lock, { force: true })
  }
}

function isTaken(lock: string): boolean {
  try {
    writeFileSync(lock, `${process.pid}`, { flag: 'wx' })
    return true
  } catch (thrown) {
    if ((thrown as { readonly code?: string }).code !== 'EEXIST') throw thrown
    const since = statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now()
    if (Date.now() - since > LOCK_MS_MAX) rmSync(lock, { force: true })
    return false
  }
}

/** With what was published: of each scenario of each campaign, whichever has had more runs. */
export function withPublished({ campaigns }: Records, data: CrashData | undefined): Records {
  const published = (data?.campaigns ?? []).map((theirs) => merged(campaigns.find(isSame(theirs)), theirs))
  return { campaigns: [...published, ...campaigns.filter((mine) => !published.some(isSame(mine)))] }
}

type Published = CrashData['campaigns'][number]
type About = Pick<CampaignRecord, 'commit' | 'machine'>

const isSame =
  (one: About) =>
  (other: About): boolean =>
    one.commit === other.commit && JSON.stringify(one.machine) === JSON.stringify(other.machine)

function merged(mine: CampaignRecord | undefined, theirs: Published): CampaignRecord {
  const known: Readonly<Record<string, ScenarioRecord>> = mine?.scenarios ?? {}
  const scenarios = { ...known }
  for (const [name, figures] of Object.entries(theirs.scenarios)) {
    const own = known[name]
    if (own === undefined || own.counts.runs < figures.runs) scenarios[name] = recordOf(figures, own)
  }
  const isTheirs = mine === undefined || mine.simulated.programs < theirs.simulated.programs
  return {
    commit: theirs.commit,
    machine: theirs.machine,
    seconds: Math.max(mine?.seconds ?? 0, theirs.seconds),
    lastOn: [mine?.lastOn ?? '', theirs.lastOn].toSorted().at(-1) ?? '',
    scenarios,
    simulated: isTheirs ? theirs.simulated : mine.simulated,
  }
}

function recordOf(figures: ScenarioFigures, own: ScenarioRecord | undefined): ScenarioRecord {
  const { facts, hit, seeds, failures } = figures
  const counts = noCounts()
  addCounts(counts, figures)
  const next = Math.max(seeds, own?.next ?? 0)
  return { counts, facts: own?.facts ?? [], hit: own?.hit ?? [], failures, next, published: { facts, hit } }
}
