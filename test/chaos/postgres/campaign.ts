/** Rounds of each kind in turn, each judged against one that nobody harmed. */
import { mkdirSync } from 'node:fs'
import { startLedger } from '../../../src/testing/crash/ledger-process.ts'
import { join } from 'node:path'
import { judgeRun } from '../../../src/testing/crash/verdict.ts'
import { simRandom } from '../../../src/testing/simulation/sim-random.ts'
import { startPostgres } from '../../../src/testing/conformance/postgres-server.ts'
import { buildPrograms } from '../built.ts'
import type { Kind } from './harm.ts'
import { noRounds } from './page.ts'
import type { Rounds } from './page.ts'
import { play } from './round.ts'
import type { Ground, Played } from './round.ts'

const ORDERS_DEFAULT = 24

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
  await using server = await startPostgres(plan.programs)
  const ground: Ground = { folder: plan.folder, built, ledger, server, orders: plan.orders ?? ORDERS_DEFAULT }
  const life = process.pid
  const clean = await play(ground, { name: `clean_${life}`, random: Math.random })
  // From here on: the round that nobody harms is not part of it.
  const until = performance.now() + plan.seconds * 1000
  const next = new Map(plan.kinds.map((kind) => [kind, plan.seed ?? plan.firstSeed(kind)]))
  let failures = 0
  for (let turn = 0; performance.now() < until || plan.seed !== undefined; turn++) {
    const kind = plan.kinds[turn % plan.kinds.length]!
    const seed = next.get(kind)!
    next.set(kind, seed + 1)
    const counted = await round(ground, { kind, seed, clean, name: `round_${life}_${turn}` })
    failures += counted.failures.length
    plan.onRound(kind, counted)
    if (plan.seed !== undefined && turn + 1 === plan.kinds.length) break
  }
  return failures
}

type About = { readonly kind: Kind; readonly seed: number; readonly clean: Played; readonly name: string }

async function round(ground: Ground, { kind, seed, clean, name }: About): Promise<Rounds> {
  const counted = { ...noRounds(), rounds: 1, orders: ground.orders, next: seed + 1 }
  try {
    const random = simRandom(seed)
    const played = await play(ground, { name, kind, random: () => random.next() })
    const verdict = judgeRun(played.evidence, clean.evidence)
    const { lost, wrong, repeated, silent, skipped, unsound } = verdict
    const offences = [...lost, ...wrong, ...repeated, ...silent, ...skipped, ...unsound, ...played.broken]
    return {
      ...counted,
      harms: played.harms,
      rejoined: played.rejoined,
      effects: verdict.effects,
      lost: lost.length,
      wrong: wrong.length,
      repeated: repeated.length,
      silent: silent.length,
      skipped: skipped.length,
      unsound: unsound.length + played.broken.length,
      repeatedKeyed: verdict.repeatedKeyed,
      inDoubt: verdict.inDoubt,
      resolved: verdict.resolved,
      reconciled: verdict.reconciled,
      failures: offences.slice(0, 5).map((what) => ({ seed, what })),
    }
  } catch (thrown) {
    const what = thrown instanceof Error ? thrown.message : String(thrown)
    return { ...counted, lost: 1, failures: [{ seed, what }] }
  }
}
