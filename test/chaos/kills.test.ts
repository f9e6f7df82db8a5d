/**
 * `kill -9` on the SQLite engine, and what else can befall a program, judged by a ledger outside: a few runs of every
 * scenario of the campaign. `SKEIN_CHAOS_S` says for how long; `npm run crash-report` is the campaign itself.
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
/** Few, so that the time is enough for all scenarios. */
const KILLS_PER_RUN = 4

it(
  'P1: loses nothing, repeats and skips nothing in silence, and ends as if it had not been killed',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'skein-chaos-'))
    const tallies = await runCampaign({ folder, seconds: SECONDS, killsPerRun: KILLS_PER_RUN })
    const sum = noCounts()
    for (const { counts } of tallies.values()) addCounts(sum, counts)
    console.log(`${tallies.size} scenarios: ${JSON.stringify(sum)}`)
    const said = [...tallies].flatMap(([name, { failures }]) =>
      failures.map(({ seed, what }) => `${what}\n  npm run crash-report -- --scenario ${name} --seed ${seed}`),
    )
    expect(said.slice(0, SHOWN_MAX)).toEqual([])
    expect(sum.kills).toBeGreaterThan(0)
    await rm(folder, { recursive: true })
  },
  (SECONDS + GRACE_S) * 1000,
)
