/** A minute of the campaign over Postgres: each kind of harm once, judged by the ledger outside. */
import { createRequire } from 'node:module'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { postgresPrograms } from '../../src/testing/index.ts'
import { runRounds } from './postgres/campaign.ts'
import { KINDS } from './postgres/harm.ts'
import type { Kind } from './postgres/harm.ts'

const DAY_MS = 86_400_000
const ORDERS = 6
const GRACE_S = 600
const SEED = Number(process.env['SKEIN_CHAOS_SEED'] ?? Math.floor(Date.now() / DAY_MS))
const programs = hasPackage() ? postgresPrograms() : undefined

if (programs === undefined)
  console.log('workers over postgres are not harmed: PostgreSQL, or the package pg, is not installed here')

it.skipIf(programs === undefined)(
  'workers over Postgres that are killed, stopped, cut off and replaced lose nothing, and repeat and skip nothing in silence',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'skein-chaos-'))
    const failures: string[] = []
    let effects = 0
    await runRounds({
      folder,
      programs: programs ?? '',
      kinds: Object.keys(KINDS) as Kind[],
      seconds: Infinity,
      orders: ORDERS,
      seed: SEED,
      firstSeed: () => SEED,
      onRound(kind, counted) {
        effects += counted.effects
        for (const { seed, what } of counted.failures)
          failures.push(`${what}\n  npm run crash-postgres -- --kind "${kind}" --seed ${seed}`)
      },
    })
    expect(failures).toEqual([])
    expect(effects).toBeGreaterThan(0)
    await rm(folder, { recursive: true })
  },
  GRACE_S * 1000,
)

function hasPackage(): boolean {
  try {
    return createRequire(import.meta.url).resolve('pg') !== ''
  } catch {
    return false
  }
}
