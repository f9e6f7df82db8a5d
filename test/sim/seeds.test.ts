/** Random workflows with crashes where the seed has them. `SEEDS=10000 npm run sim` for more, `SEED=8713 npm run sim` for one. */
import { describe, expect, it } from 'vitest'
import { checkSeed } from './program/check-seed.ts'
import { play } from './program/play.ts'
import { REGRESSIONS } from './program/regressions.ts'
import { onlySeed, seedsOfRun, Tally } from './program/seeds.ts'

/** The rest is played with a crash at every commit, in a file of its own. */
const SHARE = 0.9

describe('random workflows, crashes by seed', () => {
  it('P1–P7: nothing is lost, wrong, repeated or skipped in silence', async () => {
    const tally = new Tally()
    for (const seed of seedsOfRun(SHARE)) tally.add(await checkSeed(seed, 'by seed'))
    expect(tally.seeds).toBeGreaterThan(0)
    console.log(`simulation: ${tally.text}`)
  })

  it.runIf(onlySeed === undefined).each(REGRESSIONS)('seed $seed: $broke', async ({ seed }) =>
    expect((await checkSeed(seed, 'by seed')).offences).toEqual([]),
  )

  it('a seed plays the same twice', async () => {
    const [seed = 1] = seedsOfRun(1)
    const [one, two] = [await play(seed, 'by seed'), await play(seed, 'by seed')]
    expect(two).toEqual(one)
  })
})
