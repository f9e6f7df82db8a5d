/**
 * `npm run cluster`: three nodes of a Restate server on this machine (every record on two of them), and two workers that run
 * the definitions of the files that are named, else those of an example. Prints how to use it; ^C stops all of it.
 */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { restateProgram, startRestateCluster } from '../src/testing/index.ts'
import { freePorts } from '../src/testing/conformance/free-ports.ts'

const WORKERS = 2
const BIN = fileURLToPath(new URL('../bin/skein.mjs', import.meta.url))
const EXAMPLE = fileURLToPath(new URL('../examples/02-brief/main.ts', import.meta.url))

const program = restateProgram()
if (program === undefined) {
  console.error('there is no Restate server for this machine: npm install --save-dev @restatedev/restate-server')
  process.exit(2)
}
const given = process.argv.slice(2)
const files = given.length === 0 ? [EXAMPLE] : given
const stopped = Promise.race(['SIGINT', 'SIGTERM', 'SIGHUP'].map((name) => once(process, name)))

console.log('The Restate server is under the Business Source License 1.1; see docs/guide/cluster.md.')
await using cluster = await startRestateCluster(program)
const [first, ...others] = cluster.nodes.map(({ ingress }) => new URL(ingress).host)
const admins = cluster.nodes.map(({ admin }) => admin)
const client = `restate://${first}?also=${others.join(',')}&admin=${admins.join(',')}&replication=2`
const [port] = await freePorts(1)
const workers: ChildProcess[] = []
// Before the nodes go, and also when something fails: nobody else knows them.
await using _ = {
  async [Symbol.asyncDispose]() {
    for (const worker of workers) worker.kill('SIGTERM')
    await Promise.all(
      workers
        .filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null)
        .map((worker) => once(worker, 'exit')),
    )
  },
}
for (let i = 0; i < WORKERS; i++) {
  const worker = spawn(process.execPath, [BIN, 'worker', ...files, '--engine', `${client}&port=${port}&share=true`], {
    stdio: ['ignore', 'pipe', 'inherit'],
    // ^C is for us, who ask them to leave.
    detached: true,
  })
  workers.push(worker)
  const [said] = (await Promise.race([once(worker.stdout, 'data'), once(worker, 'exit')])) as [Buffer | number]
  if (typeof said === 'number' || said === null) throw new Error(`a worker ended with ${said ?? 'a signal'}`)
}

console.log(
  [
    '',
    'three nodes:',
    ...cluster.nodes.map(({ ingress, admin }, i) => `  n${i + 1}  ingress ${ingress}  admin ${admin}`),
    `two workers: pids ${workers.map(({ pid }) => pid).join(', ')}, port ${port} of 127.0.0.1`,
    '',
    'use it, in another terminal:',
    `  export ENGINE='${client}'`,
    `  npx skein run ${files[0]} --id c1 --engine "$ENGINE"`,
    '  npx skein ps --all --engine "$ENGINE"',
    '  npx skein log c1 --engine "$ENGINE"',
    `try it: kill -9 ${workers[0]?.pid}, and the other worker goes on`,
    '',
    '^C stops all of it, and forgets what it kept',
  ].join('\n'),
)
await stopped
console.log('stopping')
