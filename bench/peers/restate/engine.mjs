/**
 * Restate: one server with its defaults on a folder of its own, a worker in a process of its own, and this process as
 * the client. An effect is one `ctx.run`. CPU is that of all three.
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { cell, cellArguments, quantile } from '../../cells/cell.ts'
import { freePort } from '../free-port.mjs'
import { cpuSecondsOf } from '../process-cpu.ts'

const PATIENCE_MS = 30_000
const WORKER = fileURLToPath(new URL('worker.mjs', import.meta.url))

const { processes, effects } = cellArguments({ processes: 1000, effects: 10 })

await cell(async (folder) => {
  const [node, ingress, admin, port] = [await freePort(), await freePort(), await freePort(), await freePort()]
  const server = startServer(folder, { node, ingress, admin })
  const worker = spawn(process.execPath, ['--no-warnings', WORKER, String(port), String(effects)], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  })
  try {
    const lines = createInterface({ input: worker.stdout })
    await once(lines, 'line')
    await until(() => post(`http://127.0.0.1:${admin}/deployments`, { uri: `http://127.0.0.1:${port}`, force: true }))
    await until(() => post(`http://127.0.0.1:${ingress}/bench/work`, {}, 'warm'))
    await ask(worker, 'begin')
    const cpuBefore = cpuSecondsOf(process.pid)
    const startedAt = performance.now()
    const results = await Promise.all(
      Array.from({ length: processes }, (_, p) => post(`http://127.0.0.1:${ingress}/bench/work`, {}, `p${p}`)),
    )
    const seconds = (performance.now() - startedAt) / 1000
    const cpuSeconds = cpuSecondsOf(process.pid) - cpuBefore
    const latenciesMs = await ask(worker, 'end')
    const count = processes * effects
    assert.deepEqual(new Set(results), new Set([(effects * (effects - 1)) / 2]))
    assert.equal(latenciesMs.length, count)
    return {
      effectsPerSecond: count / seconds,
      latencyMsP50: quantile(latenciesMs, 0.5),
      latencyMsP99: quantile(latenciesMs, 0.99),
      cpuMicrosPerEffect: (cpuSeconds * 1e6) / count,
    }
  } finally {
    worker.kill('SIGKILL')
    server.kill('SIGTERM')
    await once(server, 'close')
  }
})

function startServer(folder, { node, ingress, admin }) {
  const here = createRequire(import.meta.url)
  const packaged = `@restatedev/restate-server-${process.platform}-${process.arch}/package.json`
  const binary = join(here.resolve(packaged), '..', 'bin', 'restate-server')
  const env = {
    ...process.env,
    DO_NOT_TRACK: '1',
    RESTATE_DISABLE_TELEMETRY: 'true',
    RESTATE_BIND_ADDRESS: `127.0.0.1:${node}`,
    RESTATE_ADVERTISED_ADDRESS: `http://127.0.0.1:${node}`,
    RESTATE_LISTEN_MODE: 'tcp',
    RESTATE_INGRESS__BIND_ADDRESS: `127.0.0.1:${ingress}`,
    RESTATE_ADMIN__BIND_ADDRESS: `127.0.0.1:${admin}`,
    RUST_LOG: 'warn',
  }
  const args = ['--base-dir', join(folder, 'restate'), '--node-name', 'n1']
  return spawn(binary, args, { stdio: ['ignore', 'ignore', 'ignore'], env })
}

async function post(url, body, key) {
  const headers = { 'content-type': 'application/json', ...(key === undefined ? {} : { 'idempotency-key': key }) }
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`)
  return response.json()
}

async function until(work) {
  const startedAt = performance.now()
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (performance.now() - startedAt > PATIENCE_MS) throw error
      await pause(50)
    }
  }
}

async function ask(worker, what) {
  worker.send(what)
  const [answer] = await once(worker, 'message')
  return answer
}
