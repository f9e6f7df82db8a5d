/**
 * An activation and what runs it, as its handler sees them. A handler that was cut off from the server is attempted again:
 * the next attempt tells all that the one before told, and goes on with the same activation if it is still here.
 *
 * Invariants:
 * 1. Nothing that anybody could see is done before its beginning is durable: of two activations one has the larger epoch. The
 *    first of a process runs ahead of it: what it does, and says live, is here alone until then, and lost with it. Only large
 *    payloads may be in their store already, where nobody looks for them without a fact.
 * 2. What a handler tells is taken once, by its number, whichever attempt tells it.
 * 3. Cut off for longer than a moment, it is lost: what is in flight is aborted, and is no outcome (rule E9).
 */
import type { DeliverResult } from '../../kernel/index.ts'
import { errorData, SkeinError, toSkeinError } from '../../std/index.ts'
import type { Clock, EffectKey, OwnerId } from '../../std/index.ts'
import type { RestateActivation } from './activation.ts'
import type { OpenJournal } from './open-journal.ts'
import { ADOPTION_MS } from './limits.ts'
import type { Batch, MailSignal } from './wire.ts'

/** One resident process. */
export class Residence {
  readonly activation: RestateActivation
  /** The handler that has begun it. */
  readonly invocation: string
  /** Settles when the kernel has returned, and its end is on its way. */
  readonly returned: Promise<void>
  /** In the hands of the attempt that runs it. */
  journal: OpenJournal | undefined
  readonly #begin: () => void
  readonly #clock: Clock
  readonly #onOver: () => void
  readonly #learnSwitches: () => Promise<void>
  /** Nothing of it is durable, and it runs already. */
  #isAhead: boolean
  #batches = 0
  readonly #told = new Set<number>()
  #restedAt = -1
  #isLost = false
  #attempt: object | undefined
  #grace: Disposable | undefined

  constructor(
    activation: RestateActivation,
    run: (activation: RestateActivation) => Promise<void>,
    about: {
      readonly clock: Clock
      readonly onOver: () => void
      readonly learnSwitches: () => Promise<void>
      readonly isAhead: boolean
      readonly invocation: string
    },
  ) {
    this.activation = activation
    this.invocation = about.invocation
    this.#clock = about.clock
    this.#onOver = about.onOver
    this.#learnSwitches = about.learnSwitches
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>()
    this.#begin = begin
    this.returned = begun.then(() => this.#run(run))
    this.#isAhead = about.isAhead
    if (about.isAhead) begin()
  }

  get owner(): OwnerId {
    return this.activation.owner
  }

  get isLost(): boolean {
    return this.#isLost
  }

  /** It runs, though nobody knows yet whether its beginning is kept: only another attempt of the same handler goes on with it. */
  get isAhead(): boolean {
    return this.#isAhead && !this.#isLost
  }

  /** For an attempt of its handler, in whose hands it is from now on. */
  nextBatch(attempt: object): Promise<Batch> {
    this.#attempt = attempt
    this.#grace?.[Symbol.dispose]()
    // Nobody may go on with what was given up: the server attempts the handler once more.
    if (this.#isLost) return Promise.reject(new SkeinError('LOST_EPOCH', `${this.activation.pid} was given up here`))
    return this.activation.nextBatch()
  }

  /** Batch number `index` of this activation is durable. */
  durable(index: number, frames: number): void {
    if (index !== this.#batches) return
    this.#batches += 1
    this.#isAhead = false
    this.activation.durable(frames)
    if (index === 0) this.#begin()
  }

  hear(signal: MailSignal): void {
    const { switched } = signal
    if (switched !== undefined)
      void this.#learnSwitches().then(
        () => this.activation.hearSwitches(switched.now),
        () => this.activation.hearSwitches(switched.now),
      )
    this.activation.mail.hear(signal)
  }

  /** What came of sending number `id` of the handler. */
  sent(id: number, key: EffectKey, result: DeliverResult): void {
    if (this.#told.has(id)) return
    this.#told.add(id)
    this.activation.sent(key, result)
  }

  /** The answer to the end that stood in batch number `index`. */
  rested(index: number, isOver: boolean): void {
    if (index <= this.#restedAt) return
    this.#restedAt = index
    this.activation.rested(isOver)
  }

  giveWay(isUrgent: boolean): void {
    const why = new SkeinError('ENGINE_CLOSED', 'the handler has become long; the process goes on in another one')
    if (isUrgent) this.activation.leave(why)
    else this.activation.giveWay(why)
  }

  /** An attempt of its handler is over, and nobody knows why: another one may come for it, if it has not done so already. */
  cutOff(attempt: object): void {
    if (this.activation.isOver || this.#isLost || (this.#attempt !== undefined && this.#attempt !== attempt)) return
    this.#grace?.[Symbol.dispose]()
    this.#grace = this.#clock.timer(ADOPTION_MS, () => this.lose())
  }

  /** Somebody else goes on with the process, or will. */
  lose(): void {
    this.#isLost = true
    this.activation.drop(new SkeinError('LOST_EPOCH', `the server has given ${this.activation.pid} to another attempt`))
    this.#begin()
  }

  async #run(run: (activation: RestateActivation) => Promise<void>): Promise<void> {
    const { activation } = this
    try {
      if (this.#isLost) return
      let error: SkeinError | undefined
      try {
        await run(activation)
        if (!activation.isOver && !activation.signal.aborted)
          error = new SkeinError('INTERNAL', `the activation of ${activation.pid} returned without an end`)
      } catch (thrown) {
        if (!activation.isOver && !activation.signal.aborted) error = toSkeinError(thrown, 'INTERNAL')
      }
      if (activation.isOver) return
      await activation.endByHost(error === undefined ? { type: 'yield' } : { type: 'parked', error: errorData(error) })
    } catch {
      // Lost meanwhile: whoever goes on finds the facts.
    } finally {
      this.#grace?.[Symbol.dispose]()
      this.#onOver()
    }
  }
}
