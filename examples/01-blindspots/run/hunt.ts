/**
 * The hunt: lanes that visit files in turn until nothing is left to try, or no budget to try it with.
 *
 * 1. As many lanes run as there are workers; each holds one visit at a time.
 * 2. A file that is not done goes back to the end of the queue, so that all files are tried alike.
 * 3. A visit that could not be paid for was not made: its place stays in the queue.
 */
import { SkeinError } from 'skein'
import type { Budget, Ctx } from 'skein'
import type { Amounts } from 'skein/kernel'
import { SEGMENT_VISITS_MAX } from '../limits.ts'
import { visitBudget } from './budget.ts'
import type { Place, Standing } from './plan.ts'
import { isOutOfBudget } from './trial.ts'
import { added, NOTHING_TRIED } from './types.ts'
import type { Tally } from './types.ts'
import { visit } from './visit.ts'

/** How a hunt ended: `done` all tried, `stopped` by its budget, `paused` because the journal has grown long. */
export type HuntEnd = { readonly end: 'done' | 'stopped' | 'paused'; readonly standing: Standing }

class Hunt {
  readonly #lanes: number
  readonly #plan: Standing['plan']
  readonly #queue: Place[]
  /** By file, whether any test loads it. */
  readonly #loaded: Map<string, boolean>
  #tally: Tally
  #visits = 0
  #stopped = false

  constructor(standing: Standing, lanes: number) {
    this.#lanes = lanes
    this.#plan = standing.plan
    this.#queue = [...standing.queue]
    this.#tally = standing.tally
    this.#loaded = new Map(standing.loaded.map(({ file, is }) => [file, is]))
  }

  async lane(ctx: Ctx): Promise<void> {
    while (!this.#stopped && this.#visits < SEGMENT_VISITS_MAX) {
      const place = this.#queue.shift()
      if (place === undefined) return
      if (this.#loaded.get(place.file) === false) continue
      const { perVisit: changes, costs } = this.#plan
      const budget = visitBudget(await this.#left(ctx), { changes, lanes: this.#lanes }, costs)
      if (budget === undefined) return this.#stop(place)
      this.#visits += 1
      try {
        await this.#visit(ctx, place, budget)
      } catch (error) {
        if (isOutOfBudget(error)) return this.#stop(place)
        if (!SkeinError.isInstance(error) || error.code === 'CANCELLED') throw error
        this.#tally = added(this.#tally, { ...NOTHING_TRIED, failed: 1, why: `${place.file}: ${error.message}` })
      }
    }
  }

  /** What is left now: another lane may have paid for a visit while we were told. */
  async #left(ctx: Ctx): Promise<Amounts> {
    for (;;) {
      const visits = this.#visits
      const left = await ctx.budget()
      if (visits === this.#visits) return left
    }
  }

  async #visit(ctx: Ctx, place: Place, budget: Budget): Promise<void> {
    const { code, tests, costs, perVisit } = this.#plan
    const known = this.#loaded.get(place.file)
    const survived = this.#tally.survivors.filter(({ change }) => change.file === place.file).length
    const loaded = known === undefined ? {} : { loaded: known }
    const input = { ...place, ...loaded, most: perVisit, survived, code, tests, costs }
    const end = await ctx.run(visit, input, { key: `${place.file}#${place.from}`, budget })
    this.#tally = added(this.#tally, end.tally)
    if (end.loaded !== undefined) this.#loaded.set(place.file, end.loaded)
    if (end.next !== null) this.#queue.push({ ...place, from: end.next })
  }

  #stop(place: Place): void {
    this.#stopped = true
    this.#queue.unshift(place)
  }

  end(): HuntEnd {
    const loaded = [...this.#loaded].map(([file, is]) => ({ file, is }))
    const standing = { plan: this.#plan, queue: this.#queue, tally: this.#tally, loaded }
    return { end: this.#stopped ? 'stopped' : this.#queue.length > 0 ? 'paused' : 'done', standing }
  }
}

/** Tries changes from where the run stands, until one of the three ends. */
export async function hunt(ctx: Ctx, workers: number, standing: Standing): Promise<HuntEnd> {
  const going = new Hunt(standing, workers)
  await ctx.all(Array.from({ length: workers }, () => (branch: Ctx) => going.lane(branch)))
  return going.end()
}
