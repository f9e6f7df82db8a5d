/** What can happen to a run on a server: to its worker, to the server, and to what is between the two. */
import { setTimeout as sleep } from 'node:timers/promises'
import { noCounts } from '../counts.ts'
import type { Counts } from '../counts.ts'
import { kills } from '../disturb/kills.ts'
import type { Disturbance, Lived, Subject } from '../disturb/disturbance.ts'
import { begin } from '../life.ts'
import type { Living } from '../life.ts'
import type { LifeOrder } from '../life-order.ts'
import { RestateSite } from './restate-site.ts'

const SERVER_KILLS_MAX = 3
const CUT_MS = 10_000
const FROZEN_MS = 30_000
/** How long the server still takes a worker that has stopped for one that thinks. */
const BELIEVED_MS_MAX = 2_000
/** Tools of a worker that is to be disturbed in mid-write. */
const HESITATE_MS = 400

const siteOf = ({ place }: Subject): RestateSite => {
  if (place.site instanceof RestateSite) return place.site
  throw new Error('this disturbance is for runs on a Restate server')
}

/** A worker is killed, and the next one comes at another port behind the same address. */
export const workerKills = kills({ fate: ({ random, ms }) => ({ afterMs: random.between(0, ms) }) })

/** Workers of one run. */
class Workers {
  readonly counts: Counts = noCounts()
  readonly site: RestateSite
  readonly #subject: Subject
  #lives = 0

  constructor(subject: Subject) {
    this.#subject = subject
    this.site = siteOf(subject)
  }

  async work(more: Partial<LifeOrder> = {}): Promise<Living> {
    const life = this.#lives++
    return begin(this.#subject.place, { ...this.#subject.order, life, ...(await this.site.order()), ...more })
  }

  /** The run must come to its end in all of them, and to the same one. */
  async over(all: readonly Living[]): Promise<Lived> {
    const results = await Promise.all(
      all.map(async ({ ended }) => {
        const { said } = await ended
        if (said === undefined || !('result' in said)) throw new Error('a worker ended without a result')
        return said.result
      }),
    )
    const [first, ...others] = results.map((result) => JSON.stringify(result))
    const other = others.find((result) => result !== first)
    if (other !== undefined) throw new Error(`two workers, two results: ${first} and ${other}`)
    return { result: results[0], edges: [], counts: this.counts }
  }
}

/** Disturbs a worker that lives through all of it, again and again at random moments, until the run has ended. */
const around =
  (timesMax: number, disturb: (subject: Subject, workers: Workers) => Promise<void>): Disturbance =>
  async (subject) => {
    const workers = new Workers(subject)
    const worker = await workers.work({ hesitateMs: HESITATE_MS })
    await worker.begun
    const over = worker.ended.then(
      () => true,
      () => true,
    )
    for (let times = 0; times < timesMax; times++) {
      const moment = sleep(subject.random.between(0, subject.ms), false)
      if (await Promise.race([over, moment])) break
      await disturb(subject, workers)
    }
    return workers.over([worker])
  }

/** A node of the server is killed with `kill -9` and started again; `all`: all of them at once. */
export const serverKills = (all: boolean): Disturbance =>
  around(SERVER_KILLS_MAX, async ({ random }, { site, counts }) => {
    counts.serverKills += 1
    if (all) return site.server.restartAll()
    return random.pick([...site.server.nodes]).restart()
  })

/** Nothing goes between worker and server, in both directions, for ten seconds. */
export const cutLinks: Disturbance = around(1, async (_subject, { site, counts }) => {
  counts.cuts += 1
  site.cut()
  await sleep(CUT_MS)
  site.heal()
})

/**
 * A worker is stopped while its tools are under way; the server is led to another one, which takes over and comes to the
 * end. The first one wakes up with its requests still to be made.
 */
export const frozenWorkers: Disturbance = async (subject) => {
  const workers = new Workers(subject)
  const { random, ms } = subject
  const first = await workers.work({ hesitateMs: HESITATE_MS })
  await first.begun
  await sleep(random.between(ms, 3 * ms))
  first.child.kill('SIGSTOP')
  const woken = sleep(FROZEN_MS).then(() => first.child.kill('SIGCONT'))
  workers.counts.freezes += 1
  const second = await workers.work()
  await second.begun
  await sleep(random.between(0, BELIEVED_MS_MAX))
  workers.site.fallOver()
  await woken
  return workers.over([first, second])
}
