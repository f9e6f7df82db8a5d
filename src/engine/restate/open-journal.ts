/**
 * The journal of a process in the hands of the handler that is open for it: a function of the batches alone, so that every
 * attempt of the handler says the same to the server.
 */
import { CHAIN_START } from '../../kernel/index.ts'
import type { SealedFrame, Wait } from '../../kernel/index.ts'
import { asEpoch } from '../../std/index.ts'
import type { EffectKey, Epoch } from '../../std/index.ts'
import type { Exclusive } from './sdk.ts'
import type { FrameRow, Head, KeptFrame } from './wire.ts'

const DIGITS = 12

/** Key of a frame in the state of a process. */
export const frameKey = (n: number): string => `f/${String(n).padStart(DIGITS, '0')}`

const HEAD_START: Head = {
  n: 0,
  hash: CHAIN_START,
  lastSeq: -1,
  segmentN: 0,
  epoch: asEpoch(0),
  consumed: [],
  isOpen: false,
}

/** Where the journal stands, and what the process waits for. */
export class OpenJournal {
  readonly #ctx: Exclusive
  readonly #waits: Map<EffectKey, Wait>
  #head: Head
  /** Where it stood when the handler was opened. */
  readonly opened: Head
  /** Frames since then, while nobody has them in memory. */
  fresh: SealedFrame[] = []

  private constructor(ctx: Exclusive, head: Head, waits: readonly Wait[]) {
    this.#ctx = ctx
    this.#head = head
    this.opened = head
    this.#waits = new Map(waits.map((wait) => [wait.key, wait]))
  }

  static async open(ctx: Exclusive): Promise<OpenJournal> {
    let head = (await ctx.get<Head>('head')) ?? HEAD_START
    // Whoever had it open was killed: what it wrote is counted now.
    while (head.isOpen) {
      const kept = await ctx.get<KeptFrame>(frameKey(head.n))
      head = kept === null ? { ...head, isOpen: false } : after(head, kept)
    }
    // Most wait for nothing when they begin: a look at the server less.
    const isNew = head.n === 0
    const waits = isNew ? [] : ((await ctx.get<readonly Wait[]>('waits')) ?? [])
    return new OpenJournal(ctx, head, waits)
  }

  get head(): Head {
    return this.#head
  }

  get waits(): readonly Wait[] {
    return [...this.#waits.values()]
  }

  began(epoch: Epoch): void {
    this.#head = { ...this.#head, epoch, isOpen: true }
    this.#ctx.set('head', this.#head)
  }

  /** Writes frames: a key of its own for each (rule R4). */
  append(frames: readonly FrameRow[], isInMemory: boolean): void {
    let hasWaits = false
    for (const { sealed, isSegmentStart, consumed, waits, unwaits } of frames) {
      if (sealed === undefined) this.#head = { ...this.#head, consumed: [...this.#head.consumed, ...consumed] }
      else {
        const kept: KeptFrame = {
          ...sealed,
          ...(consumed.length === 0 ? {} : { consumed }),
          ...(isSegmentStart === undefined ? {} : { isSegmentStart }),
        }
        this.#ctx.set(frameKey(kept.n), kept)
        this.#head = after(this.#head, kept)
        if (!isInMemory) this.fresh.push(sealed)
      }
      for (const key of unwaits) hasWaits = this.#waits.delete(key) || hasWaits
      for (const wait of waits) this.#waits.set(wait.key, wait)
      hasWaits ||= waits.length > 0
    }
    if (isInMemory) this.fresh = []
    if (hasWaits) this.#ctx.set('waits', this.waits)
  }

  /** The handler comes to its end; `hasAnswered`: its mailbox has heard of everything that was consumed. */
  close(hasAnswered: boolean): void {
    this.#head = { ...this.#head, isOpen: false, ...(hasAnswered ? { consumed: [] } : {}) }
    this.#ctx.set('head', this.#head)
  }
}

function after(head: Head, { n, hash, lastSeq, consumed = [], isSegmentStart }: KeptFrame): Head {
  return {
    ...head,
    n: n + 1,
    hash,
    lastSeq,
    segmentN: isSegmentStart === true ? n : head.segmentN,
    consumed: consumed.length === 0 ? head.consumed : [...head.consumed, ...consumed],
  }
}
