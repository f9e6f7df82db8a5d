/** A process of a Restate server: on loopback, on free ports, in a folder that is given. */
import { freePorts } from './free-ports.ts'
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'

const UP_MS = 60_000
const POLL_MS = 50
const LOG_SHOWN = 2_000

/** A node that was started. */
export type RestateNode = AsyncDisposable & {
  readonly ingress: string
  readonly admin: string
  /** Ends it as `kill -9` would. */
  readonly kill: () => Promise<void>
  /** Starts it again over what it left, at the same place; resolves when it answers. */
  readonly start: () => Promise<void>
}

/** Where a node listens, all on loopback. */
export type NodePorts = { readonly node: number; readonly admin: number; readonly ingress: number }

/** Ports for so many nodes that nobody has just now. */
export async function nodePorts(count: number): Promise<readonly NodePorts[]> {
  const ports = await freePorts(3 * count)
  return Array.from({ length: count }, (_, i) => ({
    node: ports[3 * i]!,
    admin: ports[3 * i + 1]!,
    ingress: ports[3 * i + 2]!,
  }))
}

/** How the others reach a node. */
export const nodeUrl = ({ node }: NodePorts): string => `http://127.0.0.1:${node}`

/** Makes a node that shares its machine with others small. */
export const LEAN = { RESTATE_ROCKSDB_TOTAL_MEMORY_SIZE: '128MB', RESTATE_DEFAULT_NUM_PARTITIONS: '2' } as const

/** A node that is not started yet. `env` and `argv` are what makes it one of a cluster. */
export function restateNode(
  program: string,
  about: {
    readonly name: string
    readonly folder: string
    readonly ports: NodePorts
    readonly env?: Readonly<Record<string, string>>
    readonly argv?: readonly string[]
  },
): RestateNode {
  const { name, folder, ports, argv = [] } = about
  const [admin, ingress] = [`http://127.0.0.1:${ports.admin}`, `http://127.0.0.1:${ports.ingress}`]
  const env = {
    PATH: process.env['PATH'],
    DO_NOT_TRACK: '1',
    RESTATE_DISABLE_TELEMETRY: 'true',
    RESTATE_LISTEN_MODE: 'tcp',
    RESTATE_BIND_ADDRESS: `127.0.0.1:${ports.node}`,
    RESTATE_ADVERTISED_ADDRESS: nodeUrl(ports),
    RESTATE_ADMIN__BIND_ADDRESS: `127.0.0.1:${ports.admin}`,
    RESTATE_INGRESS__BIND_ADDRESS: `127.0.0.1:${ports.ingress}`,
    ...about.env,
  }
  let child: ChildProcess | undefined
  const kill = async (): Promise<void> => {
    const dying = child
    child = undefined
    if (dying !== undefined) await ended(dying)
  }
  return {
    ingress,
    admin,
    kill,
    async start() {
      const born = spawn(program, ['--base-dir', folder, '--node-name', name, ...argv], {
        env,
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      child = born
      let log = ''
      for (const stream of [born.stdout, born.stderr])
        stream?.on('data', (chunk: Buffer) => (log = (log + chunk.toString()).slice(-LOG_SHOWN)))
      try {
        for (const url of [`${admin}/health`, `${ingress}/restate/health`]) await answers(url, born)
      } catch (error) {
        await ended(born)
        throw new Error(`the Restate server did not come up: ${log}`, { cause: error })
      }
    },
    [Symbol.asyncDispose]: kill,
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
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`${url} does not answer any more`)
    if (performance.now() > end) throw new Error(`${url} does not answer`)
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
}
