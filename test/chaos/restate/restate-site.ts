/**
 * An installation of its own for each run, on a Restate server of one or three nodes that many runs share. Between the
 * server and the workers stand wires: where users have a load balancer and a network.
 */
import { restate } from '../../../src/engine/index.ts'
import { freePorts } from '../../../src/testing/conformance/free-ports.ts'
import { forgetInstallation } from '../../../src/testing/conformance/restate-rig.ts'
import { startRestate, startRestateCluster } from '../../../src/testing/index.ts'
import type { LocalRestate } from '../../../src/testing/index.ts'
import { readJournals } from '../folder.ts'
import type { Site } from '../site.ts'
import { openLink } from './link.ts'
import type { Link } from './link.ts'

/** Where one node of a server is. */
type ServerNode = Pick<LocalRestate, 'ingress' | 'admin'>

/** Acts on a server, one after the other. */
class InTurn {
  #last: Promise<unknown> = Promise.resolve()

  do(act: () => Promise<void>): Promise<void> {
    const turn = this.#last.then(act)
    this.#last = turn.catch(() => undefined)
    return turn
  }
}

/** A server with one node or more, which many runs share. */
export class Server implements AsyncDisposable {
  readonly nodes: readonly ServerNode[]
  readonly #server: AsyncDisposable
  readonly #restart: (nodes: readonly number[]) => Promise<void>
  readonly #watchers = new Set<() => void>()
  readonly #turns = new InTurn()

  private constructor(
    nodes: readonly ServerNode[],
    server: AsyncDisposable,
    restart: (nodes: readonly number[]) => Promise<void>,
  ) {
    this.nodes = nodes
    this.#server = server
    this.#restart = restart
  }

  static async one(program: string): Promise<Server> {
    const server = await startRestate(program)
    return new Server([server], server, () => server.restart())
  }

  static async three(program: string): Promise<Server> {
    const cluster = await startRestateCluster(program)
    return new Server(cluster.nodes, cluster, async (nodes) => {
      const those = nodes.map((at) => cluster.nodes[at]!)
      await Promise.all(those.map(({ kill }) => kill()))
      await Promise.all(those.map(({ start }) => start()))
    })
  }

  /** Tells `act` whenever a node is about to be killed. */
  onKill(act: () => void): () => void {
    this.#watchers.add(act)
    return () => this.#watchers.delete(act)
  }

  /** Ends a node with `kill -9`, and starts it again. */
  restart(at: number): Promise<void> {
    return this.#kill([at])
  }

  /** Ends all at once, and starts them again. */
  restartAll(): Promise<void> {
    return this.#kill([...this.nodes.keys()])
  }

  #kill(nodes: readonly number[]): Promise<void> {
    return this.#turns.do(() => {
      for (const act of this.#watchers) act()
      return this.#restart(nodes)
    })
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve(this.#server[Symbol.asyncDispose]())
  }
}

/** Servers that runs share, started when the first of them needs one. */
export class Servers implements AsyncDisposable {
  readonly #program: string
  readonly #started = new Map<'one' | 'three', Promise<Server>>()

  constructor(program: string) {
    this.#program = program
  }

  get(nodes: 'one' | 'three'): Promise<Server> {
    const known = this.#started.get(nodes) ?? Server[nodes](this.#program)
    this.#started.set(nodes, known)
    return known
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of this.#started.values()) await (await server)[Symbol.asyncDispose]()
  }
}

/** A loaded machine is no failure. */
const PATIENCE_MS = 120_000

const portOf = (url: string): number => Number(new URL(url).port)

/** The installation of one run. */
export class RestateSite implements Site {
  readonly server: Server
  readonly #name: string
  /** Of the workers, the last first. */
  #ports: number[] = []
  readonly #links: { readonly worker: Link; readonly ingress: Link; readonly admin: Link }

  private constructor(about: {
    readonly server: Server
    readonly name: string
    readonly links: { readonly worker: Link; readonly ingress: Link; readonly admin: Link }
  }) {
    this.server = about.server
    this.#name = about.name
    this.#links = about.links
  }

  static async open(server: Server, name: string): Promise<RestateSite> {
    const [worker, ingress, admin] = [await openLink(), await openLink(), await openLink()]
    ingress.leadTo(server.nodes.map((node) => portOf(node.ingress)))
    admin.leadTo(server.nodes.map((node) => portOf(node.admin)))
    return new RestateSite({ server, name, links: { worker, ingress, admin } })
  }

  /** A worker that is not told yet to the wire has its port here. */
  async order() {
    const [port = 0] = await freePorts(1)
    this.#ports = [port, ...this.#ports]
    this.#links.worker.leadTo(this.#ports)
    const { worker, ingress, admin } = this.#links
    const options = {
      name: this.#name,
      ingress: ingress.url,
      admin: admin.url,
      timeoutMs: PATIENCE_MS,
      worker: { port, url: worker.url },
    }
    return { engine: { kind: 'restate', options } } as const
  }

  /** Cuts the workers off, in both directions. */
  cut(): void {
    for (const link of Object.values(this.#links)) link.cut()
  }

  heal(): void {
    for (const link of Object.values(this.#links)) link.heal()
  }

  /** The server is led to the last worker only, and loses what it had with others. */
  fallOver(): void {
    this.#links.worker.leadTo(this.#ports.slice(0, 1))
    this.#links.worker.drop()
  }

  /** Those that answer again are found again, behind the last. */
  comeBack(): void {
    this.#links.worker.leadTo(this.#ports)
  }

  async found() {
    const [{ ingress, admin } = { ingress: '', admin: '' }] = this.server.nodes
    // A worker answers the questions of an auditor.
    const [port = 0] = await freePorts(1)
    this.#links.worker.leadTo([port])
    const worker = { port, url: this.#links.worker.url }
    await using engine = await restate({ name: this.#name, ingress, admin, timeoutMs: PATIENCE_MS, worker })
    return await readJournals(engine)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const link of Object.values(this.#links)) link[Symbol.dispose]()
    // What is left of it costs the runs that follow time, and nothing else.
    const [node] = this.server.nodes
    if (node !== undefined) await forgetInstallation(node.admin, this.#name).catch(() => undefined)
  }
}
