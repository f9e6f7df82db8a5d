/**
 * One worker as its database knows it: a row with a lease. What it has claimed is its own until the lease has run out and
 * somebody has deleted the row.
 *
 * Invariants:
 * 1. Batches are numbered and written one after the other; one whose answer was lost is asked again under its number.
 * 2. Once the row is gone nothing is written in its name, and nothing that it had goes on here (rule T1). It presumes so
 *    itself when it could not renew its lease in time.
 * 3. A batch that the database refuses for what is in it is written in parts; of a process whose part is refused nothing is
 *    written until it was parked.
 */
import { SkeinError } from '../../std/index.ts'
import type { Clock } from '../../std/index.ts'
import { GroupCommit } from '../embedded/group-commit.ts'
import type { Soon } from '../platform/soon.ts'
import type { PreparedAct, Said } from './act.ts'
import { Batch } from './batch.ts'
import type { Connection } from './connection.ts'
import type { Holding } from './batch.ts'
import { BATCH_ENTRIES_MAX } from './limits.ts'
import { isOfItsContent } from './server-error.ts'

/** What a member needs. */
export type MemberPorts = {
  /** For its batches alone. */
  readonly lane: Connection
  readonly name: string
  readonly leaseMs: number
  readonly clock: Clock
  readonly soon: Soon
  readonly onLost: (why: SkeinError) => void
}

/** One life of a worker in its database. */
export class Member {
  readonly id: number
  readonly commits: GroupCommit
  readonly #ports: MemberPorts
  #number = 0
  /** Processes whose last part was refused. */
  readonly #refused = new Set<number>()
  #making: Batch | undefined
  #renewedAt: number
  #lost: SkeinError | undefined
  /** Rejects then: a batch under way is not answered any more. */
  readonly #end = Promise.withResolvers<never>()

  private constructor(ports: MemberPorts, id: number) {
    this.#ports = ports
    this.id = id
    this.#renewedAt = ports.clock.monotonicMs()
    this.#end.promise.catch(() => undefined)
    this.commits = new GroupCommit(
      { store: this, soon: ports.soon, entriesMax: BATCH_ENTRIES_MAX, isAhead: true },
      (error) => this.lose(error),
    )
  }

  /** Joins the workers of an installation. */
  static async join(ports: MemberPorts): Promise<Member> {
    const { lane, name, leaseMs } = ports
    const [row] = await lane.rows<{ readonly id: number }>({
      text: 'select join_members($1, $2) as id',
      values: [name, leaseMs],
    })
    return new Member(ports, row!.id)
  }

  get isLost(): boolean {
    return this.#lost !== undefined
  }

  /** The batch that is being made. */
  get batch(): Batch {
    if (this.#making === undefined) throw new Error('no batch is being made')
    return this.#making
  }

  /** The database heard of it when it was asked, or later. */
  renewed(askedAt: number): void {
    this.#renewedAt = Math.max(this.#renewedAt, askedAt)
  }

  /** Time since it was last heard. */
  get silentMs(): number {
    return this.#ports.clock.monotonicMs() - this.#renewedAt
  }

  /** Gives itself up when nobody has heard of it for the time of its lease. */
  check(): void {
    const { leaseMs } = this.#ports
    const { silentMs } = this
    if (silentMs <= leaseMs) return
    this.lose(
      new SkeinError(
        'LOST_EPOCH',
        `this worker could not renew its lease for ${Math.round(silentMs / 1000)} s; others may have taken over what it had`,
      ),
    )
  }

  lose(why: SkeinError): void {
    if (this.#lost !== undefined) return
    this.#lost = why
    this.commits.stop(why)
    this.#end.reject(why)
    this.#ports.onLost(why)
  }

  /** Writes one act of nobody's, and tells what came of it. */
  async submit(prepared: PreparedAct): Promise<Said | undefined> {
    let batch: Batch
    const written = this.commits.submit(() => {
      batch = this.batch
      return batch.prepared(prepared)
    }, prepared.bytes)
    const number = await Promise.race([written, this.#end.promise])
    return batch!.said(number)
  }

  /** For its group commit. */
  async commit<T>(apply: () => T): Promise<T> {
    const batch = (this.#making = new Batch())
    const result = apply()
    this.#making = undefined
    for (const p of this.#refused) batch.discard(p)
    try {
      await this.#write(batch)
    } catch (thrown) {
      if (!isOfItsContent(thrown)) throw thrown
      await this.#writeApart(batch)
    }
    return result
  }

  /** Of a process whose part was refused nothing goes out any more but this; a control after mail `seq` wakes it. */
  park(of: Holding, seq: number, body: string): void {
    this.batch.discard(of.p)
    this.batch.act({ t: 'park', p: of.p, seq, body }, of, true)
    this.#refused.delete(of.p)
  }

  /** The claim of one that has not begun ends: it is claimed again after a time, or for mail. False when more than `seq` has come. */
  async giveBack(of: Holding, seq: number, againInMs: number): Promise<boolean> {
    let batch: Batch
    const written = this.commits.submit(() => {
      batch = this.batch
      return batch.act({ t: 'wait', p: of.p, seq, wake_in: againInMs }, of, true)
    }, 0)
    const number = await Promise.race([written, this.#end.promise])
    return batch!.isLost(of.p) || batch!.said(number)?.ok === true
  }

  async #writeApart(batch: Batch): Promise<void> {
    const parts = batch.apart()
    for (const part of parts) {
      try {
        await this.#write(part)
      } catch (thrown) {
        if (!SkeinError.isInstance(thrown) || !isOfItsContent(thrown)) throw thrown
        part.refused(thrown)
      }
    }
    batch.together(parts)
    for (const p of batch.refusedProcesses()) this.#refused.add(p)
  }

  async #write(batch: Batch): Promise<void> {
    const { lane, leaseMs, clock } = this.#ports
    const number = this.#number + 1
    const statement = batch.statement({ member: this.id, number, leaseMs, at: clock.now() })
    const askedAt = clock.monotonicMs()
    const [row] = await lane.rows<{ readonly answer: string }>(statement)
    this.#number = number
    this.renewed(askedAt)
    // An answer that lay here for the time of a lease, because this worker was stopped, starts nothing.
    this.check()
    if (this.#lost !== undefined) throw this.#lost
    batch.answered(row!.answer)
  }
}
