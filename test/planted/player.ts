/**
 * A thread that plays random workflows on changed code: the cheapest tests there are. It is made anew after a while, and when
 * a play does not end.
 */
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { RICH_SEEDS } from '../sim/program/play.ts'
import { LOOK_MS, PLAY_CPU_MS_MAX, PLAYS_PER_THREAD, RICH_SEEDS_PLAYED, SEEDS_PLAYED } from './limits.ts'
import type { Play, Played } from './simulate.ts'

/** One thread. */
export class Player implements AsyncDisposable {
  readonly #root: string
  #worker: Worker | undefined
  #plays = 0

  constructor(root: string) {
    this.#root = root
  }

  /** What broke, `hangs`, or undefined. */
  async play(what: Play): Promise<string | undefined | 'hangs'> {
    if (this.#plays++ % PLAYS_PER_THREAD === 0) await this.#renew()
    const worker = this.#worker
    if (worker === undefined) throw new Error('no thread')
    const before = await worker.cpuUsage()
    return new Promise((resolve) => {
      const look = setInterval(() => {
        const isOver = ({ user, system }: NodeJS.CpuUsage): boolean => (user + system) / 1_000 > PLAY_CPU_MS_MAX
        worker.cpuUsage(before).then(
          (used) => isOver(used) && end('hangs'),
          () => undefined,
        )
      }, LOOK_MS)
      const onMessage = ({ failed }: Played): void => end(failed)
      const onError = (error: unknown): void => {
        this.#plays = 0
        end(`crashes: ${error instanceof Error ? error.message : String(error)}`)
      }
      const end = (failed: string | undefined): void => {
        clearInterval(look)
        worker.off('message', onMessage)
        worker.off('error', onError)
        if (failed === 'hangs') this.#plays = 0
        resolve(failed)
      }
      worker.on('message', onMessage)
      worker.on('error', onError)
      worker.postMessage(what, [])
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker?.terminate()
  }

  async #renew(): Promise<void> {
    await this.#worker?.terminate()
    this.#worker = new Worker(new URL('simulate.ts', import.meta.url), {
      workerData: { root: this.#root, seeds: [...RICH_SEEDS_PLAYED.map((seed) => RICH_SEEDS + seed), ...SEEDS_PLAYED] },
      execArgv: ['--conditions=skein-source', '--no-warnings'],
    })
    await once(this.#worker, 'online')
  }
}
