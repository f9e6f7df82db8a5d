/**
 * What one member writes in one transaction and one round trip: frames of many processes, and acts.
 *
 * Invariants:
 * 1. What is added for a process that is the member's no more is left out by the database, and only that.
 * 2. Everything in it is somebody's: of a process, or of an act that is nobody's. A batch that the database refuses is taken
 *    apart by that, and what is refused alone is told to whom it belongs.
 */
import type { BlobToStore, SealedFrame } from '../../kernel/index.ts'
import type { Epoch, SkeinError } from '../../std/index.ts'
import type { Act, PreparedAct, Said } from './act.ts'
import type { Statement } from './connection.ts'

/** A process as its member has it: its number, and since which claim. */
export type Holding = { readonly p: number; readonly epoch: Epoch }

/** The answer of the database to a batch. */
type Answer = { readonly lost: readonly number[]; readonly said: Readonly<Record<string, Said>> }

/** A process number, or what stands for an act that is nobody's. */
type Whose = number | `act ${number}`

type Written = { readonly whose: Whose; readonly act: Act; readonly number: number }
type Beside = { readonly whose: Whose } & Partial<Pick<PreparedAct, 'blobs' | 'locks' | 'pids'>> & {
    readonly row?: number
  }

const TEXT = `select commit_batch($1, $2, $3, $4, $5::bigint[], $6::bigint[], $7::bigint[], $8::int[], $9::bigint[],
  $10::bigint[], $11::bigint[], $12::text[], $13::bytea, $14::int[], $15::int[], $16::text[], $17::text[], $18::text[],
  $19::bigint[], $20::text[], $21::json) as answer`

/** Of numbers and hashes, in which nothing has to be escaped. */
const plainArray = (values: readonly (number | string)[]): string => `{${values.join(',')}}`

/** A batch that is being made, and then what came of it. */
export class Batch {
  readonly #own = new Map<number, Epoch>()
  #frames: { readonly p: number; readonly frame: SealedFrame }[] = []
  #acts: Written[] = []
  #beside: Beside[] = []
  #count = 0
  readonly #lost = new Set<number>()
  #said: Record<string, Said> = {}
  readonly #refused = new Map<Whose, SkeinError>()

  frame(of: Holding, frame: SealedFrame, blobs: readonly BlobToStore[] = []): void {
    this.own(of)
    this.#frames.push({ p: of.p, frame })
    if (blobs.length > 0) this.#beside.push({ whose: of.p, blobs })
  }

  /** The number of the act, to ask for what came of it. `of`: whose it is; `isRow`: it changes that process's row. */
  act(act: Act, of?: Holding, isRow = false): number {
    const number = this.#count++
    const whose = of?.p ?? (`act ${number}` as const)
    if (of !== undefined) this.own(of)
    if (of !== undefined && isRow) this.#beside.push({ whose, row: of.p })
    this.#acts.push({ whose, act, number })
    return number
  }

  prepared({ act, blobs, locks, pids }: PreparedAct, of?: Holding, isRow = false): number {
    // What a lost process sends is not sent; what it sends to is not its own.
    const number = this.act(of === undefined ? act : { ...act, p: of.p }, of, isRow)
    const whose = of?.p ?? (`act ${number}` as const)
    if (blobs.length + locks.length + pids.length > 0) this.#beside.push({ whose, blobs, locks, pids })
    return number
  }

  own({ p, epoch }: Holding): void {
    this.#own.set(p, epoch)
  }

  /** Nothing of it is written, as if it were lost already. */
  discard(p: number): void {
    if (!this.#own.delete(p)) return
    this.#frames = this.#frames.filter((one) => one.p !== p)
    this.#acts = this.#acts.filter(({ whose }) => whose !== p)
    this.#beside = this.#beside.filter(({ whose }) => whose !== p)
    this.#lost.add(p)
  }

  /** The statement that writes it, as batch `number` of a member. */
  statement(about: {
    readonly member: number
    readonly number: number
    readonly leaseMs: number
    readonly at: number
  }): Statement {
    const frames = this.#frames
    const blobs = new Map(this.#beside.flatMap((one) => one.blobs ?? []).map(({ sha256, text }) => [sha256, text]))
    const sha = [...blobs.keys()].toSorted()
    return {
      name: 'commit_batch',
      text: TEXT,
      values: [
        about.member,
        about.number,
        about.leaseMs,
        about.at,
        plainArray([...this.#own.keys()]),
        plainArray([...this.#own.values()]),
        plainArray(frames.map(({ p }) => p)),
        plainArray(frames.map(({ frame }) => frame.n)),
        plainArray(frames.map(({ frame }) => frame.epoch)),
        plainArray(frames.map(({ frame }) => frame.firstSeq)),
        plainArray(frames.map(({ frame }) => frame.lastSeq)),
        plainArray(frames.map(({ frame }) => frame.hash)),
        Buffer.from(frames.map(({ frame }) => frame.body + frame.payloads).join('')),
        plainArray(frames.map(({ frame }) => Buffer.byteLength(frame.body))),
        plainArray(frames.map(({ frame }) => Buffer.byteLength(frame.payloads))),
        sha,
        sha.map((one) => blobs.get(one)),
        [...new Set(this.#beside.flatMap((one) => one.locks ?? []))],
        plainArray([...new Set(this.#beside.flatMap(({ row }) => row ?? []))]),
        [...new Set(this.#beside.flatMap((one) => one.pids ?? []))],
        this.#acts.length === 0 ? '[]' : JSON.stringify(this.#acts.map(({ act }) => act)),
      ],
    }
  }

  answered(text: string): void {
    const { lost, said } = JSON.parse(text) as Answer
    for (const p of lost) this.#lost.add(p)
    for (const [i, one] of Object.entries(said)) this.#said[this.#acts[Number(i)]!.number] = one
  }

  /** The same in several batches, each of one process, or of one act that is nobody's. */
  apart(): readonly Batch[] {
    const parts = new Map<Whose, Batch>()
    const part = (whose: Whose): Batch => {
      const one = parts.get(whose) ?? new Batch()
      parts.set(whose, one)
      return one
    }
    for (const [p, epoch] of this.#own) part(p).own({ p, epoch })
    for (const one of this.#frames) part(one.p).#frames.push(one)
    for (const one of this.#acts) part(one.whose).#acts.push(one)
    for (const one of this.#beside) part(one.whose).#beside.push(one)
    return [...parts.values()]
  }

  /** The database takes nothing of this one, ever. */
  refused(why: SkeinError): void {
    for (const p of this.#own.keys()) this.#refused.set(p, why)
    for (const { whose } of this.#acts) this.#refused.set(whose, why)
  }

  /** What came of the parts came of this one. */
  together(parts: readonly Batch[]): void {
    for (const part of parts) {
      for (const p of part.#lost) this.#lost.add(p)
      this.#said = { ...this.#said, ...part.#said }
      for (const [whose, why] of part.#refused) this.#refused.set(whose, why)
    }
  }

  /** Processes of which the database took nothing. */
  *refusedProcesses(): Generator<number> {
    for (const whose of this.#refused.keys()) if (typeof whose === 'number') yield whose
  }

  isLost(p: number): boolean {
    return this.#lost.has(p)
  }

  /** Why nothing of the process was taken. */
  refusal(p: number): SkeinError | undefined {
    return this.#refused.get(p)
  }

  /** What came of an act. Throws when the database refused it, and it was nobody's. */
  said(act: number): Said | undefined {
    const why = this.#refused.get(`act ${act}`)
    if (why !== undefined) throw why
    return this.#said[act]
  }
}
