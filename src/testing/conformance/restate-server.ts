/** Restate servers of one's own, for tests: one node, or a cluster of three, in a folder that goes with it. */
import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { LEAN, nodePorts, nodeUrl, restateNode } from './restate-node.ts'
import type { RestateNode } from './restate-node.ts'

/** A server that runs. */
export type LocalRestate = AsyncDisposable & {
  readonly ingress: string
  readonly admin: string
  /** Ends it as `kill -9` would, and starts it again over what it left, at the same place. */
  readonly restart: () => Promise<void>
}

/** Several nodes that keep every record on two of them. */
export type LocalCluster = AsyncDisposable & { readonly nodes: readonly RestateNode[] }

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

/** Starts a server and waits until it answers. `isLean: false`: with its own defaults, for who measures it. */
export async function startRestate(program: string, { isLean = true } = {}): Promise<LocalRestate> {
  const folder = mkdtempSync(join(tmpdir(), 'skein-restate-'))
  const [ports] = await nodePorts(1)
  const node = restateNode(program, { name: 'n1', folder, ports: ports!, env: isLean ? LEAN : {} })
  try {
    await node.start()
  } catch (thrown) {
    rmSync(folder, { recursive: true, force: true })
    throw thrown
  }
  return {
    admin: node.admin,
    ingress: node.ingress,
    async restart() {
      await node.kill()
      await node.start()
    },
    async [Symbol.asyncDispose]() {
      await node.kill()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

const NODES = 3

/** Starts three nodes with a replication of two and waits until all of them answer. */
export async function startRestateCluster(program: string): Promise<LocalCluster> {
  const folder = mkdtempSync(join(tmpdir(), 'skein-cluster-'))
  const all = await nodePorts(NODES)
  const env = {
    ...LEAN,
    RESTATE_DEFAULT_REPLICATION: '2',
    RESTATE_METADATA_CLIENT__ADDRESSES: JSON.stringify(all.map(nodeUrl)),
  }
  const nodes = all.map((ports, i) => {
    const argv = ['--cluster-name', 'skein', '--force-node-id', `${i + 1}`, '--auto-provision', `${i === 0}`]
    return restateNode(program, { name: `n${i + 1}`, folder: join(folder, `n${i + 1}`), ports, env, argv })
  })
  const dispose = async (): Promise<void> => {
    await Promise.all(nodes.map(({ kill }) => kill()))
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    await Promise.all(nodes.map(({ start }) => start()))
  } catch (thrown) {
    await dispose()
    throw thrown
  }
  return { nodes, [Symbol.asyncDispose]: dispose }
}
