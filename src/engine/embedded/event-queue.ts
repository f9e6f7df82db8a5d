/**
 * What happens to one resident process, in order of arrival, control first (rule T2).
 *
 * Invariants:
 * 1. At most one `next` is waiting; an event goes to it or into the queue, never both.
 * 2. Once `onlyOutcomes` was called, what has a row is kept back: it stays in the store for the next owner.
 * 3. A closed queue keeps what is in it but hands out nothing more: those rows stay in the store.
 */
import type { Event as ProcessEvent } from '../../kernel/index.ts'
import { assert } from '../../std/index.ts'
import type { Clock, SkeinError } from '../../std/index.ts'

/** The row of the store that a message or control came from. */
export type MailRow = { readonly seq: number; readonly bytes: number }

/** An event, and its row if it has one. */
export type Arrived = { readonly event: ProcessEvent; readonly row?: MailRow }

/** An event that lay in the store. */
export type Mailed = Arrived & { readonly row: MailRow }

type Waiter = {
  readonly resolve: (event: ProcessEvent | undefined) => void
  readonly reject: (error: SkeinError) => void
  readonly idle: Disposable | undefined
}

/** The queue of one activation. `onTake` hears, synchronously, what is handed out. */
export class EventQueue {
  readonly #clock: Clock
  readonly #onTake: (arrived: Arrived) => void
  #controls: Arrived[] = []
  #others: Arrived[] = []
  #head = 0
  #waiter: Waiter | undefined
  #closed: SkeinError | undefined
  #isSelective = false

  constructor(clock: Clock, onTake: (arrived: Arrived) => void) {
    this.#clock = clock
    this.#onTake = onTake
  }

  get isEmpty(): boolean {
    return this.#controls.length === 0 && this.#head === this.#others.length
  }

  /** `next` would answer at once. */
  get hasNext(): boolean {
    return this.#isSelective ? this.hasOutcomes : !this.isEmpty
  }

  /** A control is among what was not handed out. */
  get hasControls(): boolean {
    return this.#controls.length > 0
  }

  /** A `next` waits. */
  get isAwaited(): boolean {
    return this.#waiter !== undefined
  }

  /** What has ended can still be handed out. */
  get hasOutcomes(): boolean {
    return this.#others.slice(this.#head).some(({ event }) => isOutcome(event))
  }

  /** From here on only the ends of effects, and the answers to what was sent, are handed out. */
  onlyOutcomes(): void {
    this.#isSelective = true
  }

  push(arrived: Arrived): void {
    const isFit = !this.#isSelective || isOutcome(arrived.event)
    if (this.#closed === undefined && this.#waiter !== undefined && isFit) return this.#answer(arrived)
    if (arrived.event.type === 'control') this.#controls.push(arrived)
    else this.#others.push(arrived)
  }

  next(idleMs: number | undefined): Promise<ProcessEvent | undefined> {
    if (this.#closed !== undefined) return Promise.reject(this.#closed)
    assert(this.#waiter === undefined, 'one next() at a time')
    const arrived = this.#isSelective ? this.#shiftOutcome() : this.#shift()
    if (arrived !== undefined) {
      this.#onTake(arrived)
      return Promise.resolve(arrived.event)
    }
    if (idleMs === 0) return Promise.resolve(undefined)
    return new Promise((resolve, reject) => {
      const idle = idleMs === undefined ? undefined : this.#clock.timer(idleMs, () => this.endIdle())
      this.#waiter = { resolve, reject, idle }
    })
  }

  /** Tells a `next` that waits with a limit that nothing came; false when there is none. */
  endIdle(): boolean {
    if (this.#waiter?.idle === undefined) return false
    this.#release()?.resolve(undefined)
    return true
  }

  close(error: SkeinError): void {
    this.#closed ??= error
    this.#release()?.reject(error)
  }

  #answer(arrived: Arrived): void {
    const waiter = this.#release()
    this.#onTake(arrived)
    waiter?.resolve(arrived.event)
  }

  #release(): Waiter | undefined {
    const waiter = this.#waiter
    this.#waiter = undefined
    waiter?.idle?.[Symbol.dispose]()
    return waiter
  }

  #shiftOutcome(): Arrived | undefined {
    const at = this.#others.findIndex(({ event }, i) => i >= this.#head && isOutcome(event))
    return at < 0 ? undefined : this.#others.splice(at, 1)[0]
  }

  #shift(): Arrived | undefined {
    if (this.#controls.length > 0) return this.#controls.shift()
    if (this.#head === this.#others.length) return undefined
    const arrived = this.#others[this.#head++]
    if (this.#head === this.#others.length) {
      this.#others = []
      this.#head = 0
    }
    return arrived
  }
}

function isOutcome(event: ProcessEvent): boolean {
  return event.type === 'settled' || event.type === 'sent'
}
