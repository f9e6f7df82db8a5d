/** A thread that plays random workflows with one change after the other on. It is made anew when a play does not end. */
import { once } from 'node:events'
import { setTimeout } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import type { Ended } from '../planted/verdict.ts'
import {
  BUSY_SHARE,
  CONTROL_EVERY,
  IDLE_MS_MAX,
  LOOK_MS,
  PLAYS_PER_THREAD,
  REST_MS,
  REST_SHARE,
  SEEDS_CPU_MS_MAX,
  SEEDS_PLAYED,
} from './limits.ts'
import type { Asked, SwitchedData } from './play-switched.ts'

/** One thread, made when it is needed. */
export class SwitchedPlayer {
  readonly #data: SwitchedData
  #worker: Worker | undefined
  #plays = 0

  constructor(root: string, texts: ReadonlyMap<string, string>) {
    this.#data = { root, texts, seeds: SEEDS_PLAYED }
  }

  /** How it ends with a change on; 0 is none. */
  async play(asked: Asked): Promise<Ended> {
    if (this.#plays++ >= PLAYS_PER_THREAD) await this.forget()
    const worker = (this.#worker ??= await this.#made())
    const before = await worker.cpuUsage()
    const began = performance.now()
    // The untouched program is asked for the tests of many changes at once.
    const patience = asked.n === 0 ? CONTROL_EVERY : 1
    const stop = new AbortController()
    const hangs = new Promise<Ended>((resolve) => {
      let last = { usedMs: 0, at: began }
      const look = setInterval(() => {
        worker.cpuUsage(before).then(
          ({ user, system }) => {
            const [usedMs, at] = [(user + system) / 1_000, performance.now()]
            if (usedMs - last.usedMs > LOOK_MS * REST_SHARE) last = { usedMs, at }
            if (usedMs > SEEDS_CPU_MS_MAX * patience || at - last.at > IDLE_MS_MAX) resolve({ kind: 'hangs' })
          },
          () => undefined,
        )
      }, LOOK_MS)
      stop.signal.addEventListener('abort', () => clearInterval(look), { once: true })
    })
    const answer = once(worker, 'message', { signal: stop.signal }).then(
      ([played]) => played as Ended,
      (error: unknown): Ended => ({
        kind: 'red',
        test: `crashes: ${error instanceof Error ? error.message : String(error)}`,
      }),
    )
    worker.postMessage(asked, [])
    const ended = await Promise.race([answer, hangs])
    stop.abort()
    const isGone = ended.kind === 'hangs' || (ended.kind === 'red' && ended.test.startsWith('crashes'))
    if (isGone || (await isBusy(worker))) await this.forget()
    return ended
  }

  /** Ends the thread: whatever a change has left in it is gone. */
  async forget(): Promise<void> {
    await this.#worker?.terminate()
    this.#worker = undefined
    this.#plays = 0
  }

  async #made(): Promise<Worker> {
    const worker = new Worker(new URL('play-switched.ts', import.meta.url), {
      workerData: this.#data,
      execArgv: ['--conditions=skein-source', '--no-warnings'],
    })
    await once(worker, 'message')
    return worker
  }
}

/** Whether a thread that has nothing to do works all the same: with a change on, something may have begun that never ends. */
async function isBusy(worker: Worker): Promise<boolean> {
  const before = await worker.cpuUsage()
  await setTimeout(REST_MS)
  const { user, system } = await worker.cpuUsage(before)
  return (user + system) / 1_000 > REST_MS * BUSY_SHARE
}
