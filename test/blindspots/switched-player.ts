/** A thread that plays random workflows and tests with one change after the other on. It is made anew when a play does not end. */
import { once } from 'node:events'
import { setTimeout } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import {
  BUSY_SHARE,
  IDLE_MS_MAX,
  LOOK_MS,
  PLAYS_PER_THREAD,
  REST_MS,
  REST_SHARE,
  SEEDS_CPU_MS_MAX,
  SEEDS_PLAYED,
} from './limits.ts'
import type { Answer, Asked, SwitchedData } from './play-switched.ts'
import type { SwitchedProgram } from './switched-program.ts'

/** What a thread has said, or that it does not end; and whether it rests then, and another play may follow in it. */
export type Said = { readonly answer: Answer | { readonly kind: 'hangs' }; readonly rests: boolean }

/** One thread, made when it is needed. */
export class SwitchedPlayer {
  readonly #data: SwitchedData
  #worker: Worker | undefined
  #plays = 0

  constructor(root: string, { texts }: SwitchedProgram) {
    this.#data = { root, texts, seeds: SEEDS_PLAYED }
  }

  /** What it says; beyond so much of the processor it hangs. */
  async ask(asked: Asked, cpuMsMax = SEEDS_CPU_MS_MAX): Promise<Said> {
    if (this.#plays++ >= PLAYS_PER_THREAD) await this.forget()
    const worker = (this.#worker ??= await this.#made())
    const stop = new AbortController()
    const { signal } = stop
    const crashed = (why: string): Answer => ({ kind: 'red', test: `crashes: ${why}` })
    const answered = once(worker, 'message', { signal }).then(
      ([said]) => said as Answer,
      (error: unknown) => crashed(error instanceof Error ? error.message : String(error)),
    )
    const gone = once(worker, 'exit', { signal }).then(
      ([code]) => crashed(`exit ${String(code)}`),
      () => crashed('it is over'),
    )
    const hangs = hanging(worker, cpuMsMax, signal)
    worker.postMessage(asked, [])
    const answer = await Promise.race([answered, gone, hangs])
    stop.abort()
    const isGone = answer.kind === 'hangs' || (answer.kind === 'red' && answer.test.startsWith('crashes'))
    const rests = !isGone && !(await isBusy(worker))
    if (!rests) await this.forget()
    return { answer, rests }
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

/** Ends when a thread uses too much of the processor, or nothing for long. */
async function hanging(worker: Worker, cpuMsMax: number, signal: AbortSignal): Promise<{ readonly kind: 'hangs' }> {
  const before = await worker.cpuUsage()
  let last = { usedMs: 0, at: performance.now() }
  return new Promise((resolve) => {
    const look = setInterval(() => {
      worker.cpuUsage(before).then(
        ({ user, system }) => {
          const [usedMs, at] = [(user + system) / 1_000, performance.now()]
          if (usedMs - last.usedMs > LOOK_MS * REST_SHARE) last = { usedMs, at }
          if (usedMs > cpuMsMax || at - last.at > IDLE_MS_MAX) resolve({ kind: 'hangs' })
        },
        () => undefined,
      )
    }, LOOK_MS)
    signal.addEventListener('abort', () => clearInterval(look), { once: true })
    if (signal.aborted) clearInterval(look)
  })
}

/** Whether a thread that has nothing to do works all the same: with a change on, something may have begun that never ends. */
async function isBusy(worker: Worker): Promise<boolean> {
  try {
    const before = await worker.cpuUsage()
    await setTimeout(REST_MS)
    const { user, system } = await worker.cpuUsage(before)
    return (user + system) / 1_000 > REST_MS * BUSY_SHARE
  } catch {
    return true
  }
}
