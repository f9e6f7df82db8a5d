/** Runs the three programs again and again, kills them, lets them go on, and judges them by the ledger. */
import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { startLedger } from '../../src/testing/crash/ledger-process.ts'
import type { LedgerProcess } from '../../src/testing/crash/ledger-process.ts'
import { judgeRun } from '../../src/testing/crash/verdict.ts'
import type { Evidence } from '../../src/testing/crash/verdict.ts'
import { simRandom } from '../../src/testing/index.ts'
import type { SimRandom } from '../../src/testing/index.ts'
import { readFolder } from './folder.ts'
import { live } from './life.ts'
import type { Fate } from './life.ts'

const PROGRAMS = ['tools', 'assistant', 'desk'] as const
const WORKERS = 2
const KILLS_MAX = 12
/** Opening a folder commits so often before anything runs. */
const OPENING_COMMITS = 2
/** A life that is killed again and again at its beginning would get nowhere. */
const STRIDE_MAX = 9
/** One run of so many is killed by the clock, the others at commits. */
const BY_CLOCK_EVERY = 3

type Program = (typeof PROGRAMS)[number]
type Measure = {
  readonly evidence: Evidence
  readonly facts: ReadonlySet<string>
  readonly commits: number
  readonly ms: number
}

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
  /** Facts of the uninterrupted runs, and those at which a run was killed. */
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
      const { journals, all } = await readFolder(about.folder)
      const evidence = { result: said?.result, journals, entries: this.#ledger.entries(about.run) }
      this.#clean.set(program, { evidence, facts: new Set(all), commits: said?.commits ?? 0, ms })
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
      const said = await this.#lives(about, program, seed)
      const found = await readFolder(about.folder)
      const evidence = { result: said, journals: found.journals, entries: this.#ledger.entries(about.run) }
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

  async #lives(about: Parameters<typeof live>[0], program: Program, seed: number): Promise<unknown> {
    const clean = this.#clean.get(program)
    const random = simRandom(`kills/${seed}`)
    const first =
      OPENING_COMMITS + (Math.floor(seed / PROGRAMS.length) % Math.max(1, (clean?.commits ?? 1) - OPENING_COMMITS))
    for (let kills = 0; ; kills++) {
      const life = await live(
        about,
        kills < KILLS_MAX ? fateOf(random, seed, kills === 0 ? first : undefined, clean?.ms ?? 0) : {},
      )
      if (!life.wasKilled) return life.said?.result
      this.tally.kills += 1
      for (const fact of (await readFolder(about.folder).catch(() => undefined))?.edge ?? []) this.#covered.add(fact)
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

function fateOf(random: SimRandom, seed: number, first: number | undefined, ms: number): Fate {
  if (Math.floor(seed / PROGRAMS.length) % BY_CLOCK_EVERY === BY_CLOCK_EVERY - 1)
    return { afterMs: random.between(0, ms) }
  const n = first ?? OPENING_COMMITS + random.between(1, STRIDE_MAX)
  return { commit: { n, when: random.chance(0.5) ? 'before' : 'after' } }
}
