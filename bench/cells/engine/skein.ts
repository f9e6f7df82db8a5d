/**
 * Durable effects of workflows with a trivial tool, as users run them: `open()` on a data folder. An effect is one
 * `ctx.tool`: its intent is durable before the tool runs, its outcome before the next effect does.
 */
import assert from 'node:assert/strict'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { open, tool, workflow } from 'skein'
import { z } from 'zod'
import { cell, cellArguments, quantile } from '../cell.ts'

const { processes, effects, effect } = cellArguments({ processes: 1000, effects: 20, effect: 'read' })

/** From so many on the loop is watched; the timer that watches would be seen in the figures of few. */
const LOOP_PROCESSES_LEAST = 1000
const NANOS_PER_MS = 1e6

/** Taken before `open()`: looked up in a body, it would be the tripwire's, which tells where a body reads a clock. */
const now = performance.now.bind(performance)

let calls = 0
const about = {
  name: 'note',
  inputSchema: z.object({ n: z.number() }),
  execute: ({ n }: { n: number }) => {
    calls += 1
    return { n }
  },
}
const note =
  effect === 'read'
    ? tool({ ...about, effect: 'read' })
    : effect === 'keyed'
      ? tool({ ...about, idempotent: true })
      : tool(about)
const latenciesMs: number[] = []
let finished = 0
const worker = workflow({ name: 'worker' }, async (ctx) => {
  for (let n = 0; n < effects; n++) {
    const startedAt = now()
    await ctx.tool(note, { n })
    latenciesMs.push(now() - startedAt)
  }
  finished += 1
})

await cell(async (data) => {
  await using skein = await open({ data, workflows: [worker] })
  // Loads what a first run loads.
  await skein.run(worker, undefined, { id: 'first' })
  calls = finished = latenciesMs.length = 0
  const loop = processes >= LOOP_PROCESSES_LEAST ? monitorEventLoopDelay({ resolution: 1 }) : undefined
  loop?.enable()
  const cpu = process.cpuUsage()
  const startedAt = performance.now()
  const runs = await Promise.all(
    Array.from({ length: processes }, (_, p) => skein.start(worker, undefined, { id: `p${p}` })),
  )
  const startedSeconds = (performance.now() - startedAt) / 1000
  await Promise.all(runs.map((run) => run.result()))
  const seconds = (performance.now() - startedAt) / 1000
  loop?.disable()
  const { user, system } = process.cpuUsage(cpu)
  const count = processes * effects
  assert.equal(calls, count)
  assert.equal(finished, processes)
  return {
    effectsPerSecond: count / seconds,
    latencyMsP50: quantile(latenciesMs, 0.5),
    latencyMsP99: quantile(latenciesMs, 0.99),
    cpuMicrosPerEffect: (user + system) / count,
    startSeconds: startedSeconds,
    ...(loop === undefined || loop.count === 0
      ? {}
      : { loopMsP99: loop.percentile(99) / NANOS_PER_MS, loopMsMax: loop.max / NANOS_PER_MS }),
  }
})
