/**
 * The effects of one activation that are held or in flight.
 *
 * Invariants:
 * 1. An effect of class read or write starts only when every frame queued before it is durable (rule E3).
 * 2. Every effect is run once, with its signal aborted if it was cancelled meanwhile, unless the lane is closed first.
 * 3. What ends after the lane was closed is dropped: an abort by the host is no outcome (rule E9).
 */
import { Abort, failure } from '../../kernel/index.ts'
import type { EffectClass, PerformAbout, Settled } from '../../kernel/index.ts'
import { errorData, SkeinError, toSkeinError } from '../../std/index.ts'
import type { EffectKey, OwnerId } from '../../std/index.ts'

/** An effect as `perform` is told of it. */
export type Effect = {
  readonly key: EffectKey
  readonly attempt: number
  readonly class: EffectClass
  readonly begun: OwnerId | undefined
  readonly repeatable?: boolean
}

/** What performs an effect. */
export type Run = (about: PerformAbout) => Settled | Promise<Settled>

/** One effect, and what it is told. */
class Performing extends Abort {
  readonly effect: Effect
  readonly run: Run
  /** The frame that it waits for. */
  readonly after: number
  readonly reexecution: boolean

  constructor(effect: Effect, run: Run, after: number, reexecution: boolean) {
    super()
    this.effect = effect
    this.run = run
    this.after = after
    this.reexecution = reexecution
  }
}

/** Effects of one owner. `onEnd` hears of each end once. */
export class EffectLane {
  readonly #owner: OwnerId
  readonly #onEnd: (effect: Effect, settled: Settled) => void
  readonly #held: Performing[] = []
  readonly #effects = new Map<EffectKey, Performing>()
  /** How many are outward and in flight, and how many of them nobody may do again. */
  #outward = 0
  #plainWrites = 0
  #isClosed = false

  constructor(owner: OwnerId, onEnd: (effect: Effect, settled: Settled) => void) {
    this.#owner = owner
    this.#onEnd = onEnd
  }

  get isIdle(): boolean {
    return this.#effects.size === 0
  }

  /** Nothing outward is in flight. */
  get isInward(): boolean {
    return this.#outward === 0
  }

  /** An effect waits until what was framed before it is durable. */
  get isHeld(): boolean {
    return this.#held.length > 0
  }

  /** A write is in flight that nobody may do again. */
  get hasPlainWrites(): boolean {
    return this.#plainWrites > 0
  }

  /** Starts now if frame number `after` of this activation is durable, that is `durable` has reached it. */
  perform(effect: Effect, run: Run, after: number, durable: number): void {
    if (this.#isClosed) return
    const { key, begun } = effect
    const performing = new Performing(effect, run, after, begun !== undefined && begun !== this.#owner)
    this.#effects.set(key, performing)
    this.#count(effect, 1)
    if (effect.class === 'local' || after <= durable) this.#start(performing)
    else this.#held.push(performing)
  }

  /** Frames up to `durable` are durable: starts what waited for them. */
  release(durable: number): void {
    while (this.#held.length > 0 && this.#held[0]!.after <= durable) this.#start(this.#held.shift()!)
  }

  abort(key: EffectKey): void {
    this.#effects.get(key)?.abort(new SkeinError('CANCELLED', 'the effect was cancelled'))
  }

  close(why: SkeinError): void {
    this.#isClosed = true
    this.#held.length = 0
    for (const performing of this.#effects.values()) performing.abort(why)
    this.#effects.clear()
    this.#outward = 0
    this.#plainWrites = 0
  }

  #count(effect: Effect, by: 1 | -1): void {
    if (effect.class === 'local') return
    this.#outward += by
    if (effect.class === 'write' && effect.repeatable !== true) this.#plainWrites += by
  }

  #start(performing: Performing): void {
    const fail = (thrown: unknown): void => this.#end(performing, { outcome: failure(errorData(toSkeinError(thrown))) })
    let settled: ReturnType<Performing['run']>
    try {
      settled = performing.run(performing)
    } catch (thrown) {
      queueMicrotask(() => fail(thrown))
      return
    }
    if (settled instanceof Promise) settled.then((later) => this.#end(performing, later), fail)
    else this.#end(performing, settled)
  }

  #end(performing: Performing, settled: Settled): void {
    if (this.#isClosed) return
    const { effect } = performing
    if (this.#effects.get(effect.key) === performing) this.#effects.delete(effect.key)
    this.#count(effect, -1)
    this.#onEnd(effect, settled)
  }
}
