/**
 * How long the event loop is held while runs are alive: workflows that call a tool, each answer after some time, so that
 * a server in the same process could answer its requests. The timer of the measurement looks every millisecond, which
 * is part of what is told; the runs are started a hundred at a time before the measurement begins.
 */
import assert from 'node:assert/strict'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import { open, tool, workflow } from 'skein'
import { z } from 'zod'
import { cell, cellArguments } from '../cell.ts'

const { runs, seconds, toolMs } = cellArguments({ runs: 1000, seconds: 5, toolMs: 1000 })
const STARTS_AT_ONCE = 100
const NANOS_PER_MS = 1e6

const count = { calls: 0 }
const over = new AbortController()
const fetchNote = tool({
  name: 'fetch_note',
  effect: 'read',
  inputSchema: z.object({ n: z.number() }),
  execute: async ({ n }) => {
    // Evenly spread, as answers from a network are.
    await pause(toolMs * (0.5 + ((n * 7919 + count.calls * 104_729) % 1000) / 1000))
    count.calls += 1
    return { n }
  },
})
const worker = workflow({ name: 'worker' }, async (ctx) => {
  for (let n = 0; !over.signal.aborted; n++) await ctx.tool(fetchNote, { n })
})

await cell(async (data) => {
  await using skein = await open({ data, workflows: [worker] })
  const started = []
  for (let i = 0; i < runs; i += STARTS_AT_ONCE)
    started.push(
      ...(await Promise.all(
        Array.from({ length: Math.min(STARTS_AT_ONCE, runs - i) }, (_, j) =>
          skein.start(worker, undefined, { id: `p${i + j}` }),
        ),
      )),
    )
  // Every run has made its first steps.
  while (count.calls < 2 * runs) await pause(toolMs / 10)
  const before = count.calls
  const cpu = process.cpuUsage()
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  await pause(seconds * 1000)
  delay.disable()
  const { user, system } = process.cpuUsage(cpu)
  const done = count.calls - before
  over.abort()
  await Promise.all(started.map((run) => run.result()))
  assert(done > 0)
  return {
    loopMsP50: delay.percentile(50) / NANOS_PER_MS,
    loopMsP99: delay.percentile(99) / NANOS_PER_MS,
    loopMsMax: delay.max / NANOS_PER_MS,
    effectsPerSecond: done / seconds,
    cpuShare: (user + system) / 1e6 / seconds,
  }
})
