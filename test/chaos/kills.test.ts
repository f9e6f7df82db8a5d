/**
 * `kill -9` on the SQLite engine, judged by a ledger outside: at commits (before they are durable, and after) and at
 * random moments. `SKEIN_CHAOS_S` says for how long; `SEED=… npm run crash` repeats one run's kills.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { runCampaign } from './campaign.ts'

const SECONDS = Number(process.env['SKEIN_CHAOS_S'] ?? 12)
const ONLY = process.env['SEED']
/** What the last runs need after the time is over. */
const GRACE_S = 60
const SHOWN_MAX = 10

it(
  'P1: loses nothing, repeats and skips nothing in silence, and ends as if it had not been killed',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'skein-chaos-'))
    const tally = await runCampaign(folder, SECONDS, Number(ONLY ?? 0), ONLY !== undefined)
    const { kills, runs, effects, repeatedKeyed, reconciled, resolved, counts, facts, covered, failures } = tally
    console.log(
      `kills ${kills}, runs ${runs}, effects ${effects}, facts ${covered}/${facts} covered, repeated keyed ${repeatedKeyed}, ` +
        `looked up ${reconciled}, unknown resolved ${resolved}, lost ${counts.lost}, wrong ${counts.wrong}, ` +
        `repeated ${counts.repeated}, silent ${counts.silent}, unsound ${counts.unsound}`,
    )
    const said = failures.slice(0, SHOWN_MAX).map(({ seed, what }) => `${what}\n  SEED=${seed} npm run crash`)
    expect(said).toEqual([])
    expect(kills).toBeGreaterThan(0)
    await rm(folder, { recursive: true })
  },
  (SECONDS + GRACE_S) * 1000,
)
