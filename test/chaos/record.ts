/** What campaigns have come to, by version and machine; kept in a file so that they go on and add up. */
import { execFileSync } from 'node:child_process'
import { arch, cpus, release, totalmem, type } from 'node:os'
import type { Tally } from './campaign.ts'
import { addCounts, noCounts } from './counts.ts'
import type { Counts } from './counts.ts'
import type { Simulated } from './simulated/simulated.ts'

const GB = 2 ** 30

/** A run that broke a promise, and the seed that repeats it. */
export type Failure = {
  readonly seed: number
  readonly what: string
  /** On a server that was not there: it counts for nothing, and is shown. */
  readonly isUnjudged?: boolean
}

/** What a scenario has come to. */
export type ScenarioRecord = {
  counts: Counts
  facts: readonly string[]
  hit: readonly string[]
  failures: readonly Failure[]
  next: number
  /** How many facts the published page had, and how many of them were hit: their names are not in it. */
  published?: { readonly facts: number; readonly hit: number }
}

/** All of one version on one machine. */
export type CampaignRecord = {
  readonly commit: string
  readonly machine: Readonly<Record<'node' | 'sqlite' | 'os' | 'cpu' | 'memory', string>>
  seconds: number
  lastOn: string
  readonly scenarios: Record<string, ScenarioRecord>
  simulated: Simulated
}

/** Everything a file holds. */
export type Records = { readonly campaigns: CampaignRecord[] }

/** Nothing simulated yet. */
export const noSimulated = (): Simulated => ({
  programs: 0,
  crashes: 0,
  facts: 0,
  writes: 0,
  repeatedShown: 0,
  failures: [],
  next: 1,
})

/** The record of this version on this machine, made when it is not there. */
export function recordOfToday(records: Records): CampaignRecord {
  const [commit, machine] = [commitOf(), machineOf()]
  const known = records.campaigns.find(
    (one) => one.commit === commit && JSON.stringify(one.machine) === JSON.stringify(machine),
  )
  if (known !== undefined) return known
  const made: CampaignRecord = { commit, machine, seconds: 0, lastOn: '', scenarios: {}, simulated: noSimulated() }
  records.campaigns.push(made)
  return made
}

/** The first seed of a scenario that no campaign has played. */
export function nextSeed({ campaigns }: Records, scenario: string): number {
  return Math.max(0, ...campaigns.map(({ scenarios }) => scenarios[scenario]?.next ?? 0))
}

/** How many runs of a scenario all campaigns have had. */
export function runsOf({ campaigns }: Records, scenario: string): number {
  return campaigns.reduce((sum, { scenarios }) => sum + (scenarios[scenario]?.counts.runs ?? 0), 0)
}

/** What was there before, with what has been seen since. */
export function withTally(before: ScenarioRecord | undefined, tally: Tally): ScenarioRecord {
  const counts = noCounts()
  addCounts(counts, before?.counts ?? {})
  addCounts(counts, tally.counts)
  return {
    counts,
    facts: [...new Set([...(before?.facts ?? []), ...tally.facts])],
    hit: [...new Set([...(before?.hit ?? []), ...tally.hit])],
    failures: [...(before?.failures ?? []), ...tally.failures],
    next: Math.max(before?.next ?? 0, tally.next),
    ...(before?.published === undefined ? {} : { published: before.published }),
  }
}

/** What a tally has come to since it was saved. */
export function tallySince(tally: Tally, saved: ScenarioRecord | undefined): Tally {
  const counts = { ...tally.counts }
  for (const name of Object.keys(counts) as (keyof Counts)[]) counts[name] -= saved?.counts[name] ?? 0
  return { ...tally, counts, failures: tally.failures.slice(saved?.failures.length ?? 0) }
}

/** The last commit that changed what is tested; `+` when it was edited since. */
function commitOf(): string {
  const git = (...argv: readonly string[]): string =>
    execFileSync('git', [...argv, '--', 'src', ':(exclude)src/testing'], { encoding: 'utf8' }).trim()
  try {
    return `${git('log', '-1', '--format=%h', '--abbrev=10')}${git('status', '--porcelain') === '' ? '' : '+'}`
  } catch {
    return 'unknown'
  }
}

function machineOf(): CampaignRecord['machine'] {
  return {
    node: process.version,
    sqlite: process.versions['sqlite'] ?? '',
    os: `${type()} ${release()} ${arch()}`,
    cpu: `${cpus().length} × ${cpus()[0]?.model ?? ''}`,
    memory: `${Math.round(totalmem() / GB)} GB`,
  }
}
