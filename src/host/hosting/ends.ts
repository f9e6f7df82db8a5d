/** Who waits for the end of which process. */
import type { Engine, ProcessView } from '../../engine/index.ts'
import type { Outcome } from '../../kernel/index.ts'
import { errorFromData, SkeinError, toSkeinError } from '../../std/index.ts'
import type { Clock, Pid } from '../../std/index.ts'
import { ENDS_LOOK_MS } from '../limits.ts'
import { isEnded } from '../views/rest.ts'

type Waiter = { readonly resolve: (outcome: Outcome) => void; readonly reject: (error: Error) => void }

/**
 * Told by the host after every activation; asks the engine only where somebody waits. Where other hosts share the engine it
 * looks again for what ended there.
 */
export class Ends {
  readonly #engine: Pick<Engine, 'inspect' | 'traits'>
  readonly #clock: Clock
  readonly #waiters = new Map<Pid, Waiter[]>()
  #look: Disposable | undefined

  constructor(engine: Pick<Engine, 'inspect' | 'traits'>, clock: Clock) {
    this.#engine = engine
    this.#clock = clock
  }

  /** How the process ended. Rejects with why it is parked. */
  async outcome(pid: Pid): Promise<Outcome> {
    const promise = new Promise<Outcome>((resolve, reject) => {
      this.#waiters.set(pid, [...(this.#waiters.get(pid) ?? []), { resolve, reject }])
    })
    try {
      await this.rested(pid)
    } catch (thrown) {
      this.#settle(pid, (waiter) => waiter.reject(toSkeinError(thrown)))
    }
    this.#lookLater()
    return promise
  }

  #lookLater(): void {
    if (this.#engine.traits.nodes !== 'many' || this.#waiters.size === 0) return
    this.#look ??= this.#clock.timer(ENDS_LOOK_MS, () => {
      this.#look = undefined
      const looks = [...this.#waiters.keys()].map((pid) => this.rested(pid))
      // One that fails shows nothing; the next one comes.
      void Promise.allSettled(looks).then(() => this.#lookLater())
    })
  }

  /** An activation of this process is over. Where many host, a server that is away for a while says nothing about it. */
  async rested(pid: Pid): Promise<void> {
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
    this.#look?.[Symbol.dispose]()
    for (const pid of this.#waiters.keys()) this.#settle(pid, (waiter) => waiter.reject(why))
  }

  #settle(pid: Pid, answer: (waiter: Waiter) => void): void {
    const waiters = this.#waiters.get(pid) ?? []
    this.#waiters.delete(pid)
    for (const waiter of waiters) answer(waiter)
  }
}

function parkedError(view: ProcessView, parked: ProcessView['parked']): SkeinError {
  return parked === undefined
    ? new SkeinError('INTERNAL', `${view.pid} is parked and does not say why`)
    : errorFromData(parked)
}
