/**
 * An installation of its own for each run, on a Restate server of one or three nodes that many runs share. Between the
 * server and the workers stand wires: where users have a load balancer and a network.
 */
import { restate } from '../../../src/engine/index.ts'
import { freePorts, releasePorts } from '../../../src/testing/conformance/free-ports.ts'
import { forgetInstallation } from '../../../src/testing/conformance/restate-rig.ts'
import { readJournals } from '../folder.ts'
import type { Site } from '../site.ts'
import { openLink } from './link.ts'
import type { Link } from './link.ts'
import type { Server } from './server.ts'

/** A loaded machine is no failure. */
const PATIENCE_MS = 120_000

const portOf = (url: string): number => Number(new URL(url).port)

/** The installation of one run. */
export class RestateSite implements Site {
  readonly server: Server
  readonly #name: string
  /** Of the workers, the last first. */
  #ports: number[] = []
  /** All that were ever its own: who was frozen on one may still have it. */
  readonly #reserved: number[] = []
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
    const port = await this.#newPort()
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

  get isLost(): boolean {
    return this.server.isLost
  }

  answers(): Promise<boolean> {
    return this.server.answers()
  }

  async found() {
    // Through the wires: they lead to a node that lives.
    const { ingress, admin } = this.#links
    // A worker answers the questions of an auditor.
    const port = await this.#newPort()
    this.#links.worker.leadTo([port])
    const worker = { port, url: this.#links.worker.url }
    await using engine = await restate({
      name: this.#name,
      ingress: ingress.url,
      admin: admin.url,
      timeoutMs: PATIENCE_MS,
      worker,
    })
    return await readJournals(engine)
  }

  async #newPort(): Promise<number> {
    const [port = 0] = await freePorts(1)
    this.#reserved.push(port)
    return port
  }

  async [Symbol.asyncDispose](): Promise<void> {
    releasePorts(this.#reserved)
    for (const link of Object.values(this.#links)) link[Symbol.dispose]()
    // What is left of it costs the runs that follow time, and nothing else.
    const [node] = this.server.nodes
    if (node !== undefined) await forgetInstallation(node.admin, this.#name).catch(() => undefined)
  }
}
