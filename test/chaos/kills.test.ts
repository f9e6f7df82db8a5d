/**
 * `kill -9` on the SQLite engine, and what else can befall a program, judged by a ledger outside: as many scenarios of the
 * campaign as the time is enough for, each once before any has a second run. `SKEIN_CHAOS_S` says for how long; seeds are
 * those of the day, or from `SKEIN_CHAOS_SEED` on. `npm run crash-report` is the campaign itself.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { runCampaign } from './campaign.ts'
import { addCounts, noCounts } from './counts.ts'

const SECONDS = Number(process.env['SKEIN_CHAOS_S'] ?? 12)
/** What the first runs need before, and the last ones after. */
const GRACE_S = 300
const SHOWN_MAX = 10
/** Few, so that the time is enough for more scenarios. */
const KILLS_PER_RUN = 4
const DAY_MS = 86_400_000
const SEED = Number(process.env['SKEIN_CHAOS_SEED'] ?? Math.floor(Date.now() / DAY_MS))

it(
  'P1: loses nothing, repeats and skips nothing in silence, and ends as if it had not been killed',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'skein-chaos-'))
    const tallies = await runCampaign({
      folder,
      seconds: SECONDS,
      killsPerRun: KILLS_PER_RUN,
      isBrief: true,
      seedBase: SEED,
    })
    const sum = noCounts()
    for (const { counts } of tallies.values()) addCounts(sum, counts)
    console.log(`${tallies.size} scenarios, seeds from ${SEED} on: ${JSON.stringify(sum)}`)
    const all = [...tallies].flatMap(([name, { failures }]) =>
      failures.map(
        ({ seed, what }) =>
          `${what}\n  npm run crash-report -- --scenario ${name} --seed ${seed} --kills-per-run ${KILLS_PER_RUN}`,
      ),
    )
    expect(all.slice(0, SHOWN_MAX)).toEqual([])
    expect(sum.kills).toBeGreaterThan(0)
    await rm(folder, { recursive: true })
  },
  (SECONDS + GRACE_S) * 1000,
)
