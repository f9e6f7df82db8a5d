/** What every `steps` cell measures: CPU, throughput and memory of runs of the task, so many at once. */
import { setInterval } from 'node:timers'
import { parseArgs } from 'node:util'
import { counted, STEPS } from './task.ts'

/** Fewer only for what is too slow to be asked so often. */
const WARM_UP_RUNS = 100
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
  for (let i = 0; i < warm; i++) await checked(i)
  counted.calls = 0
  globalThis.gc?.()
  const before = process.memoryUsage()
  let peak = before
  const sampler = setInterval(() => {
    const now = process.memoryUsage()
    if (now.rss > peak.rss) peak = now
  }, SAMPLE_MS)
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < runs) await checked(warm + next++)
  }
  const startedMs = performance.now()
  const cpu = process.cpuUsage()
  await Promise.all(Array.from({ length: atOnce }, worker))
  const { user, system } = process.cpuUsage(cpu)
  const seconds = (performance.now() - startedMs) / 1000
  clearInterval(sampler)
  if (counted.calls !== runs * STEPS) throw new Error(`${counted.calls} tool calls instead of ${runs * STEPS}`)
  globalThis.gc?.()
  const after = process.memoryUsage()
  const steps = runs * STEPS
  console.log(
    JSON.stringify({
      cpuMicrosPerStep: Math.round(((user + system) / steps) * 10) / 10,
      stepsPerSecond: Math.round(steps / seconds),
      rssPeakMb: Math.round(peak.rss / 1e6),
      rssKbPerRun: Math.round((peak.rss - before.rss) / 1e3 / atOnce),
      heapMbAfter: Math.round(after.heapUsed / 1e6),
    }),
  )
}
