/**
 * A thread that plays random workflows on changed code: the cheapest tests there are. It is made anew after a while, and when
 * a play does not end.
 */
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { RICH_SEEDS } from '../sim/program/play.ts'
import { LOOK_MS, PLAY_CPU_MS_MAX, PLAYS_PER_THREAD, RICH_SEEDS_PLAYED, SEEDS_PLAYED } from './limits.ts'
import type { Play, Played } from './simulate.ts'
import type { Ended } from './verdict.ts'

const SEEDS = [...RICH_SEEDS_PLAYED.map((seed) => RICH_SEEDS + seed), ...SEEDS_PLAYED]
const OUT_OF_MEMORY = 'ERR_WORKER_OUT_OF_MEMORY'

/** One thread. */
export class Player implements AsyncDisposable {
  readonly #root: string
  #worker: Worker | undefined
  #plays = 0

  readonly #seeds: readonly number[]

  /** `seeds`: none, to find out what cannot be loaded. */
  constructor(root: string, seeds: readonly number[] = SEEDS) {
    this.#root = root
    this.#seeds = seeds
  }

  /** How the workflows end on changed code. */
  async play(what: Play): Promise<Ended> {
    if (this.#plays++ % PLAYS_PER_THREAD === 0) await this.#renew()
    const worker = this.#worker
    if (worker === undefined) throw new Error('no thread')
    const before = await worker.cpuUsage()
    return new Promise((resolve) => {
      const look = setInterval(() => {
        const isOver = ({ user, system }: NodeJS.CpuUsage): boolean => (user + system) / 1_000 > PLAY_CPU_MS_MAX
        worker.cpuUsage(before).then(
          (used) => isOver(used) && end({ kind: 'hangs' }),
          () => undefined,
        )
      }, LOOK_MS)
      const onMessage = (played: Played): void => end(played)
      const onError = (error: unknown): void => {
        this.#plays = 0
        const { code, message = String(error) } = error as Partial<NodeJS.ErrnoException>
        end(code === OUT_OF_MEMORY ? { kind: 'broken', why: message } : { kind: 'red', test: `crashes: ${message}` })
      }
      const end = (ended: Ended): void => {
        clearInterval(look)
        worker.off('message', onMessage)
        worker.off('error', onError)
        if (ended.kind === 'hangs') this.#plays = 0
        resolve(ended)
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
      workerData: { root: this.#root, seeds: this.#seeds },
      execArgv: ['--conditions=skein-source', '--no-warnings'],
    })
    await once(this.#worker, 'online')
  }
}
