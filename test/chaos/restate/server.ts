/**
 * Servers that many runs share. Invariants: 1. Kills of a server are one after the other, each with its start. 2. A server that
 * did not come back, or was found dead, is lost for good. 3. Whoever asks for a server next after that gets another one.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { startRestate, startRestateCluster } from '../../../src/testing/index.ts'
import type { LocalRestate } from '../../../src/testing/index.ts'
import { Starved } from '../broken-off.ts'

/** How long a server may be silent until it is found dead: a loaded machine is no failure. */
const SILENT_MS_MAX = 30_000
const ASK_MS_MAX = 5_000
const ASK_AGAIN_MS = 500

/** How many nodes. */
export type ServerKind = 'one' | 'three'

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
  readonly #silentMs: number
  readonly #watchers = new Set<() => void>()
  readonly #turns = new InTurn()
  #isLost = false

  constructor(about: {
    readonly nodes: readonly ServerNode[]
    readonly server: AsyncDisposable
    /** Ends nodes with `kill -9` and starts them again; rejects when they don't come up. */
    readonly restart: (nodes: readonly number[]) => Promise<void>
    readonly silentMs?: number
  }) {
    this.nodes = about.nodes
    this.#server = about.server
    this.#restart = about.restart
    this.#silentMs = about.silentMs ?? SILENT_MS_MAX
  }

  static async one(program: string): Promise<Server> {
    const server = await startRestate(program)
    return new Server({ nodes: [server], server, restart: () => server.restart() })
  }

  static async three(program: string): Promise<Server> {
    const server = await startRestateCluster(program)
    const restart = async (nodes: readonly number[]): Promise<void> => {
      const those = nodes.map((at) => server.nodes[at]!)
      await Promise.all(those.map(({ kill }) => kill()))
      await Promise.all(those.map(({ start }) => start()))
    }
    return new Server({ nodes: server.nodes, server, restart })
  }

  get isLost(): boolean {
    return this.#isLost
  }

  /** Whether most of its nodes say that they are well; it is lost when they don't. */
  async answers(): Promise<boolean> {
    // What is dead by our own hand comes back.
    await this.#turns.do(async () => {})
    const end = performance.now() + this.#silentMs
    while (!this.#isLost) {
      const well = await Promise.all(this.nodes.map(isWell))
      if (well.filter(Boolean).length > this.nodes.length / 2) return true
      if (performance.now() > end) this.#isLost = true
      else await sleep(ASK_AGAIN_MS)
    }
    return false
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
    return this.#turns.do(async () => {
      for (const act of this.#watchers) act()
      try {
        await this.#restart(nodes)
      } catch (thrown) {
        this.#isLost = true
        throw new Starved(`a server that was killed did not come back: ${String(thrown)}`, { cause: thrown })
      }
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]()
  }
}

async function isWell({ ingress, admin }: ServerNode): Promise<boolean> {
  const answers = [`${admin}/health`, `${ingress}/restate/health`].map((url) =>
    fetch(url, { signal: AbortSignal.timeout(ASK_MS_MAX) }).then(
      ({ ok }) => ok,
      () => false,
    ),
  )
  return (await Promise.all(answers)).every(Boolean)
}

/** Servers that runs share, started when the first of them needs one. */
export class Servers implements AsyncDisposable {
  readonly #open: (kind: ServerKind) => Promise<Server>
  readonly #started = new Map<ServerKind, Promise<Server>>()

  constructor(open: (kind: ServerKind) => Promise<Server>) {
    this.#open = open
  }

  /** One that was not lost. Rejects with `Starved` when it does not start; whoever asks next tries again. */
  async get(kind: ServerKind): Promise<Server> {
    const starting = this.#started.get(kind) ?? this.#start(kind)
    const server = await starting
    if (!server.isLost) return server
    if (this.#started.get(kind) === starting) {
      this.#started.delete(kind)
      await server[Symbol.asyncDispose]()
    }
    return this.get(kind)
  }

  #start(kind: ServerKind): Promise<Server> {
    const starting = this.#open(kind).catch((thrown: unknown) => {
      this.#started.delete(kind)
      throw new Starved(`no server: ${String(thrown)}`, { cause: thrown })
    })
    this.#started.set(kind, starting)
    return starting
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of this.#started.values()) await (await server)[Symbol.asyncDispose]()
  }
}
