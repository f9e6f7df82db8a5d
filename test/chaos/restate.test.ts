/**
 * The campaign on a Restate server, in short: as many scenarios as the time is enough for. `SKEIN_CHAOS_RESTATE_S` says for
 * how long. `npm run crash-report -- --engine restate` is the campaign itself.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { runCampaign } from './campaign.ts'
import { addCounts, noCounts } from './counts.ts'
import { restateGround } from './restate/ground.ts'

const SECONDS = Number(process.env['SKEIN_CHAOS_RESTATE_S'] ?? 20)
const GRACE_S = 300
const KILLS_PER_RUN = 3
const DAY_MS = 86_400_000
const SEED = Number(process.env['SKEIN_CHAOS_SEED'] ?? Math.floor(Date.now() / DAY_MS))

const ground = restateGround()
if (ground === undefined)
  console.log('Restate is not tried: @restatedev/restate-server has no program for this machine')

it.skipIf(ground === undefined)(
  'P1: on a Restate server, workers that are killed lose nothing, repeat and skip nothing in silence',
  async () => {
    await using on = ground!
    // Those that take seconds, from another one on every day. One run of `jobs` beside a server that is killed takes forty on a
    // loaded machine, most of it waiting, and one beside a cut or frozen worker longer: they are for the campaign.
    const quick = on.scenarios.filter(({ program }) => program !== 'jobs')
    const scenarios = quick.map((_, n) => quick[(SEED + n) % quick.length]!)
    const folder = await mkdtemp(join(tmpdir(), 'skein-chaos-'))
    const plan = { folder, seconds: SECONDS, killsPerRun: KILLS_PER_RUN, seedBase: SEED, ground: { ...on, scenarios } }
    const tallies = await runCampaign(plan)
    const sum = noCounts()
    for (const { counts } of tallies.values()) addCounts(sum, counts)
    console.log(`${tallies.size} scenarios, seeds from ${SEED} on: ${JSON.stringify(sum)}`)
    const all = [...tallies].flatMap(([name, { failures }]) =>
      failures.map(({ seed, what }) => `${name} ${seed}: ${what}`),
    )
    expect(all).toEqual([])
    expect(sum.kills).toBeGreaterThan(0)
    await rm(folder, { recursive: true })
  },
  (SECONDS + GRACE_S) * 1000,
)
