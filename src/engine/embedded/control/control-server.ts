/**
 * The owner's ear: acting verbs from other processes of the same user, over a Unix socket in the data folder.
 *
 * Invariants:
 * 1. Only the holder of the owner lock listens; what an older owner left behind is removed by the next.
 * 2. A bad line is answered and harms nobody but its sender.
 */
import { chmodSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import type { Server, Socket } from 'node:net'
import { errorData, SkeinError, toSkeinError } from '../../../std/index.ts'
import type { Pid } from '../../../std/index.ts'
import type { Engine } from '../../port.ts'
import type { Store } from '../store/store.ts'
import { readLines } from './lines.ts'
import type { ControlAnswer, ControlCall, ControlRequest } from './protocol.ts'
import { chooseSocketPath, removeSocket } from './socket-path.ts'

type Acting = Pick<
  Engine,
  'start' | 'deliver' | 'control' | 'settle' | 'watch' | 'switch' | 'setQuarantine' | 'erase' | 'compact'
>

/** What the engine itself does not do, and its owner may. */
export type OwnersActs = {
  /** A successor has asked for the folder: drain and dispose. Without it, who asks is told that this owner stays. */
  readonly onHandOver?: () => void
  /** Removes what a process said live: only the owner of a folder writes there. */
  readonly forget?: (pid: Pid) => Promise<void>
}

/** The control socket of one owner. */
export class ControlServer implements AsyncDisposable {
  readonly #engine: Acting
  readonly #acts: OwnersActs
  readonly #server: Server
  readonly #path: string
  readonly #closing = new AbortController()
  readonly #sockets = new Set<Socket>()

  private constructor(engine: Acting, path: string, acts: OwnersActs) {
    this.#engine = engine
    this.#path = path
    this.#acts = acts
    this.#server = createServer((socket) => this.#accept(socket))
  }

  /** Listens, and writes down where. */
  static async open(
    engine: Acting,
    { store, folder, ...acts }: OwnersActs & { readonly store: Store; readonly folder: string },
  ): Promise<ControlServer> {
    const old = store.tables.meta.get('socket')
    if (old !== undefined) removeSocket(old)
    const path = chooseSocketPath(folder)
    rmSync(path, { force: true })
    const server = new ControlServer(engine, path, acts)
    await server.#listen()
    await store.commit(() => store.tables.meta.set('socket', path))
    return server
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort()
    for (const socket of this.#sockets) socket.destroy()
    await new Promise<void>((resolve) => void this.#server.close(() => resolve()))
    removeSocket(this.#path)
  }

  #listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(this.#path, () => {
        chmodSync(this.#path, 0o600)
        resolve()
      })
    })
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket)
    const gone = new AbortController()
    // A client that dies in the middle is no event of ours.
    socket.on('error', () => {})
    socket.on('close', () => {
      this.#sockets.delete(socket)
      gone.abort()
    })
    readLines(socket, (line) => void this.#serve(line, socket, gone.signal))
  }

  async #serve(line: string, socket: Socket, gone: AbortSignal): Promise<void> {
    let id = -1
    const answer = (said: ControlAnswer): boolean => !socket.destroyed && socket.write(`${JSON.stringify(said)}\n`)
    try {
      const request = parseRequest(line)
      id = request.id
      if (request.call.op === 'watch') {
        for await (const change of this.#engine.watch(
          request.call.query,
          AbortSignal.any([gone, this.#closing.signal]),
        )) {
          if (!answer({ id, change })) await drained(socket, gone)
        }
      } else answer({ id, ok: await this.#act(request.call) })
    } catch (thrown) {
      answer({ id, error: errorData(toSkeinError(thrown, 'USAGE')) })
    }
  }

  async #forget(pid: Pid): Promise<void> {
    if (this.#acts.forget === undefined) throw leaving()
    await this.#acts.forget(pid)
  }

  async #erase({ pid, by, key }: Extract<ControlCall, { op: 'erase' }>): Promise<unknown> {
    if (key !== undefined) return this.#engine.erase(pid, { by, key })
    await this.#acts.forget?.(pid)
    return this.#engine.erase(pid, { by })
  }

  #act(call: Exclude<ControlCall, { op: 'watch' }>): unknown {
    switch (call.op) {
      case 'ping':
        return 'pong'
      case 'handOver':
        this.#acts.onHandOver?.()
        return this.#acts.onHandOver !== undefined
      case 'release':
        return this.#engine.setQuarantine(undefined).then(() => true)
      case 'forget':
        return this.#forget(call.pid).then(() => true)
      case 'erase':
        return this.#erase(call)
      case 'compact':
        return this.#engine.compact().then(() => true)
      case 'start':
        return this.#engine.start(call.request)
      case 'deliver':
        return this.#engine.deliver(call.message)
      case 'control':
        return this.#engine.control(call.pid, call.control)
      case 'settle':
        return this.#engine.settle(call.token, call.settlement, call.hold)
      case 'switch':
        return this.#engine.switch(call.change)
      default:
        throw new SkeinError(
          'USAGE',
          `the owner of this data folder does not know "${String((call as { op?: unknown }).op)}"; ` +
            'use the same version of Skein on both sides',
        )
    }
  }
}

function leaving(): SkeinError {
  return new SkeinError(
    'CONTROL_UNREACHABLE',
    'who has this data folder has it for a moment, and does not remove what processes said live; try again',
  )
}

function parseRequest(line: string): ControlRequest {
  const request = JSON.parse(line) as Partial<ControlRequest> | null
  if (request?.v === 1 && typeof request.id === 'number' && typeof request.call === 'object')
    return request as ControlRequest
  throw new SkeinError(
    'USAGE',
    'a line on the control socket is not a request of version 1; use the same version of Skein on both sides',
  )
}

function drained(socket: Socket, gone: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (socket.destroyed || gone.aborted) return resolve()
    // A watcher stays for long: of each wait nothing may be left.
    const goOn = (): void => {
      socket.off('drain', goOn).off('close', goOn)
      resolve()
    }
    socket.once('drain', goOn).once('close', goOn)
  })
}
