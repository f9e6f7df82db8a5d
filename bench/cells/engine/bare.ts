/** Effects on the bare store: one row each, durable before the next one of the same process begins. No engine, no facts. */
import assert from 'node:assert/strict'
import { BareStore } from '../bare-store.ts'
import { cell, cellArguments, quantile } from '../cell.ts'

const { processes, effects } = cellArguments({ processes: 1000, effects: 20 })

await cell(async (folder) => {
  using store = new BareStore(folder)
  const latenciesMs: number[] = []
  const work = async (p: string): Promise<void> => {
    for (let n = 0; n < effects; n++) {
      const startedAt = performance.now()
      await store.append(p, n, JSON.stringify({ n }))
      latenciesMs.push(performance.now() - startedAt)
    }
  }
  // Loads what a first run loads, as beside Skein and the peers.
  await work('first')
  latenciesMs.length = 0
  const cpu = process.cpuUsage()
  const startedAt = performance.now()
  await Promise.all(Array.from({ length: processes }, (_, p) => work(`p${p}`)))
  const seconds = (performance.now() - startedAt) / 1000
  const { user, system } = process.cpuUsage(cpu)
  const count = processes * effects
  assert.equal(store.rows, count + effects)
  return {
    effectsPerSecond: count / seconds,
    latencyMsP50: quantile(latenciesMs, 0.5),
    latencyMsP99: quantile(latenciesMs, 0.99),
    cpuMicrosPerEffect: (user + system) / count,
  }
})
