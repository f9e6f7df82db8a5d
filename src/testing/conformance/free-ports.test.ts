import { createServer } from 'node:net'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'
import { freePorts, releasePorts } from './free-ports.ts'

const MANY = 200
const GIVEN_AWAY = '/proc/sys/net/ipv4/ip_local_port_range'

/** Another copy of the module, which knows nothing of what this one has given. */
async function askElsewhere(count: number): Promise<{ ports: readonly number[]; thread: Worker }> {
  const module = new URL('free-ports.ts', import.meta.url).href
  const program = `import(${JSON.stringify(module)}).then(async ({ freePorts }) =>
    require('node:worker_threads').parentPort.on('message', () => {}).postMessage(await freePorts(${count})))`
  const thread = new Worker(program, { eval: true })
  const [ports] = (await once(thread, 'message')) as [readonly number[]]
  return { ports, thread }
}

test('no port is given twice, to lanes of one program or to two programs, before it is released', async () => {
  const [lanes, other] = await Promise.all([
    Promise.all(Array.from({ length: MANY }, () => freePorts(2))),
    askElsewhere(MANY),
  ])
  const ports = [...lanes.flat(), ...other.ports]
  expect(ports).toHaveLength(3 * MANY)
  expect(new Set(ports).size).toBe(ports.length)
  releasePorts(lanes.flat())
  await other.thread.terminate()
})

test.runIf(existsSync(GIVEN_AWAY))(
  'a port can be listened on, and is none that the system gives away by itself',
  async () => {
    const [least = 0, most = 0] = readFileSync(GIVEN_AWAY, 'utf8').split(/\s+/u).map(Number)
    const ports = await freePorts(MANY)
    expect(ports.filter((port) => port >= least && port <= most)).toEqual([])
    const server = createServer().listen(ports[0], '127.0.0.1')
    await once(server, 'listening')
    await once(server.close(), 'close')
    releasePorts(ports)
  },
)
