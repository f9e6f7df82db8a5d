/**
 * An installation of its own for each run, on a Restate server of one or three nodes. Between the server and the workers
 * stand wires: where users have a load balancer and a network.
 */
import { restate } from '../../../src/engine/index.ts'
import { freePorts } from '../../../src/testing/conformance/free-ports.ts'
import { startRestate, startRestateCluster } from '../../../src/testing/index.ts'
import { readJournals } from '../folder.ts'
import type { Site } from '../site.ts'
import { openLink } from './link.ts'
import type { Link } from './link.ts'

/** One node of a server. */
export type ServerNode = {
  readonly ingress: string
  readonly admin: string
  readonly restart: () => Promise<void>
}

/** A server with one node or more. */
export type Server = AsyncDisposable & {
  readonly nodes: readonly ServerNode[]
  /** Ends all at once, and starts them again. */
  readonly restartAll: () => Promise<void>
}

/** Servers that runs share, started when the first of them needs one. */
export class Servers implements AsyncDisposable {
  readonly #program: string
  readonly #shared = new Map<'one' | 'three', Promise<Server>>()

  constructor(program: string) {
    this.#program = program
  }

  shared(nodes: 'one' | 'three'): Promise<Server> {
    const known = this.#shared.get(nodes) ?? (nodes === 'one' ? this.own() : this.#cluster())
    this.#shared.set(nodes, known)
    return known
  }

  /** One that nobody else uses. */
  async own(): Promise<Server> {
    const server = await startRestate(this.#program)
    const { ingress, admin, restart } = server
    return {
      nodes: [{ ingress, admin, restart }],
      restartAll: restart,
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    }
  }

  async #cluster(): Promise<Server> {
    const cluster = await startRestateCluster(this.#program)
    // Two runs may want the same node at the same time.
    let last: Promise<unknown> = Promise.resolve()
    const inTurn = (act: () => Promise<void>): Promise<void> => {
      const turn = last.then(act)
      last = turn.catch(() => undefined)
      return turn
    }
    return {
      nodes: cluster.nodes.map(({ ingress, admin, kill, start }) => ({
        ingress,
        admin,
        restart: () =>
          inTurn(async () => {
            await kill()
            await start()
          }),
      })),
      restartAll: () =>
        inTurn(async () => {
          await Promise.all(cluster.nodes.map(({ kill }) => kill()))
          await Promise.all(cluster.nodes.map(({ start }) => start()))
        }),
      [Symbol.asyncDispose]: () => cluster[Symbol.asyncDispose](),
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of this.#shared.values()) await (await server)[Symbol.asyncDispose]()
  }
}

/** A loaded machine is no failure. */
const PATIENCE_MS = 120_000

const portOf = (url: string): number => Number(new URL(url).port)

/** The installation of one run. */
export class RestateSite implements Site {
  readonly server: Server
  readonly #name: string
  readonly #isOwn: boolean
  /** Of the workers, the last first. */
  #ports: number[] = []
  readonly #links: { readonly worker: Link; readonly ingress: Link; readonly admin: Link }

  private constructor(about: {
    readonly server: Server
    readonly name: string
    readonly isOwn: boolean
    readonly links: { readonly worker: Link; readonly ingress: Link; readonly admin: Link }
  }) {
    this.server = about.server
    this.#name = about.name
    this.#isOwn = about.isOwn
    this.#links = about.links
  }

  /** `isOwn`: the server goes with the run. */
  static async open(server: Server, name: string, isOwn: boolean): Promise<RestateSite> {
    const [worker, ingress, admin] = [await openLink(), await openLink(), await openLink()]
    ingress.leadTo(server.nodes.map((node) => portOf(node.ingress)))
    admin.leadTo(server.nodes.map((node) => portOf(node.admin)))
    return new RestateSite({ server, name, isOwn, links: { worker, ingress, admin } })
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
    this.#ports = this.#ports.slice(0, 1)
    this.#links.worker.leadTo(this.#ports)
    this.#links.worker.drop()
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
    if (this.#isOwn) await this.server[Symbol.asyncDispose]()
  }
}
