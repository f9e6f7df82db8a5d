/** Who waits for the end of which process. */
import type { Engine, ProcessView } from '../../engine/index.ts'
import type { Outcome } from '../../kernel/index.ts'
import { errorFromData, SkeinError, toSkeinError } from '../../std/index.ts'
import type { Clock, Pid } from '../../std/index.ts'
import { ENDS_FRESH_MAX, ENDS_LOOK_MS, ENDS_LOOKS_AT_ONCE, ENDS_RESIDENT_LOOK_MS } from '../limits.ts'
import { isEnded } from '../views/rest.ts'

type Waiter = { readonly resolve: (outcome: Outcome) => void; readonly reject: (error: Error) => void }

/**
 * Told by the host after every activation; asks the engine only where somebody waits. Where other hosts share the engine it
 * looks again for what ended there, ever less often where looks are dear, and seldom while the process is resident here: a
 * host that was cut off does not hear that another one has it. Few of these looks are made at once: whoever is slow is asked
 * less, and of a thousand runs that wait to be begun nobody looks a thousand times.
 *
 * Invariants:
 * 1. Who waits without having looked is told: by the activation, by who parks the process without one, by who was about to
 *    start it and finds it there or fails, or by the end of this host.
 * 2. Once this host is closed nobody waits: what has ended is told, everything else is refused.
 */
export class Ends {
  readonly #engine: Pick<Engine, 'inspect' | 'traits'>
  readonly #clock: Clock
  readonly #waiters = new Map<Pid, Waiter[]>()
  readonly #here = new Set<Pid>()
  readonly #looks = new Map<Pid, Disposable>()
  /** Started from here, and not known to have begun anywhere: there is no end to be looked for at once. */
  readonly #fresh = new Set<Pid>()
  readonly #due: (() => Promise<void> | undefined)[] = []
  #looking = 0
  #closed: Error | undefined

  constructor(engine: Pick<Engine, 'inspect' | 'traits'>, clock: Clock) {
    this.#engine = engine
    this.#clock = clock
  }

  /** A process is about to be started from here. */
  starting(pid: Pid): void {
    this.#fresh.add(pid)
    // Those that others run are never heard of here.
    if (this.#fresh.size > ENDS_FRESH_MAX) for (const oldest of this.#fresh) return void this.#fresh.delete(oldest)
  }

  /** It was there already, or nobody knows whether it is: it may have ended before somebody waited as for a new one. */
  notFresh(pid: Pid): void {
    this.#fresh.delete(pid)
    if (!this.#here.has(pid)) void this.#lookOrFail(pid)
  }

  /** How the process ended. Rejects with why it is parked. */
  async outcome(pid: Pid): Promise<Outcome> {
    const promise = new Promise<Outcome>((resolve, reject) => {
      this.#waiters.set(pid, [...(this.#waiters.get(pid) ?? []), { resolve, reject }])
    })
    const isFresh = this.#fresh.delete(pid)
    // Whoever runs it here will say: to look may be a call to a server.
    if (this.#closed !== undefined || (!isFresh && !this.#here.has(pid))) {
      // It may be refused while we look: that is heard by whoever has asked, as soon as we have looked.
      promise.catch(() => undefined)
      await this.#lookOrFail(pid)
    }
    if (this.#closed !== undefined) this.#fail(pid, this.#closed)
    this.#lookLater(pid, ENDS_LOOK_MS)
    return promise
  }

  #lookLater(pid: Pid, pauseMs: number): void {
    if (this.#engine.traits.nodes !== 'many' || !this.#waiters.has(pid)) return
    this.#looks.get(pid)?.[Symbol.dispose]()
    const longestMs = this.#engine.traits.endsLookMsMax ?? ENDS_LOOK_MS
    const next = (): void => this.#lookLater(pid, Math.min(2 * pauseMs, longestMs))
    const look = this.#clock.timer(this.#here.has(pid) ? ENDS_RESIDENT_LOOK_MS : pauseMs, () => {
      this.#due.push(() => {
        // It may have begun here, or may have been told of, while it waited for its turn.
        const isWanted = this.#looks.get(pid) === look
        return isWanted ? this.#look(pid).then(next, (thrown: unknown) => this.#fail(pid, thrown)) : undefined
      })
      void this.#lookAtDue()
    })
    this.#looks.set(pid, look)
  }

  async #lookAtDue(): Promise<void> {
    // Whoever answers cheaply asks once for all that are due at a time.
    const most = this.#engine.traits.endsLookMsMax === undefined ? Infinity : ENDS_LOOKS_AT_ONCE
    if (this.#looking >= most) return
    this.#looking += 1
    for (let look = this.#due.shift(); look !== undefined; look = this.#due.shift()) await look()
    this.#looking -= 1
  }

  /** An activation of this process begins here: its host says when it is over. */
  resident(pid: Pid): void {
    this.#here.add(pid)
    this.#fresh.delete(pid)
    this.#lookLater(pid, ENDS_LOOK_MS)
  }

  /** An activation of this process is over, or it is parked without one; with its durable result, where that was the end. */
  async rested(pid: Pid, result?: Outcome): Promise<void> {
    this.#here.delete(pid)
    if (result !== undefined) return this.#settle(pid, (waiter) => waiter.resolve(result))
    this.#lookLater(pid, ENDS_LOOK_MS)
    return this.#lookOrFail(pid)
  }

  async #lookOrFail(pid: Pid): Promise<void> {
    await this.#look(pid).catch((thrown: unknown) => this.#fail(pid, thrown))
  }

  /** Where many host, a server that is away for a while says nothing about a process. */
  async #look(pid: Pid): Promise<void> {
    if (!this.#waiters.has(pid)) return
    try {
      await this.#lookAt(pid)
    } catch (thrown) {
      const isAway = SkeinError.isInstance(thrown) && thrown.code === 'ENGINE_UNREACHABLE'
      if (!isAway || this.#engine.traits.nodes !== 'many') throw thrown
    }
  }

  async #lookAt(pid: Pid): Promise<void> {
    const view = await this.#engine.inspect(pid)
    if (view === undefined)
      return this.#settle(pid, (waiter) =>
        waiter.reject(new SkeinError('PROCESS_UNKNOWN', `there is no process ${pid}; see: skein ps`)),
      )
    const { result, parked } = view
    if (isEnded(view.status) && result !== undefined) this.#settle(pid, (waiter) => waiter.resolve(result))
    else if (view.status === 'parked') this.#settle(pid, (waiter) => waiter.reject(parkedError(view, parked)))
  }

  /** Nothing will end here any more. */
  close(why: Error): void {
    this.#closed = why
    for (const pid of this.#waiters.keys()) this.#settle(pid, (waiter) => waiter.reject(why))
  }

  #fail(pid: Pid, thrown: unknown): void {
    this.#settle(pid, (waiter) => waiter.reject(toSkeinError(thrown)))
  }

  #settle(pid: Pid, answer: (waiter: Waiter) => void): void {
    const waiters = this.#waiters.get(pid) ?? []
    this.#waiters.delete(pid)
    this.#looks.get(pid)?.[Symbol.dispose]()
    this.#looks.delete(pid)
    for (const waiter of waiters) answer(waiter)
  }
}

function parkedError(view: ProcessView, parked: ProcessView['parked']): SkeinError {
  return parked === undefined
    ? new SkeinError('INTERNAL', `${view.pid} is parked and does not say why`)
    : errorFromData(parked)
}
