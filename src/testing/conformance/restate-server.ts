/** A Restate server of one's own, for tests: on loopback, on free ports, in a folder that goes with it. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

const UP_MS = 30_000
const POLL_MS = 50
const LOG_SHOWN = 2_000

/** A server that runs. */
export type LocalRestate = AsyncDisposable & {
  readonly ingress: string
  readonly admin: string
  /** Ends it as `kill -9` would, and starts it again over what it left, at the same place. */
  readonly restart: () => Promise<void>
}

/** The program, or undefined where its package is not installed. */
export function restateProgram(): string | undefined {
  const require = createRequire(import.meta.url)
  try {
    const manifest = require.resolve(`@restatedev/restate-server-${process.platform}-${process.arch}/package.json`)
    return join(dirname(manifest), 'bin', 'restate-server')
  } catch {
    return undefined
  }
}

/** Starts a server and waits until it answers. */
export async function startRestate(program: string): Promise<LocalRestate> {
  const folder = mkdtempSync(join(tmpdir(), 'skein-restate-'))
  const [node, admin, ingress] = await freePorts(3)
  const urls = { admin: `http://127.0.0.1:${admin}`, ingress: `http://127.0.0.1:${ingress}` }
  const env = {
    PATH: process.env['PATH'],
    DO_NOT_TRACK: '1',
    RESTATE_DISABLE_TELEMETRY: 'true',
    RESTATE_ROCKSDB_TOTAL_MEMORY_SIZE: '128MB',
    RESTATE_DEFAULT_NUM_PARTITIONS: '2',
    RESTATE_LISTEN_MODE: 'tcp',
    RESTATE_BIND_ADDRESS: `127.0.0.1:${node}`,
    RESTATE_ADVERTISED_ADDRESS: `http://127.0.0.1:${node}`,
    RESTATE_ADMIN__BIND_ADDRESS: `127.0.0.1:${admin}`,
    RESTATE_INGRESS__BIND_ADDRESS: `127.0.0.1:${ingress}`,
  }
  const up = async (): Promise<ChildProcess> => {
    const child = spawn(program, ['--base-dir', folder, '--node-name', 'n1'], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let log = ''
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => (log = (log + chunk.toString()).slice(-LOG_SHOWN)))
    try {
      for (const url of [`${urls.admin}/health`, `${urls.ingress}/restate/health`]) await answers(url, child)
      return child
    } catch (error) {
      await ended(child)
      throw new Error(`the Restate server did not come up: ${log}`, { cause: error })
    }
  }
  let child = await up()
  return {
    ...urls,
    async restart() {
      await ended(child)
      child = await up()
    },
    async [Symbol.asyncDispose]() {
      await ended(child)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const over = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  child.kill('SIGKILL')
  await over
}

async function answers(url: string, child: ChildProcess): Promise<void> {
  const end = performance.now() + UP_MS
  for (;;) {
    const isUp = await fetch(url).then(
      ({ ok }) => ok,
      () => false,
    )
    if (isUp) return
    if (child.exitCode !== null || performance.now() > end) throw new Error(`${url} does not answer`)
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
}

/** All open at once, so that no two are the same. */
async function freePorts(count: number): Promise<readonly number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer()
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      return server
    }),
  )
  const ports = servers.map((server) => (server.address() as AddressInfo).port)
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}
