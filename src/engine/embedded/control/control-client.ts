/**
 * The other end of the control socket: acting verbs beside a live owner.
 *
 * Invariants:
 * 1. Every call ends: with its answer, or with `CONTROL_UNREACHABLE` when the connection ends or nothing comes in time.
 *    All calls are idempotent by an id, so asking again is safe.
 * 2. The connection is made when it is needed, again if it was lost.
 */
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { errorFromData, SkeinError } from '../../../std/index.ts'
import type { Clock } from '../../../std/index.ts'
import { CONTROL_TIMEOUT_MS, WATCH_BACKLOG_MAX } from '../../limits.ts'
import type { Change, Query } from '../../port.ts'
import { readLines } from './lines.ts'
import type { ControlAnswer, ControlCall } from './protocol.ts'

type Pending = {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: SkeinError) => void
  readonly timeout: Disposable
}

type Stream = { readonly socket: Socket; readonly backlog: ControlAnswer[]; wake: () => void; lost: string | undefined }

/** A client of one owner. */
export class ControlClient implements Disposable {
  readonly #path: string
  readonly #clock: Clock
  readonly #pending = new Map<number, Pending>()
  #socket: Socket | undefined
  #lastId = 0

  constructor(path: string, clock: Clock) {
    this.#path = path
    this.#clock = clock
  }

  /** The owner's answer. */
  call(call: Exclude<ControlCall, { op: 'watch' }>, timeoutMs = CONTROL_TIMEOUT_MS): Promise<unknown> {
    const id = ++this.#lastId
    return new Promise((resolve, reject) => {
      const timeout = this.#clock.timer(timeoutMs, () => {
        this.#pending.delete(id)
        reject(this.#unreachable(`no answer within ${timeoutMs} ms`))
      })
      this.#pending.set(id, { resolve, reject, timeout })
      this.#socket ??= this.#connect()
      this.#socket.write(`${JSON.stringify({ v: 1, id, call })}\n`)
    })
  }

  /** Changes as the owner sees them, over a connection of its own that is made at once. */
  watch(query: Query, signal: AbortSignal): AsyncIterable<Change> {
    const stream: Stream = { socket: connect(this.#path), backlog: [], wake: () => {}, lost: undefined }
    const { socket, backlog } = stream
    socket.on('error', (error) => (stream.lost = error.message))
    socket.on('close', () => {
      stream.lost ??= 'the owner has gone'
      stream.wake()
    })
    readLines(socket, (line) => {
      if (backlog.push(JSON.parse(line) as ControlAnswer) >= WATCH_BACKLOG_MAX) socket.pause()
      stream.wake()
    })
    socket.write(`${JSON.stringify({ v: 1, id: 0, call: { op: 'watch', query } })}\n`)
    if (signal.aborted) socket.destroy()
    else signal.addEventListener('abort', () => socket.destroy(), { once: true })
    return this.#changes(stream, signal)
  }

  async *#changes(stream: Stream, signal: AbortSignal): AsyncGenerator<Change> {
    const { socket, backlog } = stream
    try {
      while (!signal.aborted) {
        const answer = backlog.shift()
        if (answer !== undefined && 'change' in answer) yield answer.change
        else if (answer !== undefined && 'error' in answer) throw errorFromData(answer.error)
        else if (stream.lost !== undefined) throw this.#unreachable(stream.lost)
        else {
          socket.resume()
          await new Promise<void>((resolve) => (stream.wake = resolve))
        }
      }
    } finally {
      socket.destroy()
    }
  }

  [Symbol.dispose](): void {
    this.#socket?.destroy()
  }

  #connect(): Socket {
    const socket = connect(this.#path)
    let why = 'the owner has gone'
    socket.on('error', (error) => (why = error.message))
    socket.on('close', () => {
      if (this.#socket === socket) this.#socket = undefined
      for (const { reject, timeout } of this.#takeAll()) {
        timeout[Symbol.dispose]()
        reject(this.#unreachable(why))
      }
    })
    readLines(socket, (line) => this.#answered(JSON.parse(line) as ControlAnswer))
    return socket
  }

  #answered(answer: ControlAnswer): void {
    const pending = this.#pending.get(answer.id)
    if (pending === undefined) return
    this.#pending.delete(answer.id)
    pending.timeout[Symbol.dispose]()
    if ('ok' in answer) pending.resolve(answer.ok)
    else if ('error' in answer) pending.reject(errorFromData(answer.error))
  }

  #takeAll(): Pending[] {
    const all = [...this.#pending.values()]
    this.#pending.clear()
    return all
  }

  #unreachable(why: string): SkeinError {
    return new SkeinError(
      'CONTROL_UNREACHABLE',
      `the owner of the data folder does not answer at ${this.#path} (${why}); try again: it may be starting or leaving`,
    )
  }
}
