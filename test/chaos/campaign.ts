/** Runs the three programs again and again, kills them, lets them go on, and judges them by the ledger. */
import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { startLedger } from '../../src/testing/crash/ledger-process.ts'
import type { LedgerProcess } from '../../src/testing/crash/ledger-process.ts'
import { judgeRun } from '../../src/testing/crash/verdict.ts'
import type { Evidence } from '../../src/testing/crash/verdict.ts'
import { simRandom } from '../../src/testing/simulation/sim-random.ts'
import type { SimRandom } from '../../src/testing/simulation/sim-random.ts'
import { edgeOf, factsAt, readFolder } from './folder.ts'
import type { Edge } from './folder.ts'
import { live } from './life.ts'
import type { Fate } from './life.ts'

const PROGRAMS = ['tools', 'assistant', 'desk'] as const
const WORKERS = 2
const KILLS_MAX = 10
/** Opening a folder commits so often before anything runs. */
const OPENING_COMMITS = 2
/** A life that is killed again and again at its beginning would get nowhere. */
const STRIDE_MAX = 14
/** One run of so many is killed by the clock, the others at commits. */
const BY_CLOCK_EVERY = 3
/** First kills walk over the commits of a program in strides of this prime, so that early runs cover all of it. */
const SPREAD = 7

type Program = (typeof PROGRAMS)[number]
type Measure = {
  readonly evidence: Evidence
  readonly facts: ReadonlySet<string>
  readonly commits: number
  readonly ms: number
}

type Lived = { readonly result: unknown; readonly edges: readonly Edge[] }

/** What a campaign saw. */
export type Tally = {
  kills: number
  runs: number
  effects: number
  repeatedKeyed: number
  reconciled: number
  resolved: number
  readonly failures: { readonly seed: number; readonly what: string }[]
  readonly counts: { lost: number; wrong: number; repeated: number; silent: number; unsound: number }
  /** Facts of the uninterrupted runs, and those just before or after which a run was killed. */
  facts: number
  covered: number
}

/** Runs for so many seconds, or one seed only. */
export async function runCampaign(folder: string, seconds: number, firstSeed: number, only: boolean): Promise<Tally> {
  await using ledger = await startLedger(folder)
  const campaign = new Campaign(folder, ledger)
  const until = performance.now() + seconds * 1000
  await campaign.measure()
  let seed = firstSeed
  const work = async (): Promise<void> => {
    while (performance.now() < until && campaign.tally.failures.length === 0) await campaign.run(only ? seed : seed++)
  }
  await Promise.all(Array.from({ length: WORKERS }, work))
  return campaign.summary()
}

class Campaign {
  readonly tally: Tally = {
    kills: 0,
    runs: 0,
    effects: 0,
    repeatedKeyed: 0,
    reconciled: 0,
    resolved: 0,
    failures: [],
    counts: { lost: 0, wrong: 0, repeated: 0, silent: 0, unsound: 0 },
    facts: 0,
    covered: 0,
  }
  readonly #folder: string
  readonly #ledger: LedgerProcess
  readonly #clean = new Map<Program, Measure>()
  readonly #covered = new Set<string>()
  #number = 0

  constructor(folder: string, ledger: LedgerProcess) {
    this.#folder = folder
    this.#ledger = ledger
  }

  /** Each program once without a kill: what is right. */
  async measure(): Promise<void> {
    for (const program of PROGRAMS) {
      const about = await this.#place(program)
      const { said, ms } = await live(about, {})
      const { journals, frames } = await readFolder(about.folder)
      const evidence = { result: said?.result, journals, entries: this.#ledger.entries(about.run) }
      this.#clean.set(program, {
        evidence,
        facts: new Set([...frames.values()].flat(2)),
        commits: said?.commits ?? 0,
        ms,
      })
      const self = Object.entries(judgeRun(evidence, evidence)).filter(
        ([, found]) => Array.isArray(found) && found.length,
      )
      if (self.length > 0) throw new Error(`${program} is unsound without a kill: ${JSON.stringify(self)}`)
    }
  }

  /** One program from its beginning to its end, killed as the seed says. */
  async run(seed: number): Promise<void> {
    const program = PROGRAMS[seed % PROGRAMS.length] ?? 'tools'
    const about = await this.#place(program)
    try {
      const { result, edges } = await this.#lives(about, program, seed)
      const found = await readFolder(about.folder)
      for (const edge of edges) for (const fact of factsAt(edge, found)) this.#covered.add(fact)
      const evidence = { result, journals: found.journals, entries: this.#ledger.entries(about.run) }
      this.#judge(program, seed, evidence, found.broken)
      await rm(about.folder, { recursive: true })
    } catch (thrown) {
      this.tally.failures.push({ seed, what: `${program}: ${String(thrown)} (${about.folder})` })
    }
  }

  summary(): Tally {
    const facts = [...this.#clean.values()].flatMap((measure) => [...measure.facts])
    this.tally.facts = facts.length
    this.tally.covered = facts.filter((fact) => this.#covered.has(fact)).length
    return this.tally
  }

  async #lives(about: Parameters<typeof live>[0], program: Program, seed: number): Promise<Lived> {
    const edges: Edge[] = []
    const { commits, ms } = this.#clean.get(program) ?? { commits: 1, ms: 0 }
    const random = simRandom(`kills/${seed}`)
    const first = OPENING_COMMITS + ((ordinalOf(seed) * SPREAD) % Math.max(1, commits - OPENING_COMMITS))
    for (let kills = 0; ; kills++) {
      const fate = kills < KILLS_MAX ? fateOf(random, seed, kills === 0 ? first : undefined, ms) : {}
      const life = await live(about, fate)
      if (!life.wasKilled) return { result: life.said?.result, edges }
      this.tally.kills += 1
      // Killed before there was a folder to read.
      const found = await readFolder(about.folder).catch(() => undefined)
      if (found !== undefined) edges.push(edgeOf(found))
    }
  }

  #judge(program: Program, seed: number, evidence: Evidence, broken: readonly string[]): void {
    const clean = this.#clean.get(program)
    if (clean === undefined) return
    const verdict = judgeRun(evidence, clean.evidence)
    this.tally.runs += 1
    for (const what of ['effects', 'repeatedKeyed', 'reconciled', 'resolved'] as const)
      this.tally[what] += verdict[what]
    for (const kind of ['lost', 'wrong', 'repeated', 'silent', 'unsound'] as const) {
      const found = kind === 'unsound' ? [...verdict.unsound, ...broken] : verdict[kind]
      this.tally.counts[kind] += found.length
      for (const what of found) this.tally.failures.push({ seed, what: `${program}: ${what}` })
    }
  }

  async #place(program: Program) {
    const run = `${program}-${this.#number++}`
    const folder = join(await mkdtemp(join(this.#folder, `${run}-`)), 'data')
    return { socket: this.#ledger.socket, run, program, folder }
  }
}

/** Number of this run among those of its program that are killed at commits. */
function ordinalOf(seed: number): number {
  const nth = Math.floor(seed / PROGRAMS.length)
  return nth - Math.floor((nth + 1) / BY_CLOCK_EVERY)
}

function fateOf(random: SimRandom, seed: number, first: number | undefined, ms: number): Fate {
  if (Math.floor(seed / PROGRAMS.length) % BY_CLOCK_EVERY === BY_CLOCK_EVERY - 1)
    return { afterMs: random.between(0, ms) }
  const n = first ?? OPENING_COMMITS + random.between(1, STRIDE_MAX)
  return { commit: { n, when: random.chance(0.5) ? 'before' : 'after' } }
}
