/**
 * CPU per durable agent step (a model call and a tool call), as users run it: `open()` on a data folder, `agent()`,
 * `tool()`, a model of the AI SDK's shape that answers after 20 ms, so that all runs are alive at once.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { agent, open, tool } from 'skein'
import { z } from 'zod'
import { scriptedModel } from 'skein/testing'
import type { ScriptedModel } from 'skein/testing'

const STEPS = 10
const MODEL_MS = 20

type Round = { readonly cpuMicrosPerStep: number; readonly stepsPerSecond: number; readonly rssMb: number }

/** Median and spread over the rounds; the first one, which warms up, is left out. */
export async function steps(options: {
  readonly runs: number
  readonly rounds: number
}): Promise<Record<string, string>> {
  const rounds: Round[] = []
  for (let round = 0; round <= options.rounds; round++) {
    const figures = await once(options.runs)
    if (round > 0) rounds.push(figures)
  }
  return {
    'runs at once': String(options.runs),
    'steps per run (model + tool)': String(STEPS),
    'CPU µs per durable step': spread(rounds.map((round) => round.cpuMicrosPerStep)),
    'durable steps per second': spread(rounds.map((round) => round.stepsPerSecond)),
    'RSS MB at the end': spread(rounds.map((round) => round.rssMb)),
  }
}

async function once(runs: number): Promise<Round> {
  const data = mkdtempSync(join(tmpdir(), 'skein-bench-'))
  try {
    const note = tool({
      name: 'note',
      effect: 'read',
      inputSchema: z.object({ n: z.number() }),
      execute: ({ n }) => ({ n }),
    })
    const worker = agent({ name: 'bench', model: mockModel(), instructions: 'You work.', tools: { note } })
    await using skein = await open({ data, workflows: [worker] })
    const cpu = process.cpuUsage()
    const started = performance.now()
    const handles = await Promise.all(
      Array.from({ length: runs }, (_, i) => skein.start(worker, 'go', { id: `b${i}` })),
    )
    await Promise.all(handles.map((handle) => handle.result()))
    const { user, system } = process.cpuUsage(cpu)
    const seconds = (performance.now() - started) / 1000
    const count = runs * STEPS
    return {
      cpuMicrosPerStep: (user + system) / count,
      stepsPerSecond: count / seconds,
      rssMb: process.memoryUsage().rss / 1e6,
    }
  } finally {
    rmSync(data, { recursive: true, force: true })
  }
}

/** Calls the tool ten times, then answers; a reply takes 20 ms. */
function mockModel(): ScriptedModel {
  return scriptedModel(async ({ turn }) => {
    await setTimeout(MODEL_MS)
    return turn < STEPS ? { calls: [{ tool: 'note', input: { n: turn } }] } : 'done'
  })
}

function spread(values: readonly number[]): string {
  const sorted = [...values].sort((a, b) => a - b)
  const median = sorted[Math.floor(sorted.length / 2)] ?? 0
  return `${median.toFixed(median < 100 ? 1 : 0)}  (${sorted[0]?.toFixed(0)}–${sorted.at(-1)?.toFixed(0)}, ${sorted.length} rounds)`
}
