/**
 * What one member writes in one transaction and one round trip: frames of many processes, and acts.
 *
 * Invariant: what is added for a process that is the member's no more is left out by the database, and only that.
 */
import type { BlobToStore, SealedFrame } from '../../kernel/index.ts'
import type { Epoch } from '../../std/index.ts'
import type { Act, PreparedAct, Said } from './act.ts'
import type { Statement } from './connection.ts'

/** A process as its member has it: its number, and since which claim. */
export type Holding = { readonly p: number; readonly epoch: Epoch }

/** The answer of the database to a batch. */
type Answer = { readonly lost: readonly number[]; readonly said: Readonly<Record<string, Said>> }

const TEXT = `select commit_batch($1, $2, $3, $4, $5::bigint[], $6::bigint[], $7::bigint[], $8::int[], $9::bigint[],
  $10::bigint[], $11::bigint[], $12::text[], $13::text[], $14::text[], $15::text[], $16::text[], $17::text[], $18::bigint[],
  $19::text[], $20::json) as answer`

/** A batch that is being made, and then what came of it. */
export class Batch {
  readonly #own = new Map<number, Epoch>()
  readonly #frames: { readonly p: number; readonly frame: SealedFrame }[] = []
  readonly #blobs = new Map<string, string>()
  readonly #locks = new Set<string>()
  readonly #rows = new Set<number>()
  readonly #pids = new Set<string>()
  readonly #acts: Act[] = []
  #answer: Answer = { lost: [], said: {} }

  frame(of: Holding, frame: SealedFrame, blobs: readonly BlobToStore[] = []): void {
    this.own(of)
    this.#frames.push({ p: of.p, frame })
    this.#beside(blobs)
  }

  /** The number of the act, to ask for what came of it. `of`: whose it is; `isRow`: it changes that process's row. */
  act(act: Act, of?: Holding, isRow = false): number {
    if (of !== undefined) {
      this.own(of)
      if (isRow) this.#rows.add(of.p)
    }
    return this.#acts.push(act) - 1
  }

  prepared({ act, blobs, locks, pids }: PreparedAct, of?: Holding, isRow = false): number {
    this.#beside(blobs)
    for (const lock of locks) this.#locks.add(lock)
    for (const pid of pids) this.#pids.add(pid)
    // What a lost process sends is not sent; what it sends to is not its own.
    return this.act(of === undefined ? act : { ...act, p: of.p }, of, isRow)
  }

  own({ p, epoch }: Holding): void {
    this.#own.set(p, epoch)
  }

  /** The statement that writes it, as batch `number` of a member. */
  statement(about: {
    readonly member: number
    readonly number: number
    readonly leaseMs: number
    readonly at: number
  }): Statement {
    const frames = this.#frames
    const sha = [...this.#blobs.keys()].toSorted()
    return {
      name: 'commit_batch',
      text: TEXT,
      values: [
        about.member,
        about.number,
        about.leaseMs,
        about.at,
        [...this.#own.keys()],
        [...this.#own.values()],
        frames.map(({ p }) => p),
        frames.map(({ frame }) => frame.n),
        frames.map(({ frame }) => frame.epoch),
        frames.map(({ frame }) => frame.firstSeq),
        frames.map(({ frame }) => frame.lastSeq),
        frames.map(({ frame }) => frame.hash),
        frames.map(({ frame }) => frame.body),
        frames.map(({ frame }) => frame.payloads),
        sha,
        sha.map((one) => this.#blobs.get(one)),
        [...this.#locks],
        [...this.#rows],
        [...this.#pids],
        this.#acts.length === 0 ? '[]' : JSON.stringify(this.#acts),
      ],
    }
  }

  answered(text: string): void {
    this.#answer = JSON.parse(text) as Answer
  }

  isLost(p: number): boolean {
    return this.#answer.lost.includes(p)
  }

  said(act: number): Said | undefined {
    return this.#answer.said[act]
  }

  #beside(blobs: readonly BlobToStore[]): void {
    for (const { sha256, text } of blobs) this.#blobs.set(sha256, text)
  }
}
