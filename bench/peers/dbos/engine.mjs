/** DBOS on a fresh PostgreSQL with its defaults. An effect is one `DBOS.runStep`. CPU is that of both. */
import assert from 'node:assert/strict'
import { DBOS } from '@dbos-inc/dbos-sdk'
import { cell, cellArguments, quantile } from '../../cells/cell.ts'
import { postgresPrograms, startPostgres } from '../../../src/testing/conformance/postgres-server.ts'
import { cpuSecondsOf } from '../process-cpu.ts'

const { processes, effects } = cellArguments({ processes: 1000, effects: 10 })

const latenciesMs = []
let calls = 0
const work = DBOS.registerWorkflow(
  async () => {
    let sum = 0
    for (let n = 0; n < effects; n++) {
      const startedAt = performance.now()
      sum += await DBOS.runStep(note(n), { name: 'note' })
      latenciesMs.push(performance.now() - startedAt)
    }
    return sum
  },
  { name: 'work' },
)

function note(n) {
  return async () => {
    calls += 1
    return n
  }
}

await cell(async () => {
  const postgres = await startPostgres(postgresPrograms())
  try {
    DBOS.setConfig({ name: 'bench', systemDatabaseUrl: postgres.url, logLevel: 'error' })
    await DBOS.launch()
    await (await DBOS.startWorkflow(work, { workflowID: 'warm' })()).getResult()
    calls = latenciesMs.length = 0
    const cpuBefore = cpuSecondsOf(process.pid)
    const startedAt = performance.now()
    const handles = await Promise.all(
      Array.from({ length: processes }, (_, p) => DBOS.startWorkflow(work, { workflowID: `p${p}` })()),
    )
    const results = await Promise.all(handles.map((handle) => handle.getResult()))
    const seconds = (performance.now() - startedAt) / 1000
    const cpuSeconds = cpuSecondsOf(process.pid) - cpuBefore
    const count = processes * effects
    assert.deepEqual(new Set(results), new Set([(effects * (effects - 1)) / 2]))
    assert.equal(calls, count)
    await DBOS.shutdown()
    return {
      effectsPerSecond: count / seconds,
      latencyMsP50: quantile(latenciesMs, 0.5),
      latencyMsP99: quantile(latenciesMs, 0.99),
      cpuMicrosPerEffect: (cpuSeconds * 1e6) / count,
    }
  } finally {
    await postgres[Symbol.asyncDispose]()
  }
})
process.exit(0)
