/**
 * Durable effects of workflows with a trivial tool over a fresh PostgreSQL with its defaults: this process starts them, and it
 * and the other workers run them. CPU is that of all of them and of the server.
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { open } from 'skein'
import { postgres } from 'skein/engine'
import { postgresPrograms, startPostgres } from '../../../src/testing/conformance/postgres-server.ts'
import { cpuSecondsOf } from '../../peers/process-cpu.ts'
import { cell, cellArguments, quantile } from '../cell.ts'
import { trivial } from './trivial.ts'

type Done = ReturnType<typeof trivial>['done']

const { processes, effects, workers } = cellArguments({ processes: 300, effects: 20, workers: 1 })
const WORKER = fileURLToPath(new URL('worker.ts', import.meta.url))

/** Another worker; `end` tells what it has done. */
async function another(url: string): Promise<{ readonly end: () => Promise<Done> }> {
  const args = ['--conditions=skein-source', '--no-warnings', WORKER, '--url', url, '--effects', String(effects)]
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  await lines.next()
  return {
    async end() {
      child.stdin.end()
      const { value } = await lines.next()
      return JSON.parse(String(value)) as Done
    },
  }
}

await cell(async () => {
  await using server = await startPostgres(postgresPrograms() ?? '')
  const { worker, done } = trivial(effects)
  await using skein = await open({ engine: await postgres({ connectionString: server.url }), workflows: [worker] })
  // Loads what a first run loads.
  await skein.run(worker, undefined, { id: 'first' })
  done.calls = done.latenciesMs.length = 0
  const others = await Promise.all(Array.from({ length: workers - 1 }, () => another(server.url)))
  const cpuBefore = cpuSecondsOf(process.pid)
  const startedAt = performance.now()
  const runs = await Promise.all(
    Array.from({ length: processes }, (_, p) => skein.start(worker, undefined, { id: `p${p}` })),
  )
  await Promise.all(runs.map((run) => run.result()))
  const seconds = (performance.now() - startedAt) / 1000
  const cpuSeconds = cpuSecondsOf(process.pid) - cpuBefore
  const all = [done, ...(await Promise.all(others.map(({ end }) => end())))]
  const count = processes * effects
  assert.equal(
    all.reduce((sum, { calls }) => sum + calls, 0),
    count,
  )
  const latenciesMs = all.flatMap((one) => one.latenciesMs)
  return {
    effectsPerSecond: count / seconds,
    latencyMsP50: quantile(latenciesMs, 0.5),
    latencyMsP99: quantile(latenciesMs, 0.99),
    cpuMicrosPerEffect: (cpuSeconds * 1e6) / count,
    mostOfOneWorker: Math.max(...all.map(({ calls }) => calls)) / count,
  }
})
