/** What can happen to a run on a server: to its worker, to the server, and to what is between the two. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Unsound } from '../broken-off.ts'
import type { Disturbance, Lived, Subject } from '../disturb/disturbance.ts'
import { begin } from '../life.ts'
import type { Living } from '../life.ts'
import type { LifeOrder } from '../life-order.ts'
import { RestateSite } from './restate-site.ts'

const WORKER_KILLS_MAX = 3
/** So many of the kills of workers that take a run over fall at any moment of theirs: also before they have done anything. */
const EARLY_SHARE = 0.4
const SERVER_KILLS_MAX = 3
const CUT_MS = 10_000
const FROZEN_MS = 30_000
/** How long the server still takes a worker that has stopped for one that thinks. */
const BELIEVED_MS_MAX = 2_000
/** Tools of a worker that is to be disturbed take so long at most: most of a run is then spent in mid-write. */
const HESITATE_MS = 400
/** Harm comes so soon after the work has begun. */
const HARM_MS_MAX = 1_500
const LOOK_MS = 40

const siteOf = ({ place }: Subject): RestateSite => {
  if (place.site instanceof RestateSite) return place.site
  throw new Error('this disturbance is for runs on a Restate server')
}

const isOver = ({ ended }: Living): Promise<boolean> =>
  ended.then(
    () => true,
    () => true,
  )

/** Workers of one run. */
class Workers {
  readonly harmedAt: number[] = []
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

  /**
   * Waits for some moment of a worker that takes over what others have begun: while it looks into the mailbox, or replays,
   * or works. False when its life was over before.
   */
  async takingOver(worker: Living): Promise<boolean> {
    const { random, ms } = this.#subject
    await worker.begun
    return !(await Promise.race([isOver(worker), sleep(random.between(0, ms), false)]))
  }

  /** Waits until a worker has done something and then for some moment; false when its life was over before. */
  async during(worker: Living, withinMs: number): Promise<boolean> {
    const { seen, random } = this.#subject
    const before = seen()
    const over = isOver(worker)
    await worker.begun
    while (seen() === before) if (await Promise.race([over, sleep(LOOK_MS, false)])) return false
    return !(await Promise.race([over, sleep(random.between(0, withinMs), false)]))
  }

  /** Something happens to the run now. */
  harm(kind: 'kills' | 'serverKills' | 'cuts' | 'freezes', isOurs = true): void {
    this.harmedAt.push(this.#subject.seen())
    if (isOurs) this.#subject.counts[kind] += 1
  }

  /** The run must come to its end in all of them, and to the same one. */
  async over(all: readonly Living[]): Promise<Lived> {
    const results = await Promise.all(
      all.map(async ({ ended }) => {
        const { said } = await ended
        if (said === undefined || !('result' in said)) throw new Unsound('a worker ended without a result')
        return said.result
      }),
    )
    const [first, ...others] = results.map((result) => JSON.stringify(result))
    const other = others.find((result) => result !== first)
    if (other !== undefined) throw new Unsound(`two workers, two results: ${first} and ${other}`)
    return { result: results[0], edges: [], harmedAt: this.harmedAt }
  }
}

/** A worker is killed while its work is open, and the next one comes at another port behind the same address. */
export const workerKills =
  ({ hesitateMs = HESITATE_MS, withinMs = HARM_MS_MAX / 2 } = {}): Disturbance =>
  async (subject) => {
    const workers = new Workers(subject)
    for (let kills = 0; ; kills++) {
      const worker = await workers.work({ hesitateMs })
      if (kills >= Math.min(subject.killsMax, WORKER_KILLS_MAX)) return workers.over([worker])
      const isEarly = subject.seen() > 0 && subject.random.chance(EARLY_SHARE)
      const isOpen = await (isEarly ? workers.takingOver(worker) : workers.during(worker, withinMs))
      if (!isOpen) return workers.over([worker])
      workers.harm('kills')
      worker.child.kill('SIGKILL')
      const { said } = await worker.ended
      // It had come to its end in the very moment.
      if (said !== undefined) return workers.over([worker])
    }
  }

/** Disturbs a worker that lives through all of it, again and again at random moments, until the run has ended. */
const around =
  (timesMax: number, disturb: (subject: Subject, workers: Workers) => Promise<void>): Disturbance =>
  async (subject) => {
    const workers = new Workers(subject)
    const worker = await workers.work({ hesitateMs: HESITATE_MS })
    for (let times = 0; times < timesMax && (await workers.during(worker, HARM_MS_MAX)); times++)
      await disturb(subject, workers)
    return workers.over([worker])
  }

/**
 * A node of the server is killed with `kill -9` and started again; `all`: all of them at once. Runs that share the server are
 * harmed by the one that drives it.
 */
export const serverKills = (all: boolean): Disturbance => {
  const drive = around(SERVER_KILLS_MAX, async ({ random }, workers) => {
    workers.harm('serverKills')
    const { server } = workers.site
    await (all ? server.restartAll() : server.restart(random.pick([...server.nodes.keys()])))
  })
  return async (subject) => {
    if (subject.isDriver) return drive(subject)
    const workers = new Workers(subject)
    const unwatch = workers.site.server.onKill(() => workers.harm('serverKills', false))
    try {
      return await workers.over([await workers.work({ hesitateMs: HESITATE_MS })])
    } finally {
      unwatch()
    }
  }
}

/** Nothing goes between worker and server, in both directions, for ten seconds. */
export const cutLinks: Disturbance = around(1, async (_subject, workers) => {
  workers.harm('cuts')
  workers.site.cut()
  await sleep(CUT_MS)
  workers.site.heal()
})

/**
 * A worker is stopped while its tools are under way; the server is led to another one, which takes over and comes to the
 * end. The first one wakes up with its requests still to be made.
 */
export const frozenWorkers: Disturbance = async (subject) => {
  const workers = new Workers(subject)
  const first = await workers.work({ hesitateMs: HESITATE_MS })
  if (!(await workers.during(first, HARM_MS_MAX))) return workers.over([first])
  first.child.kill('SIGSTOP')
  workers.harm('freezes')
  const woken = sleep(FROZEN_MS).then(() => first.child.kill('SIGCONT'))
  const second = await workers.work()
  await second.begun
  await sleep(subject.random.between(0, BELIEVED_MS_MAX))
  workers.site.fallOver()
  await woken
  // Not before it has fallen over: the first one is awake then, and would be found nowhere.
  workers.site.comeBack()
  return workers.over([first, second])
}
