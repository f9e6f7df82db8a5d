/**
 * The live streams of one host: takes what processes say, writes it in batches, and lets readers follow from any offset.
 *
 * Invariants:
 * 1. `write` never waits and never throws: a turn is never held up by who looks on.
 * 2. Per process one batch is written at a time, so offsets are dense and in order; a batch that fails is said to be dropped.
 * 3. What waits to be written is bounded; beyond it, chunks are counted and dropped, and that is said in the stream.
 * 4. A process that says nothing has no stream: a second attempt or an end begins none, unless somebody listens here.
 */
import type { Clock, Pid } from '../../std/index.ts'
import { STREAM_BUFFER_CHARS_MAX, STREAM_CHUNK_CHARS_MAX, STREAM_FLUSH_MS, STREAM_POLL_MS } from '../limits.ts'
import type { LiveChunk, LiveEvent, LiveRead } from './live-event.ts'
import type { StreamMedium } from './stream-medium.ts'

type Said = { readonly event: LiveEvent; readonly at: number }
type Pending = { said: Said[]; chars: number; dropped: number; writing: Promise<void> | undefined }

/** How to follow a stream. */
export type FollowOptions = {
  /** The first offset to see; 0 is the beginning. */
  readonly from?: number
  readonly signal?: AbortSignal
  /** Whether nothing more will be said; asked when nothing has come for a while. */
  readonly isOver: () => Promise<boolean>
}

/** Streams over a medium. Disposing writes what is left. */
export class LiveStreams implements AsyncDisposable {
  readonly #medium: StreamMedium
  readonly #clock: Clock
  readonly #pending = new Map<Pid, Pending>()
  readonly #waiting = new Map<Pid, Set<() => void>>()
  readonly #followers = new Map<Pid, number>()
  #timer: Disposable | undefined

  constructor(medium: StreamMedium, clock: Clock) {
    this.#medium = medium
    this.#clock = clock
  }

  /** Takes one event. */
  write(pid: Pid, event: LiveEvent): void {
    if ((event.type === 'ended' || event.type === 'again') && !this.#isHeard(pid)) return
    const pending = this.#pending.get(pid) ?? { said: [], chars: 0, dropped: 0, writing: undefined }
    this.#pending.set(pid, pending)
    const last = pending.said.at(-1)
    const joined = last === undefined ? undefined : joinedText(last.event, event)
    const chars = sizeOf(event)
    if (pending.chars + chars > STREAM_BUFFER_CHARS_MAX || chars > STREAM_CHUNK_CHARS_MAX) pending.dropped += 1
    else {
      pending.chars += chars
      if (joined !== undefined && last !== undefined) pending.said[pending.said.length - 1] = { ...last, event: joined }
      else pending.said.push({ event, at: this.#clock.now() })
    }
    this.#timer ??= this.#clock.timer(STREAM_FLUSH_MS, () => {
      this.#timer = undefined
      void this.flush()
    })
  }

  /** There is something that it belongs to, or somebody who waits for it. */
  #isHeard(pid: Pid): boolean {
    return this.#pending.has(pid) || this.#followers.has(pid) || this.#medium.has(pid)
  }

  /** Writes what has been said so far. */
  async flush(): Promise<void> {
    await Promise.all([...this.#pending.keys()].map((pid) => this.#flush(pid)))
  }

  /** Follows a stream to its end; leaving it early disturbs nobody. */
  async *follow(pid: Pid, options: FollowOptions): AsyncGenerator<LiveRead> {
    this.#followers.set(pid, (this.#followers.get(pid) ?? 0) + 1)
    try {
      yield* this.#read(pid, options)
    } finally {
      const left = (this.#followers.get(pid) ?? 1) - 1
      if (left === 0) this.#followers.delete(pid)
      else this.#followers.set(pid, left)
    }
  }

  async *#read(pid: Pid, { from = 0, signal, isOver }: FollowOptions): AsyncGenerator<LiveRead> {
    const reader = this.#medium.reader(pid, from)
    let next = from
    const isLeft = (): boolean => signal?.aborted === true
    for (let wasOver = false; !isLeft();) {
      const chunks = await reader.read()
      for (const chunk of chunks) {
        if (chunk.offset > next) yield { type: 'gap', offset: chunk.offset - 1, from: next }
        next = chunk.offset + 1
        yield chunk
        if (chunk.type === 'ended' || isLeft()) return
      }
      if (chunks.length > 0) continue
      // Twice: what was said last may still have been on its way.
      if (wasOver) return
      await this.#change(pid, signal)
      wasOver = await isOver()
      if (wasOver) await this.#flush(pid)
    }
  }

  /** Forgets a stream, for retention and erasure. */
  async remove(pid: Pid): Promise<void> {
    await this.#flush(pid)
    this.#pending.delete(pid)
    await this.#medium.remove(pid)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#timer?.[Symbol.dispose]()
    await this.flush()
    this.#medium.close?.()
  }

  async #flush(pid: Pid): Promise<void> {
    const pending = this.#pending.get(pid)
    if (pending === undefined) return
    while (pending.writing !== undefined) await pending.writing
    if (pending.said.length + pending.dropped === 0) return
    pending.writing = this.#append(pid, pending).finally(() => (pending.writing = undefined))
    await pending.writing
    if (pending.said.length + pending.dropped === 0 && pending.writing === undefined) this.#pending.delete(pid)
  }

  async #append(pid: Pid, pending: Pending): Promise<void> {
    const { said, dropped } = pending
    Object.assign(pending, { said: [], chars: 0, dropped: 0 })
    const all =
      dropped === 0 ? said : [...said, { event: { type: 'dropped', chunks: dropped } as const, at: this.#clock.now() }]
    try {
      const first = await this.#medium.next(pid)
      const chunks = all.map(({ event, at }, i): LiveChunk => ({ ...event, offset: first + i, at }))
      await this.#medium.append(pid, chunks)
    } catch {
      // A full disk must not stop a run; whoever follows is told that something is missing.
      pending.dropped += said.length + dropped
    }
    for (const wake of this.#waiting.get(pid) ?? []) wake()
  }

  /** Something was written here, or it is time to look what others have written. */
  #change(pid: Pid, signal: AbortSignal | undefined): Promise<void> {
    const waiting = this.#waiting.get(pid) ?? new Set()
    this.#waiting.set(pid, waiting)
    return new Promise((resolve) => {
      const wake = (): void => {
        timer[Symbol.dispose]()
        signal?.removeEventListener('abort', wake)
        waiting.delete(wake)
        if (waiting.size === 0 && this.#waiting.get(pid) === waiting) this.#waiting.delete(pid)
        resolve()
      }
      const timer = this.#clock.timer(STREAM_POLL_MS, wake)
      signal?.addEventListener('abort', wake, { once: true })
      waiting.add(wake)
    })
  }
}

function joinedText(last: LiveEvent, event: LiveEvent): LiveEvent | undefined {
  if (last.type !== 'text' || event.type !== 'text') return undefined
  const isSame = last.key === event.key && last.attempt === event.attempt
  return isSame && last.text.length + event.text.length <= STREAM_CHUNK_CHARS_MAX
    ? { ...last, text: last.text + event.text }
    : undefined
}

/** Characters of its line; what cannot be written is too large. */
function sizeOf(event: LiveEvent): number {
  try {
    return JSON.stringify(event).length
  } catch {
    return Number.POSITIVE_INFINITY
  }
}
