/**
 * The journal of a process in the hands of the handler that is open for it: a function of the batches alone, so that every
 * attempt of the handler says the same to the server.
 */
import { CHAIN_START } from '../../kernel/index.ts'
import type { SealedFrame, Wait } from '../../kernel/index.ts'
import { asEpoch } from '../../std/index.ts'
import type { EffectKey, Epoch, Pid } from '../../std/index.ts'
import type { Exclusive } from './sdk.ts'
import type { FrameRow, Head, KeptFrame, Openings } from './wire.ts'

const DIGITS = 12

/** Key of a frame in the state of a process. */
export const frameKey = (n: number): string => `f/${String(n).padStart(DIGITS, '0')}`

/** What a process waits for, by the frames that are there: all before number `n`. */
export function waitsOf(openings: Openings | null, n: number): Map<EffectKey, Wait> {
  const waits = new Map((openings?.waits ?? []).map((wait) => [wait.key, wait]))
  for (const row of rowsBefore(openings, n)) change(waits, row)
  return waits
}

const rowsBefore = (openings: Openings | null, end: number): Openings['rows'] =>
  (openings?.rows ?? []).filter(({ n }) => n === undefined || n < end)

function change(waits: Map<EffectKey, Wait>, row: Pick<FrameRow, 'waits' | 'unwaits'>): void {
  for (const key of row.unwaits) waits.delete(key)
  for (const wait of row.waits) waits.set(wait.key, wait)
}

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
  #unsaid: Openings['rows']
  /**
   * Starts that their mailboxes have not answered. Whoever ends a handler by force takes back what still waits to be heard, so
   * they stand with the last frames. By the child, since a segment may use the keys of the one before it once more.
   */
  readonly #unanswered = new Map<Pid, Openings['rows'][number]>()
  /** Frames since then, while nobody has them in memory. */
  fresh: SealedFrame[] = []

  private constructor(ctx: Exclusive, head: Head, about: { unsaid: Openings['rows']; waits: Map<EffectKey, Wait> }) {
    this.#ctx = ctx
    this.#head = head
    this.opened = head
    this.#unsaid = about.unsaid
    this.#waits = about.waits
  }

  /** Of a process that nobody has run. */
  static begin(ctx: Exclusive): OpenJournal {
    return new OpenJournal(ctx, HEAD_START, { unsaid: [], waits: new Map() })
  }

  static async open(ctx: Exclusive): Promise<OpenJournal> {
    const [kept, opened] = [ctx.get<Head>('head'), ctx.get<Openings>('waits')]
    let head = (await kept) ?? HEAD_START
    const openings = await opened
    const wasOpen = head.isOpen
    // Whoever had it open was killed: what it wrote is counted now.
    while (head.isOpen) {
      const kept = await ctx.get<KeptFrame>(frameKey(head.n))
      head = kept === null ? { ...head, isOpen: false } : after(head, kept)
    }
    const unsaid = wasOpen ? rowsBefore(openings, head.n) : []
    return new OpenJournal(ctx, head, { unsaid, waits: waitsOf(openings, head.n) })
  }

  get head(): Head {
    return this.#head
  }

  get waits(): readonly Wait[] {
    return [...this.#waits.values()]
  }

  /** What the last frames of whoever was ended by force send: said again once, lest they had not come to it. */
  takeUnsaid(): Openings['rows'] {
    const unsaid = this.#unsaid
    this.#unsaid = []
    this.#expectAnswers(unsaid)
    return unsaid
  }

  /** The start of this process was answered. */
  answered(pid: Pid): void {
    this.#unanswered.delete(pid)
  }

  #expectAnswers(rows: Openings['rows']): void {
    for (const { n, sent } of rows)
      for (const one of sent)
        if (one.type === 'start')
          this.#unanswered.set(one.request.pid, {
            ...(n === undefined ? {} : { n }),
            sent: [one],
            waits: [],
            unwaits: [],
          })
  }

  began(epoch: Epoch): void {
    this.#head = { ...this.#head, epoch, isOpen: true }
    this.#ctx.set('head', this.#head)
  }

  /** Writes frames: a key of its own for each, behind what they send and wait for (rule R4). That is to be said now. */
  append(frames: readonly FrameRow[], isInMemory: boolean): Openings['rows'] {
    const rows = frames
      .filter(({ sent, waits, unwaits }) => sent.length + waits.length + unwaits.length > 0)
      .map(({ sealed, sent, waits, unwaits }) => ({
        ...(sealed === undefined ? {} : { n: sealed.n }),
        sent,
        waits,
        unwaits,
      }))
    if (rows.length > 0)
      this.#ctx.set<Openings>('waits', { waits: this.waits, rows: [...this.#unanswered.values(), ...rows] })
    this.#expectAnswers(rows)
    for (const row of frames) {
      this.#write(row, isInMemory)
      change(this.#waits, row)
    }
    if (isInMemory) this.fresh = []
    return rows
  }

  #write({ sealed, isSegmentStart, consumed }: FrameRow, isInMemory: boolean): void {
    if (sealed === undefined) {
      this.#head = { ...this.#head, consumed: [...this.#head.consumed, ...consumed] }
      return
    }
    const kept: KeptFrame = {
      ...sealed,
      ...(consumed.length === 0 ? {} : { consumed }),
      ...(isSegmentStart === undefined ? {} : { isSegmentStart }),
    }
    this.#ctx.set(frameKey(kept.n), kept)
    this.#head = after(this.#head, kept)
    if (!isInMemory) this.fresh.push(sealed)
  }

  /** The handler comes to its end, and its mailbox has heard of everything that was consumed. */
  rested(): void {
    this.#head = { ...this.#head, isOpen: false, consumed: [] }
    this.#ctx.set('head', this.#head)
  }

  /** The handler is ended from outside, perhaps in the middle of what it had to say. */
  interrupted(): void {
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
