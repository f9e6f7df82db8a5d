/**
 * Durable effects of workflows with a trivial tool, on a Restate server with its defaults: what `skein.ts` measures on the
 * disk, beside the same number of `ctx.run` of Restate alone (`bench/peers/restate`). `local`: an effect that nothing outward
 * depends on, which costs Restate alone the same.
 */
import assert from 'node:assert/strict'
import { open, tool, workflow } from 'skein'
import { restate } from 'skein/engine'
import { z } from 'zod'
import { restateProgram, startRestate } from '../../../src/testing/conformance/restate-server.ts'
import { cpuSecondsOf } from '../../peers/process-cpu.ts'
import { cell, cellArguments, quantile } from '../cell.ts'

const { processes, effects, effect } = cellArguments({ processes: 1000, effects: 10, effect: 'read' })

const latenciesMs: number[] = []
let calls = 0
const about = { name: 'note', inputSchema: z.object({ n: z.number() }) }
const execute = ({ n }: { n: number }) => {
  calls += 1
  return { n }
}
const note =
  effect === 'read'
    ? tool({ ...about, effect: 'read', execute })
    : effect === 'keyed'
      ? tool({ ...about, idempotent: true, execute })
      : tool({ ...about, execute })
const worker = workflow({ name: 'worker' }, async (ctx) => {
  for (let n = 0; n < effects; n++) {
    const startedAt = performance.now()
    if (effect === 'local') await ctx.step('note', () => execute({ n }), { effect: 'local' })
    else await ctx.tool(note, { n })
    latenciesMs.push(performance.now() - startedAt)
  }
})

await cell(async (data) => {
  const program = restateProgram()
  assert(program !== undefined, 'there is no Restate server for this machine')
  await using server = await startRestate(program, { isLean: false })
  await using skein = await open({ data, models: {}, engine: await restate(server), workflows: [worker] })
  await skein.run(worker, undefined, { id: 'first' })
  calls = latenciesMs.length = 0
  const cpuBefore = cpuSecondsOf(process.pid)
  const startedAt = performance.now()
  const runs = await Promise.all(
    Array.from({ length: processes }, (_, p) => skein.start(worker, undefined, { id: `p${p}` })),
  )
  await Promise.all(runs.map((run) => run.result()))
  const seconds = (performance.now() - startedAt) / 1000
  const cpuSeconds = cpuSecondsOf(process.pid) - cpuBefore
  assert.equal(calls, processes * effects)
  return {
    effectsPerSecond: calls / seconds,
    latencyMsP50: quantile(latenciesMs, 0.5),
    latencyMsP99: quantile(latenciesMs, 0.99),
    cpuMicrosPerEffect: (cpuSeconds * 1e6) / calls,
  }
})
