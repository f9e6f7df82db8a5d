/**
 * Who is resident in one worker: claims what has something to do, loads it, runs it, and brings it its mail.
 *
 * Invariants:
 * 1. Only what was claimed is run, and a process is run again only when its run before has returned (rule T1).
 * 2. Mail is taken by its number, however often, and by whomever, it is told of.
 * 3. What may have been claimed without our hearing of it is asked for: nothing that is ours lies idle.
 */
import type { Activation, StartRequest } from '../../kernel/index.ts'
import { errorData, limits, SkeinError, toSkeinError } from '../../std/index.ts'
import type { Clock, Hash, Random } from '../../std/index.ts'
import type { MailEvent } from '../activation-rows.ts'
import { isOfBlobs } from '../blobs/journal-blobs.ts'
import type { JournalBlobs } from '../blobs/journal-blobs.ts'
import { STORE_AGAIN_MS } from '../blobs/limits.ts'
import { PayloadsFirst } from '../blobs/payloads-first.ts'
import { Departure, DRAINED } from '../departure.ts'
import { RESIDENT_MAX_DEFAULT } from '../limits.ts'
import { MailIntake } from '../mail-intake.ts'
import type { Soon } from '../platform/soon.ts'
import type { Frame, HostOptions, ProcessStatus } from '../port.ts'
import { ownerId, RemoteActivation } from '../remote-activation.ts'
import type { WorkerPorts } from '../remote-activation.ts'
import type { SettingsCache } from '../settings-cache.ts'
import type { Said } from './act.ts'
import type { Connection } from './connection.ts'
import type { Holding } from './batch.ts'
import {
  CLAIM_AGAIN_MS,
  CLAIM_MOST,
  LEAVE_PAYLOADS_MS,
  LEAVE_REPEATABLE_MS,
  LOADS_AWAITED_MS,
  POSTGRES_FRAME_BYTES_MAX,
} from './limits.ts'
import { loadAll, mailPage } from './load.ts'
import type { Loaded } from './load.ts'
import type { Member } from './member.ts'
import { MemberOutbox } from './outbox.ts'
import type { OutboxPorts } from './outbox.ts'
import type { ProcessRow } from './process-row.ts'

/** What runs an activation to its end. */
export type RunActivation = (activation: Activation) => Promise<void>

/** What the residents of a worker need. */
export type ResidentsPorts = {
  readonly member: Member
  /** For claims and loads. */
  readonly db: Connection
  readonly blobs: JournalBlobs
  readonly settings: SettingsCache
  readonly clock: Clock
  readonly random: Random
  readonly hash: Hash
  readonly soon: Soon
  readonly onChange: (start: StartRequest, status: ProcessStatus, frame?: Frame) => void
  /** Something is due then, by the clock of this worker. */
  readonly expect: (inMs: number) => void
  readonly onFailure: (error: SkeinError) => void
}

type Resident = { readonly activation: RemoteActivation; readonly payloads?: PayloadsFirst }

/** The residents of one host. */
export class Residents {
  readonly #ports: ResidentsPorts
  readonly #run: RunActivation
  readonly #most: number
  readonly #residents = new Map<number, Resident>()
  /** Claimed and being loaded, with the last mail that was told of meanwhile. */
  readonly #loading = new Map<number, number>()
  readonly #runs = new Map<number, Promise<void>>()
  readonly #departure: Departure
  readonly #worker: WorkerPorts
  #claiming: Promise<void> | undefined
  #isWanted = false
  #isParkedWanted = true
  #isCrowded = false
  #isClosed = false

  constructor(ports: ResidentsPorts, run: RunActivation, options: HostOptions) {
    this.#ports = ports
    this.#run = run
    this.#most = options.residentMax ?? RESIDENT_MAX_DEFAULT
    this.#departure = new Departure(ports, () => this.#activations())
    const isCrowded = (): boolean => this.#isCrowded
    const stirred = (): void => this.#departure.stirred()
    this.#worker = {
      frameBytesMax: POSTGRES_FRAME_BYTES_MAX,
      inlineMax: limits.PAYLOAD_INLINE_BYTES_MAX,
      clock: ports.clock,
      random: ports.random,
      hash: ports.hash,
      settings: ports.settings,
      residents: {
        get isCrowded() {
          return isCrowded()
        },
        stirred,
      },
      onChange: ports.onChange,
    }
  }

  /** Somebody has something to do. `parked`: perhaps one that others could not run. */
  claim(parked = false): void {
    this.#isWanted = true
    this.#isParkedWanted ||= parked
    if (this.#isClosed) return
    this.#claiming ??= this.#claimAll().finally(() => {
      this.#claiming = undefined
      if (this.#isWanted && !this.#isFull) this.claim()
    })
  }

  /** Mail number `seq` has come for process number `p`. */
  hear(p: number, seq: number, event?: MailEvent): void {
    const loading = this.#loading.get(p)
    if (loading !== undefined) this.#loading.set(p, Math.max(loading, seq))
    this.#residents.get(p)?.activation.mail.hear(event === undefined ? { seq } : { seq, event })
  }

  /** What came of an act: mail for somebody here, and work. */
  said({ p, s, o, y, also }: Said, event: MailEvent | undefined): void {
    if (p !== undefined && s !== undefined && o === this.#ports.member.id) this.hear(p, s, event)
    if (y === true) this.claim()
    if (also !== undefined) this.said(also, undefined)
  }

  /** Switches have changed. */
  async switched(now: boolean): Promise<void> {
    for (const { activation } of this.#residents.values()) {
      await this.#ports.settings.learn(activation.pid)
      activation.hearSwitches(now)
    }
  }

  /** Nothing runs any more, as if this worker had died. */
  drop(why: SkeinError): void {
    this.#isClosed = true
    for (const { activation, payloads } of this.#residents.values()) {
      activation.drop(why)
      payloads?.close()
    }
    this.#residents.clear()
    this.#departure.stirred()
  }

  /** Leaves; what is still here then is ready for others. */
  async leave(): Promise<void> {
    const why = new SkeinError('ENGINE_CLOSED', DRAINED)
    const onlyOutcomes = (): void => {
      this.#isClosed = true
    }
    await this.#departure.leave(why, { onlyOutcomes, repeatableMs: LEAVE_REPEATABLE_MS })
    await this.#claiming
    for (const activation of this.#activations()) activation.drain(why)
    await this.#atMost(LEAVE_PAYLOADS_MS, this.#returned())
    for (const { activation, payloads } of this.#residents.values()) {
      if (payloads?.isWaiting !== true) continue
      payloads.close()
      // Its end waits behind what never came there: nobody answers it any more.
      activation.drop(why)
    }
    await this.#returned()
    this.#residents.clear()
    const release = { act: { t: 'release' }, blobs: [], locks: [], pids: [], bytes: 0 }
    await this.#ports.member.submit(release).catch(() => undefined)
  }

  /** Resolves when all kernels have returned, and nothing that they said waits for the store of blobs. */
  async #returned(): Promise<void> {
    await Promise.all(this.#runs.values())
    await Promise.all([...this.#residents.values()].flatMap(({ payloads }) => payloads?.waiting ?? []))
  }

  *#activations(): Generator<RemoteActivation> {
    for (const { activation } of this.#residents.values()) yield activation
  }

  get #isFull(): boolean {
    return this.#residents.size + this.#loading.size >= this.#most
  }

  async #claimAll(): Promise<void> {
    try {
      while (this.#isWanted && !this.#isClosed) {
        if (this.#isFull) return this.#makeRoom()
        this.#isWanted = false
        const most = Math.min(CLAIM_MOST, this.#most - this.#residents.size - this.#loading.size)
        const withParked = this.#isParkedWanted
        this.#isParkedWanted = false
        const rows = await this.#claimed(most, withParked)
        if (rows.length >= most) {
          this.#isWanted = true
          this.#isParkedWanted ||= withParked
        }
        await this.#begin(rows)
      }
      this.#isCrowded = false
    } catch (thrown) {
      if (!this.#isClosed) this.#ports.onFailure(toSkeinError(thrown, 'STORE_FAILED'))
    }
  }

  /** Residents that only idle leave early when others want in (rule T7). */
  #makeRoom(): void {
    this.#isCrowded = true
    let wanted = CLAIM_MOST
    for (const { activation } of this.#residents.values()) if (wanted > 0 && activation.queue.endIdle()) wanted -= 1
  }

  /**
   * Claims, and finds what an earlier claim got whose answer was lost. It may have been written after it was asked again:
   * so that is looked for now and then, too.
   */
  async #claimed(most: number, withParked: boolean): Promise<readonly ProcessRow[]> {
    const { db, member, clock } = this.#ports
    let attempts = 0
    return db.do(async (client) => {
      attempts += 1
      if (attempts > 1 || withParked) {
        const here = [...this.#residents.keys(), ...this.#loading.keys(), ...this.#runs.keys()]
        const { rows } = await client.query({
          name: 'ours',
          text: `select q.* from process q where q.owner = $1
            and not exists(select from unnest($2::bigint[]) here(p) where here.p = q.p) order by q.p limit $3`,
          values: [member.id, here, most],
        })
        if (rows.length > 0) {
          this.#isWanted = true
          return rows as readonly ProcessRow[]
        }
      }
      const { rows } = await client.query({
        name: 'claim',
        text: 'select * from claim($1, $2, $3, $4)',
        values: [member.id, clock.now(), most, withParked],
      })
      return rows as readonly ProcessRow[]
    })
  }

  async #begin(rows: readonly ProcessRow[]): Promise<void> {
    if (rows.length === 0) return
    const { db, blobs, hash, settings } = this.#ports
    const waiting = new Set(rows.map(({ p }) => p))
    for (const p of waiting) this.#loading.set(p, 0)
    try {
      await settings.refresh()
      const loads = (await loadAll({ db, blobs }, rows, hash)).map(({ row, load }) => {
        waiting.delete(row.p)
        const loaded = this.#loaded(row, load)
        void loaded
          .then((one) => (one === undefined ? undefined : this.#activate(one)))
          .catch((thrown: unknown) => this.#ports.onFailure(toSkeinError(thrown, 'STORE_FAILED')))
          .finally(() => {
            this.#loading.delete(row.p)
            if (this.#isCrowded) this.claim()
          })
        return loaded
      })
      await this.#atMost(LOADS_AWAITED_MS, Promise.all(loads))
    } finally {
      for (const p of waiting) this.#loading.delete(p)
    }
  }

  /** A process that cannot be read must not stop the others; one whose payloads cannot be reached waits for them. */
  async #loaded(row: ProcessRow, load: () => Promise<Loaded | undefined>): Promise<Loaded | undefined> {
    for (; !this.#isClosed; await this.#atMost(STORE_AGAIN_MS))
      try {
        await this.#ports.settings.learn(row.pid)
        return await load()
      } catch (thrown) {
        // What is no error of ours is a row that cannot be read.
        const error = toSkeinError(thrown, 'DATA_FOLDER_CORRUPT')
        if (isOfBlobs(error) && error.retryable) {
          // Others want in, and this one can do nothing.
          const seq = Math.max(row.last_seq, this.#loading.get(row.p) ?? 0)
          if (this.#isCrowded && (await this.#ports.member.giveBack(row, seq, CLAIM_AGAIN_MS))) return undefined
          continue
        }
        if (error.code === 'DATA_FOLDER_CORRUPT' || isOfBlobs(error)) this.#park(row, row.last_seq, error)
        else if (!this.#isClosed) this.#ports.onFailure(error)
        return undefined
      }
    return undefined
  }

  /** Waits for something, but no longer; for nothing: so long. */
  async #atMost(limitMs: number, what: Promise<unknown> = new Promise(() => {})): Promise<void> {
    const over = Promise.withResolvers<void>()
    using _ = this.#ports.clock.timer(limitMs, over.resolve)
    await Promise.race([what, over.promise])
  }

  async #activate({ p, epoch, beginning, mail }: Loaded): Promise<void> {
    await this.#runs.get(p)
    const { db, member, random } = this.#ports
    if (member.isLost || this.#isClosed) return
    const outbox = new MemberOutbox(this.#outboxPorts(p), { p, epoch }, beginning.head.n)
    const payloads = this.#payloadsFirst(p, outbox, beginning)
    const lane = { epoch, owner: ownerId(epoch, random), outbox: payloads ?? outbox }
    const activation = new RemoteActivation(this.#worker, beginning, lane)
    outbox.activation = activation
    activation.mail = new MailIntake({
      peek: (after) => mailPage(db, p, { after, lastSeq: after }),
      take: (arrived) => activation.arrived(arrived),
      // One that hears nothing any more would lie here, and be nobody's: it is found again in the next life.
      fail: (error) => {
        if (!activation.isOver) this.#ports.onFailure(toSkeinError(error, 'ENGINE_UNREACHABLE'))
      },
    })
    await activation.mail.begin(mail, new Set())
    if (member.isLost || this.#isClosed) return
    this.#residents.set(p, { activation, ...(payloads === undefined ? {} : { payloads }) })
    activation.mail.hear({ seq: this.#loading.get(p) ?? 0 })
    this.#departure.prepare(activation)
    activation.durable(1)
    this.#runs.set(
      p,
      this.#runOf(activation).finally(() => {
        this.#runs.delete(p)
      }),
    )
  }

  /** Where large payloads go outside, they go before the frames that name them. */
  #payloadsFirst(p: number, outbox: MemberOutbox, { start }: Loaded['beginning']): PayloadsFirst | undefined {
    const { blobs, clock } = this.#ports
    if (!blobs.isOutside) return undefined
    return new PayloadsFirst({
      ...{ pid: start.pid, blobs, clock, outbox },
      isOver: () => outbox.activation.isOver,
      refused: (why) => this.#refused({ p, epoch: outbox.activation.epoch }, outbox.activation, why),
    })
  }

  /** Settles when the kernel has returned; who returns without an end is parked, or left to others. */
  async #runOf(activation: RemoteActivation): Promise<void> {
    let error: SkeinError | undefined
    try {
      await this.#run(activation)
      if (activation.isOver || activation.signal.aborted) return
      error = new SkeinError('INTERNAL', `the activation of ${activation.pid} returned without an end`)
    } catch (thrown) {
      if (activation.isOver || activation.signal.aborted) return
      error = toSkeinError(thrown, 'INTERNAL')
    }
    await activation.endByHost({ type: 'parked', error: errorData(error) }).catch(() => undefined)
  }

  #outboxPorts(p: number): OutboxPorts {
    const { hash, member } = this.#ports
    return {
      hash,
      commits: member.commits,
      batch: () => member.batch,
      heard: (said, prepared) => this.said(said, prepared?.event),
      refused: (activation, why) => this.#refused({ p, epoch: activation.epoch }, activation, why),
      lost: (activation) => this.#lost(p, activation),
      rested: (activation) => this.#rested(p, activation),
    }
  }

  #lost(p: number, activation: RemoteActivation): void {
    if (this.#residents.get(p)?.activation === activation) this.#residents.delete(p)
    activation.drop(new SkeinError('LOST_EPOCH', `another worker goes on with ${activation.pid}`))
    this.#departure.stirred()
  }

  /** It is parked as it stood before; whoever resumes it does again what was not written. */
  #refused(of: Holding, activation: RemoteActivation, why: SkeinError): void {
    if (this.#residents.get(of.p)?.activation !== activation) return
    this.#residents.delete(of.p)
    activation.drop(why)
    // What comes between here and the park was heard by nobody.
    this.#park(of, activation.mail.heardSeq, why)
    this.#departure.stirred()
  }

  #rested(p: number, activation: RemoteActivation): void {
    this.#residents.delete(p)
    this.#ports.settings.forget(activation.pid)
    const { earliest } = activation.timers
    if (earliest !== undefined) this.#ports.expect(earliest - this.#ports.clock.now())
    this.#departure.stirred()
    if (this.#isCrowded) this.claim()
  }

  #park({ p, epoch }: Holding, seq: number, why: SkeinError): void {
    const { member } = this.#ports
    const body = JSON.stringify(errorData(why))
    member.commits.push([{ apply: () => member.park({ p, epoch }, seq, body), done() {}, failed() {} }], 0)
  }
}
