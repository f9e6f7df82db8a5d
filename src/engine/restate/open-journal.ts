/**
 * The journal of a process in the hands of the handler that is open for it: a function of the batches alone, so that every
 * attempt of the handler says the same to the server.
 */
import { CHAIN_START } from '../../kernel/index.ts'
import type { SealedFrame, Wait } from '../../kernel/index.ts'
import { asEpoch } from '../../std/index.ts'
import type { EffectKey, Epoch } from '../../std/index.ts'
import type { Exclusive } from './sdk.ts'
import type { Consumed, FrameRow, Head } from './wire.ts'

const DIGITS = 12

/** Key of a frame in the state of a process. */
export const frameKey = (n: number): string => `f/${String(n).padStart(DIGITS, '0')}`

const HEAD_START: Head = { n: 0, hash: CHAIN_START, lastSeq: -1, segmentN: 0, epoch: asEpoch(0), consumed: [] }

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
    const head = (await ctx.get<Head>('head')) ?? HEAD_START
    const waits = (await ctx.get<readonly Wait[]>('waits')) ?? []
    return new OpenJournal(ctx, head, waits)
  }

  get head(): Head {
    return this.#head
  }

  get waits(): readonly Wait[] {
    return [...this.#waits.values()]
  }

  began(epoch: Epoch): void {
    this.#head = { ...this.#head, epoch }
    this.#ctx.set('head', this.#head)
  }

  /** Writes frames: a key of its own for each (rule R4). */
  append(frames: readonly FrameRow[], isInMemory: boolean): void {
    if (frames.length === 0) return
    let { n, hash, lastSeq, segmentN } = this.#head
    const consumed: Consumed[] = [...this.#head.consumed]
    let hasWaits = false
    for (const row of frames) {
      const { sealed } = row
      if (sealed !== undefined) {
        this.#ctx.set(frameKey(sealed.n), sealed)
        if (!isInMemory) this.fresh.push(sealed)
        if (row.isSegmentStart === true) segmentN = sealed.n
        ;({ hash, lastSeq } = sealed)
        n = sealed.n + 1
      }
      consumed.push(...row.consumed)
      for (const key of row.unwaits) hasWaits = this.#waits.delete(key) || hasWaits
      for (const wait of row.waits) this.#waits.set(wait.key, wait)
      hasWaits ||= row.waits.length > 0
    }
    this.#head = { ...this.#head, n, hash, lastSeq, segmentN, consumed }
    if (isInMemory) this.fresh = []
    if (hasWaits) this.#ctx.set('waits', this.waits)
    this.#ctx.set('head', this.#head)
  }

  /** Its mailbox has heard of everything that was consumed. */
  rested(): void {
    if (this.#head.consumed.length === 0) return
    this.#head = { ...this.#head, consumed: [] }
    this.#ctx.set('head', this.#head)
  }
}
