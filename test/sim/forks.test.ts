/** P8: forks of random workflows and agents, at every fact of their journals, and alive beside them through crashes. */
import { describe, expect, it } from 'vitest'
import { forkOffences } from '../../src/testing/index.ts'
import type { Simulation } from '../../src/testing/index.ts'
import { asSeq } from '../../src/std/index.ts'
import { checkSeed } from './program/check-seed.ts'
import { mayQueue } from './program/play.ts'
import type { More } from './program/play.ts'
import { seedsOfRun, Tally } from './program/seeds.ts'

/** Of the seeds of a run: hundreds of forks of each are begun. */
const SHARE = 0.02
const FORKS_MAX = 4

/** Every fact of every journal, with nothing behind the fork. */
const everywhere = (count: { forks: number }): More => ({
  async holds(journal, code) {
    const offences: string[] = []
    for (const { seq } of journal.facts) {
      count.forks += 1
      offences.push(...(await forkOffences(journal, code, { seq, mayQueue })))
    }
    return offences
  },
})

/** Forks of whatever is there, now and then, that do no writes: law 4 then holds for the family as for one. */
async function fork(sim: Simulation): Promise<void> {
  const random = sim.random.fork('forks')
  for (let n = random.between(1, FORKS_MAX); n > 0; n--) {
    await sim.loop.sleep(random.between(0, 8_000))
    const view = random.pick(await sim.list())
    const facts = await sim.facts(view.pid)
    if (facts.length === 0) continue
    const seq = random.chance(0.3) ? {} : { seq: asSeq(random.between(0, facts.length - 1)) }
    await sim.fork(view.pid, { ...seq, writes: random.pick(['refuse', 'stub'] as const) }, { pid: `fork${n}` })
  }
}

describe('forks of random workflows', () => {
  it('P8: a fork to any fact equals its origin to that fact, and owns nothing', async () => {
    const count = { forks: 0 }
    const tally = new Tally()
    for (const seed of seedsOfRun(SHARE)) tally.add(await checkSeed(seed, 'by seed', everywhere(count)))
    expect(count.forks).toBeGreaterThan(tally.seeds)
    console.log(`forks: ${count.forks} of ${tally.text}`)
  })

  it('P8: beside their origins, through crashes, money is conserved and no write is repeated', async () => {
    const tally = new Tally()
    for (const seed of seedsOfRun(SHARE * 5)) tally.add(await checkSeed(seed, 'by seed', { happens: fork }))
    expect(tally.seeds).toBeGreaterThan(0)
    console.log(`forked: ${tally.text}`)
  })
})
