/** What every `steps` cell measures: CPU, throughput and memory of runs of the task, so many at once. */
import { setInterval } from 'node:timers'
import { parseArgs } from 'node:util'
import { counted, STEPS } from './task.ts'

/** Fewer only for what is too slow to be asked so often. */
const WARM_UP_RUNS = 300
const WARM_UP_AT_ONCE = 100
const STORES = ['folder', 'memory', 'none'] as const
const SAMPLE_MS = 20

/** What the command line says. */
export type Settings = {
  /** Runs alive at once. */
  readonly atOnce: number
  /** Runs altogether. */
  readonly runs: number
  /** Runs before the clock starts. */
  readonly warm: number
  readonly store: (typeof STORES)[number]
}

/** Reads `--at-once N --runs N --warm N --store folder|memory|none`. */
export function settings(): Settings {
  const { values } = parseArgs({
    options: {
      'at-once': { type: 'string', default: '1000' },
      runs: { type: 'string' },
      warm: { type: 'string', default: String(WARM_UP_RUNS) },
      store: { type: 'string', default: 'folder' },
    },
  })
  const atOnce = Number(values['at-once'])
  const runs = Number(values.runs ?? Math.max(atOnce, 200))
  const store = STORES.find((one) => one === values.store)
  if (store === undefined) throw new Error(`--store takes ${STORES.join(', ')}, not ${values.store}`)
  return { atOnce, runs, warm: Number(values.warm), store }
}

/** Does the runs after some that warm up, and prints the figures. `run` gives the text of the answer. */
export async function measure({ atOnce, runs, warm }: Settings, run: (i: number) => Promise<unknown>): Promise<void> {
  const checked = async (i: number): Promise<void> => {
    const answer = await run(i)
    if (answer !== 'done') throw new Error(`run ${i} ended with ${JSON.stringify(answer)}`)
  }
  let next = 0
  const upTo = async (end: number): Promise<void> => {
    while (next < end) await checked(next++)
  }
  const allUpTo = (end: number, workers: number): Promise<unknown> =>
    Promise.all(Array.from({ length: workers }, () => upTo(end)))
  await allUpTo(warm, Math.min(atOnce, WARM_UP_AT_ONCE))
  counted.calls = 0
  globalThis.gc?.()
  const before = process.memoryUsage()
  let peak = before
  const sampler = setInterval(() => {
    const now = process.memoryUsage()
    if (now.rss > peak.rss) peak = now
  }, SAMPLE_MS)
  const startedMs = performance.now()
  const cpu = process.cpuUsage()
  await allUpTo(warm + runs, atOnce)
  const { user, system } = process.cpuUsage(cpu)
  const seconds = (performance.now() - startedMs) / 1000
  clearInterval(sampler)
  if (counted.calls !== runs * STEPS) throw new Error(`${counted.calls} tool calls instead of ${runs * STEPS}`)
  globalThis.gc?.()
  const after = process.memoryUsage()
  const live = liveHeap(atOnce, after.heapUsed)
  await allUpTo(warm + runs + atOnce, atOnce)
  const liveBytes = live.stop()
  const steps = runs * STEPS
  console.log(
    JSON.stringify({
      cpuMicrosPerStep: Math.round(((user + system) / steps) * 10) / 10,
      stepsPerSecond: Math.round(steps / seconds),
      rssPeakMb: Math.round(peak.rss / 1e6),
      rssKbPerRun: Math.round((peak.rss - before.rss) / 1e3 / atOnce),
      heapMbAfter: Math.round(after.heapUsed / 1e6),
      ...(liveBytes === undefined ? {} : { heapKbPerRun: Math.round(liveBytes / 1e3 / atOnce) }),
    }),
  )
}

/** Fewer runs than this hold less than what a process collects between two looks: their heap is no figure. */
const HEAP_RUNS_MIN = 100

/**
 * What is reachable when as many runs as may be alive at once have half of their steps behind them, above `baseline`.
 * Nothing where that moment passed between two looks, or nothing can be collected: that is no figure.
 */
function liveHeap(atOnce: number, baseline: number): { stop(): number | undefined } {
  counted.calls = 0
  if (atOnce < HEAP_RUNS_MIN) return { stop: () => undefined }
  let bytes: number | undefined
  const poll = setInterval(() => {
    if (bytes !== undefined || globalThis.gc === undefined || counted.calls < (atOnce * STEPS) / 2) return
    globalThis.gc()
    bytes = process.memoryUsage().heapUsed - baseline
  }, 1)
  return {
    stop() {
      clearInterval(poll)
      return bytes
    },
  }
}
