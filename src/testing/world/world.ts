/**
 * The outside of a simulation: a far side with a ledger of its own that survives every crash of the host.
 *
 * Invariants:
 * 1. `ledger` is what really happened, whether or not anybody heard of it.
 * 2. A request of a host that died arrives at that moment or never: nothing of it happens later (rule E8, `ownerDeath: 'known'`).
 * 3. A request is under way for at most `WORLD_TRANSIT_MS_MAX`.
 * 4. Everything it decides is drawn from its own seed.
 */
import type { SimLoop } from '../simulation/sim-loop.ts'
import type { SimRandom } from '../simulation/sim-random.ts'
import { WORLD_TRANSIT_MS_MAX } from '../limits.ts'

/**
 * `done`: it happened · `known`: its key was known, the old answer is given · `looked`: somebody asked what became of
 * a key · `refused`: the far side said no.
 */
export type Deed = {
  readonly at: number
  readonly what: 'done' | 'known' | 'looked' | 'refused'
  readonly service: string
  readonly key: string
  readonly attempt: number
  readonly input: unknown
  readonly value?: unknown
}

/** How often what goes wrong, as probabilities of a request. */
export type WorldHabits = {
  /** Shortest and longest time of each way. */
  readonly transitMs: readonly [min: number, max: number]
  /** Nobody listens: surely not done. */
  readonly unreachable: number
  /** The far side says no, for good: surely not done. */
  readonly refusing: number
  /** The connection is cut before the request arrives. */
  readonly dropping: number
  /** It is done, and the answer is lost. */
  readonly losing: number
  /** It arrives or not, and no answer ever comes. */
  readonly hanging: number
  /** A look at a key cannot say what became of it. */
  readonly vague: number
}

/** A world in which everything answers at once. */
export const CALM: WorldHabits = {
  transitMs: [1, 20],
  unreachable: 0,
  refusing: 0,
  dropping: 0,
  losing: 0,
  hanging: 0,
  vague: 0,
}
/** A world in which much goes wrong. */
export const STORMY: WorldHabits = {
  transitMs: [0, WORLD_TRANSIT_MS_MAX],
  unreachable: 0.03,
  refusing: 0.05,
  dropping: 0.05,
  losing: 0.05,
  hanging: 0.02,
  vague: 0.1,
}

/** What a service does. `value` makes the answer of a deed from its input and its number in the world. */
export type Service = {
  readonly name: string
  /** It remembers keys: a second request with a key gets the answer of the first. */
  readonly keyed?: boolean
  /** It changes nothing: what it does is not in the ledger. */
  readonly inert?: boolean
  readonly value?: (input: unknown, n: number) => unknown
}

const FATES = ['unreachable', 'refusing', 'dropping', 'losing', 'hanging'] as const
type Fate = (typeof FATES)[number] | 'answered'

/** A request as its sender makes it. */
export type WorldRequest = {
  readonly service: Service
  readonly key: string
  readonly attempt: number
  readonly input: unknown
  readonly signal?: AbortSignal | undefined
}

/** What became of a key, as a service remembers it. */
export type Lookup = { readonly done: unknown } | { readonly absent: true } | { readonly unknown: true }

/** The far side of a simulation. */
export interface World {
  readonly ledger: readonly Deed[]
  habits: WorldHabits
  /** Does it, sooner or later or never; rejects as a client library would. */
  request(request: WorldRequest): Promise<unknown>
  /** Asks what became of a key. */
  look(request: WorldRequest): Promise<Lookup>
  /** The deeds under a key. */
  done(key: string): readonly Deed[]
  /** The host died: what was under way arrives now, or never. */
  hostDied(): void
}

/** A world over `loop`. */
export function simWorld(loop: SimLoop, random: SimRandom, habits: WorldHabits = CALM): World {
  return new SimWorld(loop, random, habits)
}

/** A request on its way; `serve` happens at most once. */
type Parcel = { readonly serve: () => void }

const cut = (code: string, message: string): Error => Object.assign(new Error(message), { code })

class SimWorld implements World {
  readonly ledger: Deed[] = []
  habits: WorldHabits
  readonly #loop: SimLoop
  readonly #random: SimRandom
  readonly #underWay = new Set<Parcel>()

  constructor(loop: SimLoop, random: SimRandom, habits: WorldHabits) {
    this.#loop = loop
    this.#random = random
    this.habits = habits
  }

  async request(request: WorldRequest): Promise<unknown> {
    const { name } = request.service
    const fate = this.#fate()
    if (fate === 'unreachable') {
      await this.#transit()
      throw cut('ECONNREFUSED', `${name} does not listen`)
    }
    const arrives = fate !== 'dropping' && !(fate === 'hanging' && this.#random.chance(0.5))
    const answer = arrives ? await this.#arrival(request, fate === 'refusing') : await this.#transit()
    if (fate === 'hanging') return silence(request.signal)
    await this.#transit()
    if (fate === 'refusing') throw Object.assign(new Error(`${name} says no`), { status: 409 })
    if (fate === 'dropping' || fate === 'losing') throw cut('ECONNRESET', `${name} cut the connection`)
    return answer
  }

  async look(request: WorldRequest): Promise<Lookup> {
    await this.#transit()
    this.#write('looked', request)
    const known = this.done(request.key).at(-1)
    await this.#transit()
    if (this.#random.chance(this.habits.vague)) return { unknown: true }
    return known === undefined ? { absent: true } : { done: known.value }
  }

  done(key: string): readonly Deed[] {
    return this.ledger.filter((deed) => deed.what === 'done' && deed.key === key)
  }

  hostDied(): void {
    const underWay = [...this.#underWay]
    this.#underWay.clear()
    for (const parcel of underWay) if (this.#random.chance(0.5)) parcel.serve()
  }

  #fate(): Fate {
    let draw = this.#random.next()
    for (const fate of FATES) {
      if (draw < this.habits[fate]) return fate
      draw -= this.habits[fate]
    }
    return 'answered'
  }

  /** What the service answers, once the request is there. Never resolves when the host dies before that. */
  async #arrival(request: WorldRequest, refuses: boolean): Promise<unknown> {
    let answer: unknown
    const parcel: Parcel = { serve: () => (answer = this.#serve(request, refuses)) }
    this.#underWay.add(parcel)
    await this.#transit()
    if (!this.#underWay.delete(parcel)) return new Promise<never>(() => {})
    const isWithdrawn = request.signal?.aborted === true && this.#random.chance(0.5)
    if (!isWithdrawn) parcel.serve()
    return answer
  }

  #serve(request: WorldRequest, refuses: boolean): unknown {
    if (request.service.inert === true) return refuses ? undefined : this.#random.next()
    if (refuses) return this.#write('refused', request)
    const known = request.service.keyed === true ? this.done(request.key)[0] : undefined
    if (known !== undefined) {
      this.#write('known', request, known.value)
      return known.value
    }
    const n = this.ledger.length
    const value = request.service.value?.(request.input, n) ?? { [request.service.name]: n }
    this.#write('done', request, value)
    return value
  }

  #write(what: Deed['what'], { service, key, attempt, input }: WorldRequest, value?: unknown): void {
    const deed = { at: this.#loop.nowMs, what, service: service.name, key, attempt, input }
    this.ledger.push(value === undefined ? deed : { ...deed, value })
  }

  #transit(): Promise<void> {
    return this.#loop.sleep(this.#random.between(...this.habits.transitMs))
  }
}

/** No answer, until the sender gives up. */
function silence(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_resolve, reject) =>
    signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true }),
  )
}
