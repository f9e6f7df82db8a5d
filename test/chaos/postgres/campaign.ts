/** Rounds of each kind in turn, each judged against one that nobody harmed. */
import { mkdirSync } from 'node:fs'
import { startLedger } from '../../../src/testing/crash/ledger-process.ts'
import { join } from 'node:path'
import { dropSchema } from '../../../src/testing/conformance/ask-postgres.ts'
import { judgeRun } from '../../../src/testing/crash/verdict.ts'
import { SkeinError } from '../../../src/std/index.ts'
import { simRandom } from '../../../src/testing/simulation/sim-random.ts'
import { startPostgres } from '../../../src/testing/conformance/postgres-server.ts'
import { buildPrograms } from '../built.ts'
import type { Kind } from './harm.ts'
import { noRounds } from './page.ts'
import type { Rounds } from './page.ts'
import { setAside } from '../restate/late-writes.ts'
import { play } from './round.ts'
import type { Ground, Played } from './round.ts'

const ORDERS_DEFAULT = 10
/** Rounds that are played beside each other on one server; a server that is killed is killed for all of them. */
const LANES = 6
/** After a kill it syncs its file system at once, not file by file. */
const SETTINGS = { recovery_init_sync_method: 'syncfs' }

/** How long, and what. */
export type Plan = {
  readonly folder: string
  /** Where PostgreSQL's programs are. */
  readonly programs: string
  readonly kinds: readonly Kind[]
  readonly seconds: number
  /** In each round. */
  readonly orders?: number
  /** A single round of each kind, of this seed. */
  readonly seed?: number
  readonly firstSeed: (kind: Kind) => number
  /** After every round, with what that round alone counts. */
  readonly onRound: (kind: Kind, counted: Rounds) => void
}

/** Plays until the time is over; the number of rounds that broke a promise. */
export async function runRounds(plan: Plan): Promise<number> {
  mkdirSync(plan.folder, { recursive: true })
  const built = await buildPrograms(plan.folder)
  await using ledger = await startLedger(plan.folder, join(built, 'ledger.mjs'))
  await using server = await startPostgres(plan.programs, SETTINGS)
  const ground: Ground = {
    folder: plan.folder,
    built,
    ledger,
    server,
    kills: { count: 0 },
    orders: plan.orders ?? ORDERS_DEFAULT,
  }
  const life = process.pid
  const clean = await play(ground, { name: `clean_${life}`, random: Math.random })
  // From here on: the round that nobody harms is not part of it.
  const until = performance.now() + plan.seconds * 1000
  const next = new Map(plan.kinds.map((kind) => [kind, plan.seed ?? plan.firstSeed(kind)]))
  let failures = 0
  for (let turn = 0; performance.now() < until || plan.seed !== undefined; turn++) {
    const kind = plan.kinds[turn % plan.kinds.length]!
    const first = next.get(kind)!
    const lanes = plan.seed === undefined ? LANES : 1
    next.set(kind, first + lanes)
    const sound: string[] = []
    const playLane = async (lane: number): Promise<void> => {
      const name = `round_${life}_${turn}_${lane}`
      const counted = await round(ground, { kind, seed: first + lane, clean, name, isDriver: lane === 0 })
      failures += counted.failures.length
      if (counted.failures.length === 0) sound.push(name)
      plan.onRound(kind, counted)
    }
    await Promise.all(Array.from({ length: lanes }, (_, lane) => playLane(lane)))
    // A server that was killed reads through all that it has before it answers: what was sound is not kept.
    for (const name of sound) await dropSchema(ground.server.url, name)
    if (plan.seed !== undefined && turn + 1 === plan.kinds.length) break
  }
  return failures
}

type About = {
  readonly kind: Kind
  readonly seed: number
  readonly clean: Played
  readonly name: string
  /** Of rounds that share a server, the one that harms it. */
  readonly isDriver: boolean
}

async function round(ground: Ground, { kind, seed, clean, name, isDriver }: About): Promise<Rounds> {
  const none = { ...noRounds(), next: seed + 1 }
  try {
    const random = simRandom(seed)
    const played = await play(ground, { name, kind, isDriver, random: () => random.next() })
    // What nobody can call back is told apart from what somebody did.
    const late = setAside(played.evidence.entries, played.evidence.journals)
    const verdict = judgeRun({ ...played.evidence, entries: late.entries }, clean.evidence)
    const { lost, wrong, repeated, silent, skipped, unsound } = verdict
    const offences = [
      ...lost,
      ...wrong,
      ...repeated,
      ...silent,
      ...late.offences,
      ...skipped,
      ...unsound,
      ...played.broken,
    ]
    const failures = offences.slice(0, 5).map((what) => ({ seed, what }))
    // One that was over before anybody harmed it is not one; what it broke all the same is shown.
    if (played.harms === 0 && offences.length === 0) return { ...none, unharmed: 1 }
    return {
      ...none,
      rounds: 1,
      orders: ground.orders,
      harms: played.harms,
      rejoined: played.rejoined,
      effects: verdict.effects,
      lost: lost.length,
      wrong: wrong.length,
      repeated: repeated.length,
      silent: silent.length + late.offences.length,
      skipped: skipped.length,
      unsound: unsound.length + played.broken.length,
      assumed: late.assumed,
      repeatedKeyed: verdict.repeatedKeyed,
      inDoubt: verdict.inDoubt,
      resolved: verdict.resolved,
      reconciled: verdict.reconciled,
      failures,
    }
  } catch (thrown) {
    const what = thrown instanceof Error ? thrown.message : String(thrown)
    // Who watches could not reach the server any more: this says nothing of the workers. All else that ends a round is held against them.
    if (SkeinError.isInstance(thrown) && thrown.code === 'ENGINE_UNREACHABLE')
      return { ...none, unjudged: 1, failures: [{ seed, what, isUnjudged: true }] }
    const of = what.startsWith('lost') ? { lost: 1 } : { unsound: 1 }
    return { ...none, rounds: 1, orders: ground.orders, ...of, failures: [{ seed, what }] }
  }
}
