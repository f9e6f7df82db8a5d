/**
 * Who is resident: takes over what is unfinished, activates what has something to do, lets the rest sleep in the store.
 *
 * Invariants:
 * 1. At most one activation per process, and none before the `run` of the one before has settled (rule T1).
 * 2. A process that rests holds nothing here but, once it has something to do, its number.
 * 3. It leaves as `departure.ts` says.
 * 4. One timer serves all that rest: that of the earliest due (rule T6).
 */
import type { Activation } from '../../kernel/index.ts'
import { errorData, SkeinError, toSkeinError } from '../../std/index.ts'
import { Departure, DRAINED } from '../departure.ts'
import { ACTIVATIONS_PER_MACROTASK, DRAIN_REPEATABLE_MS, RESIDENT_MAX_DEFAULT } from '../limits.ts'
import type { HostOptions } from '../port.ts'
import { LocalActivation } from './activation.ts'
import { DueTimer } from './due-timer.ts'
import type { Step } from './group-commit.ts'
import type { Interior } from './interior.ts'
import { load } from './load.ts'
import type { Addressee } from './post.ts'
import { errorText } from './prepare.ts'
import { restStep } from './rest-step.ts'
import type { P } from './store/process-table.ts'

/** What runs an activation to its end. */
export type RunActivation = (activation: Activation) => Promise<void>

/** The residents of one host. */
export class Residency implements AsyncDisposable {
  readonly #interior: Interior
  readonly #run: RunActivation
  readonly #residentMax: number
  readonly #onParked: HostOptions['onParked']
  readonly #residents = new Map<P, LocalActivation>()
  readonly #runs = new Map<P, Promise<void>>()
  readonly #ready = new Set<P>()
  readonly #due: DueTimer
  readonly #departure: Departure
  #isPumping = false
  #isClosed = false

  constructor(interior: Interior, run: RunActivation, options: HostOptions) {
    this.#interior = interior
    this.#run = run
    this.#residentMax = options.residentMax ?? RESIDENT_MAX_DEFAULT
    this.#onParked = options.onParked
    this.#departure = new Departure(interior, () => this.#residents.values())
    this.#due = new DueTimer(interior.clock, interior.tables.agenda, {
      onDue: (p) => this.wake(p),
      onFailure: interior.fail,
    })
  }

  /** Takes over everything unfinished. */
  async begin(): Promise<void> {
    const { commits, tables } = this.#interior
    await commits.submit(() => tables.agenda.releaseInterrupted())
    for (const p of tables.agenda.unfinished()) this.wake(p)
    this.#wakeHeld()
    this.#due.look()
  }

  get(p: P): Addressee | undefined {
    return this.#residents.get(p)
  }

  /** Others want in, and there is no room. */
  get isCrowded(): boolean {
    return this.#ready.size > 0 && this.#residents.size >= this.#residentMax
  }

  /** It has something to do. */
  wake(p: P): void {
    if (this.#isClosed || this.#residents.has(p)) return
    this.#ready.add(p)
    this.#pump()
  }

  /** Switches have changed: residents hear it, and what rests because of one looks again. */
  switched(now: boolean): void {
    for (const activation of this.#residents.values()) activation.hearSwitches(now)
    this.#wakeHeld()
  }

  #wakeHeld(): void {
    for (const p of this.#interior.tables.waits.held()) this.wake(p)
  }

  /** Its activation has come to an end. */
  rested(p: P, about: { readonly isAwake: boolean; readonly wakeAt?: number | undefined }): void {
    this.#residents.delete(p)
    this.stirred()
    if (about.wakeAt !== undefined && !this.#isClosed) this.#due.expect(about.wakeAt)
    if (about.isAwake) this.wake(p)
    if (this.#ready.size > 0) this.#pump()
  }

  /** Nothing runs any more, as if the owner had died. */
  drop(why: SkeinError): void {
    this.#isClosed = true
    this.#due.close()
    this.#ready.clear()
    for (const activation of this.#residents.values()) activation.drop(why)
    this.#residents.clear()
    this.stirred()
  }

  /** An effect of a resident has ended, or its kernel waits: whoever leaves looks again. */
  stirred(): void {
    this.#departure.stirred()
  }

  /** Drains: no write is left in the air, then nothing new, `next` of the residents rejects, and all that was written is durable. */
  async [Symbol.asyncDispose](): Promise<void> {
    const onlyOutcomes = (): void => {
      this.#isClosed = true
      this.#due.close()
      this.#ready.clear()
    }
    const why = new SkeinError('ENGINE_CLOSED', DRAINED)
    await this.#departure.leave(why, { onlyOutcomes, repeatableMs: DRAIN_REPEATABLE_MS })
    await Promise.all(this.#runs.values())
    this.#residents.clear()
    const { commits, tables } = this.#interior
    await commits.submit(() => tables.agenda.releaseInterrupted()).catch(() => {})
  }

  #pump(): void {
    if (this.#isPumping || this.#isClosed) return
    this.#isPumping = true
    this.#interior.soon(() => {
      this.#isPumping = false
      if (this.#isClosed) return
      this.#interior.store.reading(() => this.#activateSome())
    })
  }

  #activateSome(): void {
    let count = 0
    for (const p of this.#ready) {
      if (this.#residents.size >= this.#residentMax) return this.#makeRoom()
      if (count === ACTIVATIONS_PER_MACROTASK) return this.#pump()
      // Still returning from its last activation: its end pumps again.
      if (this.#runs.has(p)) continue
      this.#ready.delete(p)
      this.#activate(p)
      count += 1
    }
  }

  /** Residents that only idle leave early when others want in (rule T7). */
  #makeRoom(): void {
    let wanted = this.#ready.size
    for (const activation of this.#residents.values()) {
      if (wanted === 0) return
      if (activation.queue.endIdle()) wanted -= 1
    }
  }

  #activate(p: P): void {
    const { clock, commits, hash, store, tables, watchers } = this.#interior
    let activation: LocalActivation
    try {
      const loaded = load(tables, hash, p)
      if (loaded === undefined) return
      activation = new LocalActivation(this.#interior, loaded)
    } catch (thrown) {
      return this.#parkUnread(p, toSkeinError(thrown, 'DATA_FOLDER_CORRUPT'))
    }
    this.#residents.set(p, activation)
    this.#departure.prepare(activation)
    const activated: Step = {
      apply: () => tables.processes.activated(p, store.epoch, clock.now()),
      done: () => watchers.changed(p, 'running'),
      failed() {},
    }
    commits.push([activated], 0)
    const run = this.#runOf(activation).finally(() => {
      this.#runs.delete(p)
      if (this.#ready.has(p)) this.#pump()
    })
    this.#runs.set(p, run)
  }

  /** Resolves when `run` has settled and, if it failed, the process is parked. */
  async #runOf(activation: LocalActivation): Promise<void> {
    let error: SkeinError
    try {
      await this.#run(activation)
      if (activation.isOver || activation.signal.aborted) return
      error = new SkeinError('INTERNAL', `the activation of ${activation.pid} returned without an end`)
    } catch (thrown) {
      if (activation.isOver || activation.signal.aborted) return
      error = toSkeinError(thrown, 'INTERNAL')
    }
    activation.lane.close(error)
    const { commits } = this.#interior
    await new Promise<void>((resolve) => {
      const over = (): void => resolve()
      commits.push(
        [
          restStep(
            this.#interior,
            activation,
            { type: 'parked', error: errorData(error) },
            { resolve: over, reject: over },
          ),
        ],
        0,
      )
    })
    this.#onParked?.(activation.pid)
  }

  /** A process whose rows cannot be read must not stop the others. */
  #parkUnread(p: P, error: SkeinError): void {
    const { clock, commits, tables, watchers } = this.#interior
    const parked: Step = {
      apply: () =>
        tables.processes.rested(p, { status: 'parked', parked: errorText(errorData(error)), now: clock.now() }),
      done: () => {
        watchers.changed(p)
        const pid = this.#onParked && tables.processes.row(p)?.pid
        if (pid !== undefined) this.#onParked?.(pid)
      },
      failed() {},
    }
    commits.push([parked], 0)
  }
}
