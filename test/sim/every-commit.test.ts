/** Random workflows, each played again with the power going before and after every single commit of the undisturbed run. */
import { describe, expect, it } from 'vitest'
import { checkSeed } from './program/check-seed.ts'
import { seedsOfRun, Tally } from './program/seeds.ts'

/** Of the seeds of a run: each is played dozens of times. */
const SHARE = 0.02

describe('random workflows, a crash at every commit', () => {
  it('P1–P7: wherever the power goes, nothing is lost, wrong, repeated or skipped in silence', async () => {
    const tally = new Tally()
    for (const seed of seedsOfRun(SHARE)) {
      const { commits } = await checkSeed(seed, 'stays')
      for (let n = 0; n < commits; n++)
        for (const moment of ['before', 'after'] as const) tally.add(await checkSeed(seed, { moment, n }))
    }
    expect(tally.seeds).toBeGreaterThan(0)
    console.log(`every commit: ${tally.text}`)
  })
})
