/**
 * Group commit: everything queued while one commit runs shares the next one, without artificial delay.
 *
 * Invariants:
 * 1. Entries become durable in the order in which they were queued; `done` is called in that order, after the commit, for
 *    a few in a macrotask: each lets an effect run, and its answer go on, and the event loop must come round meanwhile.
 * 2. A batch is one transaction: all of it or nothing.
 * 3. What is deferred is committed with the first thing that is not, or when a batch is full; whoever defers says when it
 *    is wanted (`hasten`).
 * 4. Fail-stop (rule T5): after one failed commit nothing is committed any more, and every entry is told the same error,
 *    also one that is durable, or may be, and was not told so yet: whoever waits for it must not wait for ever.
 * 5. A store that is elsewhere (`isAhead`) gets the next batch before the last one is told, so that neither waits for the other.
 */
import type { SkeinError } from '../../std/index.ts'
import { BATCH_BYTES_MAX, BATCH_ENTRIES_MAX, DONE_PER_MACROTASK, SYNC_IN_PLACE_BYTES_MAX } from '../limits.ts'
import type { Soon } from '../platform/soon.ts'
import { storeError } from './store/database.ts'
import type { Store } from './store/store.ts'

/** One thing to do in a transaction. What `apply` does to memory is never undone: a failed commit stops everything. */
export type Step = {
  apply(): void
  /** The step is durable. */
  done(): void
  failed(error: SkeinError): void
}

/** Steps that are committed together. */
export type Entry = { readonly steps: Step[]; readonly bytes: number; taken: boolean }

/** The queue before a store. */
export class GroupCommit {
  readonly #store: Pick<Store, 'commit'>
  readonly #soon: Soon
  readonly #entriesMax: number
  readonly #onFailure: (error: SkeinError) => void
  #queue: Entry[] = []
  #queuedBytes = 0
  readonly #isAhead: boolean
  #isRunning = false
  /** Durable, and not told yet. */
  readonly #written: Entry[][] = []
  #isTelling = false
  /** Something in the queue is waited for. */
  #isWanted = false
  #error: SkeinError | undefined
  #flushed: (() => void)[] = []
  /** What has been written can be read, but is not durable yet. */
  #isUnderWay = false
  #settled: PromiseWithResolvers<void> | undefined

  constructor(
    parts: {
      readonly store: Pick<Store, 'commit'>
      readonly soon: Soon
      readonly entriesMax?: number
      readonly isAhead?: boolean
    },
    onFailure: (error: SkeinError) => void,
  ) {
    this.#store = parts.store
    this.#soon = parts.soon
    this.#entriesMax = parts.entriesMax ?? BATCH_ENTRIES_MAX
    this.#isAhead = parts.isAhead ?? false
    this.#onFailure = onFailure
  }

  /** Queues steps that are committed together. `bytes` is an estimate that bounds a batch. */
  push(steps: Step[], bytes: number): Entry {
    const entry = this.defer(steps, bytes)
    this.hasten()
    return entry
  }

  /** As `push`, for what nobody waits for before `hasten` is called: it shares a commit with what comes meanwhile. */
  defer(steps: Step[], bytes: number): Entry {
    const entry: Entry = { steps, bytes, taken: false }
    if (this.#error !== undefined) {
      for (const step of steps) step.failed(this.#error)
      return entry
    }
    this.#queue.push(entry)
    this.#queuedBytes += bytes
    if (this.#queue.length >= this.#entriesMax || this.#queuedBytes >= BATCH_BYTES_MAX) this.hasten()
    return entry
  }

  /** What has been queued until now is wanted. */
  hasten(): void {
    if (this.#queue.length === 0 || this.#error !== undefined) return
    this.#isWanted = true
    if (this.#isRunning || (this.#isTelling && !this.#isAhead)) return
    this.#isRunning = true
    this.#soon(this.#run)
  }

  /** Adds a step to an entry that is still queued; false when it is too late. */
  join(entry: Entry | undefined, step: Step): boolean {
    if (entry === undefined || entry.taken || this.#error !== undefined) return false
    entry.steps.push(step)
    return true
  }

  /** Commits one function; its result, once durable. */
  submit<T>(apply: () => T, bytes = 0, done?: (result: T) => void): Promise<T> {
    return new Promise((resolve, reject) => {
      let result: T
      const step: Step = {
        apply: () => {
          result = apply()
        },
        done: () => {
          done?.(result)
          resolve(result)
        },
        failed: reject,
      }
      this.push([step], bytes)
    })
  }

  /** Resolves when nothing is queued or running (also after a failure). */
  flush(): Promise<void> {
    this.hasten()
    if ((!this.#isRunning && !this.#isTelling) || this.#error !== undefined) return Promise.resolve()
    return new Promise((resolve) => this.#flushed.push(resolve))
  }

  /** Resolves when what can be read now is durable; undefined when it is. Rejects when it never will be. */
  settled(): Promise<void> | undefined {
    if (!this.#isUnderWay) return undefined
    if (this.#error !== undefined) return Promise.reject(this.#error)
    this.#settled ??= Promise.withResolvers()
    return this.#settled.promise
  }

  /** Nothing is committed after this; what is queued fails with `error`. */
  stop(error: SkeinError): void {
    if (this.#error !== undefined) return
    this.#error = error
    this.#settled?.reject(error)
    const queue = this.#queue
    this.#queue = []
    this.#fail(queue, error)
  }

  readonly #run = (): void => {
    if (this.#error !== undefined) return
    const batch = this.#take()
    this.#isUnderWay = true
    try {
      const commit = this.#store.commit(() => {
        for (const entry of batch) for (const step of entry.steps) step.apply()
      }, this.#isAlone(batch))
      if (commit instanceof Promise)
        commit.then(
          () => this.#done(batch),
          (error: unknown) => this.#broken(batch, error),
        )
      else this.#done(batch)
    } catch (error) {
      this.#broken(batch, error)
    }
  }

  /** Nobody else waits for this commit, and it is small: to sync it in place holds up nobody for long. */
  #isAlone(batch: readonly Entry[]): boolean {
    return batch.length === 1 && this.#queue.length === 0 && batch[0]!.bytes <= SYNC_IN_PLACE_BYTES_MAX
  }

  #take(): Entry[] {
    let count = this.#queue.length
    if (count > this.#entriesMax || this.#queuedBytes > BATCH_BYTES_MAX) {
      let bytes = 0
      for (
        count = 0;
        count < this.#queue.length && count < this.#entriesMax && (count === 0 || bytes < BATCH_BYTES_MAX);
        count++
      )
        bytes += this.#queue[count]!.bytes
    }
    const batch = this.#queue.length === count ? this.#queue : this.#queue.splice(0, count)
    if (batch === this.#queue) {
      this.#queue = []
      this.#isWanted = false
    }
    for (const entry of batch) {
      entry.taken = true
      this.#queuedBytes -= entry.bytes
    }
    return batch
  }

  /** A batch is durable. */
  #done(batch: Entry[]): void {
    if (this.#error !== undefined) return this.#fail(batch, this.#error)
    this.#settle()
    this.#isRunning = false
    this.#written.push(batch)
    if (this.#isAhead && this.#isWanted) {
      this.#isRunning = true
      this.#run()
    }
    if (this.#isTelling) return
    this.#isTelling = true
    this.#tell()
  }

  /** Tells those of the first batch from number `from` on that they are durable, a few at a time. */
  #tell(from = 0): void {
    const [batch = []] = this.#written
    const to = from + DONE_PER_MACROTASK
    if (this.#error !== undefined) return this.#fail(this.#untold(from), this.#error)
    try {
      for (const entry of batch.slice(from, to)) for (const step of entry.steps) step.done()
    } catch (error) {
      return this.#broken(this.#untold(from), error)
    }
    if (to < batch.length) return this.#soon(() => this.#tell(to))
    this.#written.shift()
    if (this.#written.length > 0) return this.#soon(() => this.#tell())
    this.#isTelling = false
    if (this.#isRunning) return
    if (this.#isWanted || (this.#flushed.length > 0 && this.#queue.length > 0)) {
      this.#isRunning = true
      this.#soon(this.#run)
    } else this.#release()
  }

  /** Durable, and told nothing: from number `from` of the first batch on. */
  #untold(from: number): readonly Entry[] {
    return this.#written.splice(0).flat().slice(from)
  }

  #settle(): void {
    this.#isUnderWay = false
    this.#settled?.resolve()
    this.#settled = undefined
  }

  #broken(batch: readonly Entry[], thrown: unknown): void {
    if (this.#error !== undefined) return this.#fail(batch, this.#error)
    const error = storeError(thrown, 'the store')
    this.stop(error)
    this.#fail(batch, error)
    this.#onFailure(error)
  }

  #fail(entries: readonly Entry[], error: SkeinError): void {
    for (const entry of entries) for (const step of entry.steps) step.failed(error)
    this.#release()
  }

  #release(): void {
    for (const resolve of this.#flushed.splice(0)) resolve()
  }
}
