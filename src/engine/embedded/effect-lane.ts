/**
 * The effects of one activation that are held or in flight.
 *
 * Invariants:
 * 1. An effect of class read or write starts only when every frame queued before it is durable (rule E3).
 * 2. Every effect is run once, with its signal aborted if it was cancelled meanwhile, unless the lane is closed first.
 * 3. What ends after the lane was closed is dropped: an abort by the host is no outcome (rule E9).
 */
import { failure } from '../../kernel/index.ts'
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
export type Run = (about: PerformAbout) => Promise<Settled>

type Held = { readonly after: number; readonly effect: Effect; readonly run: Run; readonly controller: AbortController }

/** Effects of one owner. `onEnd` hears of each end once. */
export class EffectLane {
  readonly #owner: OwnerId
  readonly #onEnd: (effect: Effect, settled: Settled) => void
  readonly #held: Held[] = []
  readonly #controllers = new Map<EffectKey, AbortController>()
  /** How many are outward and in flight, and how many of them nobody may do again. */
  #outward = 0
  #plainWrites = 0
  #isClosed = false

  constructor(owner: OwnerId, onEnd: (effect: Effect, settled: Settled) => void) {
    this.#owner = owner
    this.#onEnd = onEnd
  }

  get isIdle(): boolean {
    return this.#controllers.size === 0
  }

  /** Nothing outward is in flight. */
  get isInward(): boolean {
    return this.#outward === 0
  }

  /** A write is in flight that nobody may do again. */
  get hasPlainWrites(): boolean {
    return this.#plainWrites > 0
  }

  /** Starts now if frame number `after` of this activation is durable, that is `durable` has reached it. */
  perform(effect: Effect, run: Run, after: number, durable: number): void {
    if (this.#isClosed) return
    const held: Held = { after, effect, run, controller: new AbortController() }
    this.#controllers.set(effect.key, held.controller)
    this.#count(effect, 1)
    if (effect.class === 'local' || after <= durable) this.#start(held)
    else this.#held.push(held)
  }

  /** Frames up to `durable` are durable: starts what waited for them. */
  release(durable: number): void {
    while (this.#held.length > 0 && this.#held[0]!.after <= durable) this.#start(this.#held.shift()!)
  }

  abort(key: EffectKey): void {
    this.#controllers.get(key)?.abort(new SkeinError('CANCELLED', 'the effect was cancelled'))
  }

  close(why: SkeinError): void {
    this.#isClosed = true
    this.#held.length = 0
    for (const controller of this.#controllers.values()) controller.abort(why)
    this.#controllers.clear()
    this.#outward = 0
    this.#plainWrites = 0
  }

  #count(effect: Effect, by: 1 | -1): void {
    if (effect.class === 'local') return
    this.#outward += by
    if (effect.class === 'write' && effect.repeatable !== true) this.#plainWrites += by
  }

  #start(held: Held): void {
    const { controller, effect } = held
    const { begun } = effect
    const settle = (settled: Settled): void => this.#end(held, settled)
    const fail = (thrown: unknown): void => this.#end(held, { outcome: failure(errorData(toSkeinError(thrown))) })
    try {
      held
        .run({
          reexecution: begun !== undefined && begun !== this.#owner,
          signal: controller.signal,
          abort: (reason) => controller.abort(reason),
        })
        .then(settle, fail)
    } catch (thrown) {
      queueMicrotask(() => fail(thrown))
    }
  }

  #end(held: Held, settled: Settled): void {
    if (this.#isClosed) return
    const { key } = held.effect
    if (this.#controllers.get(key) === held.controller) this.#controllers.delete(key)
    this.#count(held.effect, -1)
    this.#onEnd(held.effect, settled)
  }
}
