/** Runs scenarios again and again, each from its beginning to its end as its disturbance has it, and judges them by the ledger. */
import { existsSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startLedger } from '../../src/testing/crash/ledger-process.ts'
import type { LedgerEntry } from '../../src/testing/crash/ledger-entry.ts'
import type { LedgerProcess } from '../../src/testing/crash/ledger-process.ts'
import { judgeRun } from '../../src/testing/crash/verdict.ts'
import type { Evidence } from '../../src/testing/crash/verdict.ts'
import { simRandom } from '../../src/testing/simulation/sim-random.ts'
import { brokenOff, Unsound } from './broken-off.ts'
import type { BrokenOff } from './broken-off.ts'
import { buildPrograms } from './built.ts'
import { addCounts, noCounts, OFFENCES } from './counts.ts'
import type { Counts } from './counts.ts'
import type { Lived, Subject } from './disturb/disturbance.ts'
import { unmount } from './disturb/full-disk.ts'
import { APPROVED } from './far-tools.ts'
import { factNames, factsAt, readFolder } from './folder.ts'
import type { Found } from './folder.ts'
import { live } from './life.ts'
import type { Place } from './life.ts'
import type { Failure } from './record.ts'
import { SCENARIOS } from './scenarios.ts'
import type { Scenario } from './scenarios.ts'
import type { Site } from './site.ts'

/** How long, and with what. */
export type Plan = {
  readonly folder: string
  readonly seconds: number
  readonly killsMax?: number
  /** How many runs at a time; on servers they are of one scenario, and share what happens to their server. */
  readonly workers?: number
  /** Kills of one run, at most. */
  readonly killsPerRun?: number
  /** Less of what takes long within one run. */
  readonly isBrief?: boolean
  /** Only this scenario. */
  readonly scenario?: string
  /** A single run of each: this seed, and no other. */
  readonly seed?: number
  /** The first seed of a scenario; 0 when absent. */
  readonly firstSeed?: (scenario: string) => number
  /** What a scenario has had already, where that is not what seeds say. */
  readonly runsSoFar?: (scenario: string) => number
  /** Seeds below this count for no runs, when scenarios are weighed. */
  readonly seedBase?: number
  /** Other scenarios than those of the folder, and where their runs are. */
  readonly ground?: Ground
  /** After every run. */
  readonly onRun?: (tallies: ReadonlyMap<string, Tally>) => void
}

/** Scenarios on somebody's server. */
export type Ground = {
  readonly scenarios: readonly Scenario[]
  /** A site for a run of a scenario; of none: of a run that nothing happens to. */
  readonly open: (run: string, scenario?: Scenario) => Promise<Site>
  /** Looks at what was done late, by whoever was presumed dead; what is left is judged as always. */
  readonly setAside?: (entries: readonly LedgerEntry[], journals: Found['journals']) => LateWrites
}

/** Entries that are judged, how many were late and shown to be an assumption, and what is wrong with others. */
export type LateWrites = {
  readonly entries: readonly LedgerEntry[]
  readonly assumed: number
  readonly offences: readonly string[]
}

/** What a scenario has come to. */
export type Tally = {
  readonly counts: Counts
  /** Facts of the undisturbed runs, and those just before or after which a run was killed. */
  readonly facts: Set<string>
  readonly hit: Set<string>
  readonly failures: Failure[]
  /** The next seed. */
  next: number
}

const KILLS_PER_RUN = 8

type Clean = Pick<Subject, 'commits' | 'ms'> & { readonly evidence: Evidence }
/** Runs beside each other. */
type Turn = { readonly scenario: Scenario; readonly seeds: readonly number[] }
type Lane = {
  readonly scenario: Scenario
  readonly seed: number
  readonly isDriver: boolean
  readonly clean: Clean
}
/** A run that is over, or has broken off, and was not looked into yet. */
type Played = {
  readonly lane: Lane
  /** What happened to it. */
  readonly counts: Counts
} & ({ readonly place: Place; readonly lived: Lived } | { readonly place?: Place; readonly broken: BrokenOff })
type Judged = {
  readonly counts: Partial<Counts>
  readonly offences: readonly string[]
  readonly hit: readonly string[]
}

/** Runs until the time is over, or enough has been killed; what offends, or breaks off, is written down, and it goes on. */
export async function runCampaign(plan: Plan): Promise<ReadonlyMap<string, Tally>> {
  await mkdir(plan.folder, { recursive: true })
  const built = await buildPrograms(plan.folder)
  await using ledger = await startLedger(plan.folder, join(built, 'ledger.mjs'))
  const campaign = new Campaign(plan, built, ledger)
  await Promise.all(Array.from({ length: plan.ground === undefined ? workersOf(plan) : 1 }, () => campaign.work()))
  return campaign.tallies
}

const workersOf = ({ workers = 2 }: Plan): number => workers

/** Scenarios that can't run on this machine. */
export function notRunnable(folder: string): readonly string[] {
  return SCENARIOS.filter(({ canRun }) => canRun?.(join(folder, 'disk')) === false).map(({ name }) => name)
}

const weightOf = ({ scenario, runs }: { readonly scenario: Scenario; readonly runs: number }): number =>
  runs * (scenario.every ?? 1)

/** Journals that lie on a server go with it: those of a run that broke a promise are kept beside its ledger. */
async function keep({ folder }: Place, { journals }: Found): Promise<void> {
  await writeFile(`${folder}-journals.json`, JSON.stringify(journals))
}

const notLate = (entries: readonly LedgerEntry[]): LateWrites => ({ entries, assumed: 0, offences: [] })

class Campaign {
  readonly tallies = new Map<string, Tally>()
  readonly #plan: Plan
  readonly #built: string
  readonly #ledger: LedgerProcess
  readonly #scenarios: readonly Scenario[]
  readonly #clean = new Map<string, Promise<Clean | BrokenOff>>()
  readonly #until: number
  readonly #turns: Iterator<Turn, void>
  #number = 0

  constructor(plan: Plan, built: string, ledger: LedgerProcess) {
    this.#plan = plan
    this.#built = built
    this.#ledger = ledger
    this.#until = performance.now() + plan.seconds * 1000
    const notHere = notRunnable(plan.folder)
    this.#scenarios = (plan.ground?.scenarios ?? SCENARIOS).filter(
      ({ name }) => (plan.scenario === undefined || plan.scenario === name) && !notHere.includes(name),
    )
    if (this.#scenarios.length === 0) throw new Error(`no such scenario, or not on this machine: ${plan.scenario}`)
    this.#turns = this.#turnsOf(plan)
  }

  async work(): Promise<void> {
    for (;;) {
      if (performance.now() > this.#until || this.#kills() >= (this.#plan.killsMax ?? Infinity)) return
      const turn = this.#turns.next()
      if (turn.done === true) return
      await this.#playTurn(turn.value)
    }
  }

  async #playTurn({ scenario, seeds }: Turn): Promise<void> {
    const tally = this.#tallyOf(scenario.name)
    tally.next = Math.max(tally.next, ...seeds.map((seed) => seed + 1))
    const clean = await this.#undisturbed(scenario, tally)
    if ('what' in clean) {
      this.#book(tally, seeds[0] ?? 0, clean)
      this.#plan.onRun?.(this.tallies)
      return
    }
    const played = await Promise.all(
      seeds.map((seed, lane) => this.#play({ scenario, seed, clean, isDriver: lane === 0 })),
    )
    // Only now: before, one of them might still have harmed the server of the others.
    const judge = async (one: Played): Promise<void> => {
      await this.#settle(one, tally)
      this.#plan.onRun?.(this.tallies)
    }
    await Promise.all(played.map(judge))
  }

  /** Whichever has had the fewest runs, where those that take long count for several. */
  *#turnsOf({ seed, firstSeed, seedBase = 0, runsSoFar, ...plan }: Plan): Generator<Turn, void> {
    if (seed !== undefined) {
      yield* this.#scenarios.map((scenario) => ({ scenario, seeds: [seed] }))
      return
    }
    const lanes = plan.ground === undefined ? 1 : workersOf(plan)
    const had = this.#scenarios.map((scenario) => {
      const next = firstSeed?.(scenario.name) ?? seedBase
      return { scenario, next, runs: runsSoFar?.(scenario.name) ?? next - seedBase }
    })
    for (;;) {
      const least = had.reduce((one, other) => (weightOf(other) < weightOf(one) ? other : one))
      const seeds = Array.from({ length: lanes }, (_, lane) => least.next + lane)
      least.next += lanes
      least.runs += lanes
      yield { scenario: least.scenario, seeds }
    }
  }

  #kills(): number {
    return [...this.tallies.values()].reduce((sum, { counts }) => sum + counts.kills, 0)
  }

  /** One run from its beginning to its end. */
  async #play(lane: Lane): Promise<Played> {
    const { scenario, seed, isDriver, clean } = lane
    const counts = noCounts()
    let place: Place | undefined
    try {
      const { run, folder } = (place = await this.#place(scenario.name, scenario))
      const lived = await scenario.disturb({
        place,
        order: { program: scenario.program, folder },
        random: simRandom(`${scenario.name}/${seed}`),
        n: seed,
        commits: clean.commits,
        ms: clean.ms,
        killsMax: this.#plan.killsPerRun ?? KILLS_PER_RUN,
        isBrief: this.#plan.isBrief ?? false,
        isDriver,
        counts,
        seen: () => this.#ledger.count(run),
      })
      return { lane, place, counts, lived }
    } catch (thrown) {
      const broken = await brokenOff(thrown, place?.site, counts)
      return { lane, counts, broken, ...(place === undefined ? {} : { place }) }
    }
  }

  /** Looks into a run, and books it. */
  async #settle(played: Played, tally: Tally): Promise<void> {
    const { lane, counts, place } = played
    const { seed, clean } = lane
    await using _ = place?.site
    if ('broken' in played) {
      if (place !== undefined) unmount(place.folder)
      this.#book(tally, seed, played.broken, place)
      return
    }
    try {
      const judged = await this.#judged(played.place, { lived: played.lived, counts, clean })
      addCounts(tally.counts, judged.counts)
      for (const fact of judged.hit) tally.hit.add(fact)
      for (const what of judged.offences) tally.failures.push({ seed, what })
      unmount(played.place.folder)
      if (judged.offences.length === 0) await this.#forget(played.place)
    } catch (thrown) {
      unmount(played.place.folder)
      this.#book(tally, seed, await brokenOff(thrown, played.place.site, counts), place)
    }
  }

  #book(tally: Tally, seed: number, { counts, what, isUnjudged }: BrokenOff, place?: Place): void {
    addCounts(tally.counts, counts)
    const where = place === undefined ? '' : ` (${place.folder})`
    tally.failures.push({ seed, what: `${what}${where}`, ...(isUnjudged ? { isUnjudged } : {}) })
  }

  async #judged(
    place: Place,
    { lived, counts: happened, clean }: { readonly lived: Lived; readonly counts: Counts; readonly clean: Clean },
  ): Promise<Judged> {
    const found = await (place.site?.found() ?? readFolder(place.folder))
    const all = this.#ledger.entries(place.run)
    const { entries, assumed, offences: late } = this.#plan.ground?.setAside?.(all, found.journals) ?? notLate(all)
    const killed = { result: lived.result, journals: found.journals, entries, approved: APPROVED }
    const verdict = judgeRun(killed, clean.evidence)
    const counts = { ...happened, runs: 1, assumed }
    for (const name of ['effects', 'inDoubt', 'reconciled', 'resolved', 'repeatedKeyed'] as const)
      counts[name] += verdict[name]
    const offences: string[] = [...late]
    counts.silent += late.length
    for (const kind of OFFENCES) {
      const more = kind === 'unsound' ? [...found.broken, ...(lived.offences ?? [])] : []
      counts[kind] += verdict[kind].length + more.length
      offences.push(...verdict[kind], ...more)
    }
    const isHarmed = lived.harmedAt?.some((lines) => lines > 0 && lines < all.length) ?? true
    // What the driver did was done to others; what went wrong is shown, whoever was harmed.
    if (!isHarmed && offences.length === 0)
      return { counts: { unharmed: 1, serverKills: counts.serverKills }, offences, hit: [] }
    if (place.site !== undefined && offences.length > 0) await keep(place, found)
    return { counts, offences, hit: lived.edges.flatMap((edge) => factsAt(edge, found)) }
  }

  /** The scenario's program once without a kill: what is right. */
  async #undisturbed({ program }: Scenario, tally: Tally): Promise<Clean | BrokenOff> {
    const measuring = this.#clean.get(program) ?? this.#measured(program)
    this.#clean.set(program, measuring)
    const clean = await measuring
    if ('what' in clean) this.#clean.delete(program)
    else for (const fact of factNames(clean.evidence)) tally.facts.add(fact)
    return clean
  }

  async #measured(program: Scenario['program']): Promise<Clean | BrokenOff> {
    let place: Place | undefined
    try {
      place = await this.#place(`clean-${program}`)
      await using _ = place.site
      const { said, ms } = await live(place, { program, folder: place.folder, life: 0, ...(await place.site?.order()) })
      if (said === undefined || !('result' in said)) throw new Error(`${program} does not end by itself`)
      const { journals } = await (place.site?.found() ?? readFolder(place.folder))
      const evidence = { result: said.result, journals, entries: this.#ledger.entries(place.run), approved: APPROVED }
      const self = Object.entries(judgeRun(evidence, evidence)).filter(
        ([, found]) => Array.isArray(found) && found.length,
      )
      if (self.length > 0) throw new Unsound(`${program} is unsound without a kill: ${JSON.stringify(self)}`)
      await this.#forget(place)
      return { evidence, commits: said.commits, ms }
    } catch (thrown) {
      return await brokenOff(thrown, place?.site)
    }
  }

  #tallyOf(name: string): Tally {
    const tally = this.tallies.get(name) ?? {
      counts: noCounts(),
      facts: new Set(),
      hit: new Set(),
      failures: [],
      next: 0,
    }
    this.tallies.set(name, tally)
    return tally
  }

  async #place(name: string, scenario?: Scenario): Promise<Place> {
    const run = `${name}-${this.#number++}`
    const folder = join(this.#plan.folder, run)
    if (existsSync(folder)) await rm(folder, { recursive: true })
    await mkdir(folder)
    const site = await this.#plan.ground?.open(run, scenario)
    const place = { built: this.#built, socket: this.#ledger.socket, run, folder: join(folder, 'data') }
    return site === undefined ? place : { ...place, site }
  }

  async #forget({ folder, run }: Place): Promise<void> {
    await rm(join(folder, '..'), { recursive: true, force: true })
    await rm(join(this.#plan.folder, `ledger-${run}.jsonl`), { force: true })
  }
}
