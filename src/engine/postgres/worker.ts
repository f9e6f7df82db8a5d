/**
 * One worker: it joins the others, sweeps, listens, and joins again when it was declared dead.
 *
 * Invariants:
 * 1. What notifications tell, a sweep finds too: a lost one costs a moment, never a wake-up.
 * 2. Of two lives of a worker, the older has stopped before the younger joins.
 * 3. A host goes on through all lives of its worker.
 */
import { SkeinError, toSkeinError } from '../../std/index.ts'
import type { HostOptions } from '../port.ts'
import type { PreparedAct, Said } from './act.ts'
import { Connection } from './connection.ts'
import type { Address, Pg } from './connection.ts'
import { REJOIN_MS, SWEEP_MS, SWEEPS_PER_PARKED_LOOK } from './limits.ts'
import { Member } from './member.ts'
import type { MemberPorts } from './member.ts'
import { Residents } from './residents.ts'
import type { ResidentsPorts, RunActivation } from './residents.ts'
import { unreachable } from './server-error.ts'

/** What a worker needs. */
export type WorkerParts = Omit<ResidentsPorts, 'member' | 'db' | 'expect' | 'onFailure'> &
  Pick<MemberPorts, 'leaseMs'> & {
    readonly pg: Pg
    readonly address: Address
    /** The engine's own: settings are asked for there. */
    readonly looks: Connection
  }

type Swept = {
  readonly ready: boolean
  readonly dueInMs: number | null
  readonly mails: readonly (readonly [p: number, seq: number])[] | null
  readonly settings: number
}

type Hosting = { readonly run: RunActivation; readonly options: HostOptions; isLeaving: boolean }

/** A life: from joining to being lost, or leaving. */
type Life = { readonly member: Member; readonly lane: Connection; readonly claims: Connection; residents?: Residents }

/** A worker of an installation. */
export class Worker {
  readonly #parts: WorkerParts
  readonly #sweeps: Connection
  readonly #ears: Connection
  #life!: Promise<Life>
  #now: Life | undefined
  #hosting: Hosting | undefined
  #sweeping: Promise<void> | undefined
  #timer: Disposable | undefined
  #timerAt = Number.POSITIVE_INFINITY
  #count = 0
  #settingsVersion: number | undefined
  #isClosed = false

  constructor(parts: WorkerParts) {
    this.#parts = parts
    const { pg, address } = parts
    this.#sweeps = new Connection(pg, address)
    this.#ears = new Connection(pg, address, async (client) => {
      client.on('notification', ({ payload }) => this.#heard(payload ?? ''))
      await client.query({ text: `listen skein_${address.schema}` })
    })
    this.#ears.onGone(() => this.#listen())
  }

  async begin(): Promise<void> {
    await this.#ears.connect()
    this.#life = this.#join()
    await this.#life
    this.#sweepIn(SWEEP_MS)
  }

  get #alive(): Life | undefined {
    return this.#now?.member.isLost === false ? this.#now : undefined
  }

  get memberId(): number {
    return this.#now?.member.id ?? 0
  }

  /** Writes an act, and tells what came of it. */
  async submit(prepared: PreparedAct): Promise<Said | undefined> {
    // At once where it can be: what is said to this worker first is written first.
    const life = this.#alive ?? (await this.#joined())
    const said = await life.member.submit(prepared)
    if (said !== undefined) life.residents?.said(said, prepared.event)
    return said
  }

  /** Its next life; whoever asks for something waits for it no longer than for an answer. */
  async #joined(): Promise<Life> {
    const { clock, address } = this.#parts
    const late = Promise.withResolvers<never>()
    const why = new Error('this worker has lost its place there, and could not join again yet')
    using _ = clock.timer(address.timeoutMs, () => late.reject(unreachable(why, address)))
    return await Promise.race([this.#life, late.promise])
  }

  async host(run: RunActivation, options: HostOptions): Promise<AsyncDisposable> {
    if (this.#hosting !== undefined)
      throw new SkeinError('USAGE', 'this engine is hosted already; dispose the first host before the next')
    const hosting = { run, options, isLeaving: false }
    this.#hosting = hosting
    this.#hostIn(await this.#life)
    await this.#sweep()
    return { [Symbol.asyncDispose]: () => this.#leave(hosting) }
  }

  /** Settings have changed here. */
  async switched(now: boolean): Promise<void> {
    await this.#parts.settings.refresh(true)
    const { residents } = await this.#life
    await residents?.switched(now)
    residents?.claim()
  }

  leave(): Promise<void> {
    return this.#leave(this.#hosting)
  }

  /** Everything that was said is durable; the others need not wait for the lease. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#timer?.[Symbol.dispose]()
    await this.#sweeping
    const life = await this.#life.catch(() => undefined)
    if (life !== undefined) {
      await life.member.commits.flush()
      life.member.commits.stop(new SkeinError('ENGINE_CLOSED', 'this engine is closed'))
      await this.#sweeps
        .rows({ text: 'delete from member where id = $1', values: [life.member.id] })
        .catch(() => undefined)
      await life.lane.close()
      await life.claims.close()
    }
    await this.#sweeps.close()
    await this.#ears.close()
  }

  /** As `kill -9` would end it. */
  abandon(): void {
    this.#isClosed = true
    this.#timer?.[Symbol.dispose]()
    const why = new SkeinError('ENGINE_CLOSED', 'this worker was killed')
    const life = this.#now
    life?.residents?.drop(why)
    life?.member.commits.stop(why)
    for (const connection of [this.#sweeps, this.#ears, life?.lane, life?.claims]) connection?.cut()
  }

  async #leave(hosting: Hosting | undefined): Promise<void> {
    if (hosting === undefined || this.#hosting !== hosting) return
    // A life that begins meanwhile hosts nothing; where none is, nothing is here that could leave.
    hosting.isLeaving = true
    const life = this.#alive
    await life?.residents?.leave()
    if (this.#hosting !== hosting) return
    this.#hosting = undefined
    if (life !== undefined) delete life.residents
  }

  async #join(): Promise<Life> {
    const { pg, address, leaseMs, clock, soon } = this.#parts
    const lane = new Connection(pg, address)
    const onLost = (why: SkeinError): void => this.#lost(life, why)
    const member = await Member.join({ lane, name: address.name, leaseMs, clock, soon, onLost })
    const life: Life = { member, lane, claims: new Connection(pg, address) }
    this.#now = life
    if (this.#hosting !== undefined) this.#hostIn(life)
    return life
  }

  #hostIn(life: Life): void {
    if (this.#hosting === undefined || this.#hosting.isLeaving || life.residents !== undefined) return
    const { run, options } = this.#hosting
    life.residents = new Residents(
      {
        ...this.#parts,
        member: life.member,
        db: life.claims,
        expect: (inMs) => this.#sweepIn(inMs),
        onFailure: (error) => life.member.lose(error),
      },
      run,
      options,
    )
    life.residents.claim()
  }

  /** Its life is over; another one begins, for as long as there is a server to join at. */
  #lost(life: Life, why: SkeinError): void {
    life.residents?.drop(why)
    life.lane.cut()
    life.claims.cut()
    if (this.#isClosed) return
    // Perhaps nobody is at their other ends any more.
    for (const connection of [this.#sweeps, this.#ears, this.#parts.looks]) connection.renew()
    this.#listen()
    this.#life = this.#again()
    this.#life.catch(() => undefined)
  }

  async #again(): Promise<Life> {
    for (;;) {
      await new Promise<void>((resolve) => this.#parts.clock.timer(REJOIN_MS, resolve))
      if (this.#isClosed) throw new SkeinError('ENGINE_CLOSED', 'this engine is closed')
      try {
        return await this.#join()
      } catch (thrown) {
        const { retryable } = toSkeinError(thrown, 'ENGINE_UNREACHABLE')
        if (!retryable && !this.#isClosed)
          await new Promise<void>((resolve) => this.#parts.clock.timer(SWEEP_MS, resolve))
      }
    }
  }

  #listen(): void {
    if (this.#isClosed) return
    // What was said while nobody listened is found by the sweep that follows.
    this.#ears.connect().then(
      () => this.#sweepIn(0),
      () => this.#parts.clock.timer(SWEEP_MS, () => this.#listen()),
    )
  }

  #heard(payload: string): void {
    const [what, ...about] = payload.split(' ')
    const numbers = about.map(Number)
    const life = this.#now
    if (life === undefined || life.member.isLost) return
    if (what === 'm' && numbers[0] === life.member.id) life.residents?.hear(numbers[1]!, numbers[2]!)
    if (what === 'r' && numbers[0] !== life.member.id) life.residents?.claim()
    if (what === 'p' && numbers[0] !== life.member.id) life.residents?.claim(true)
    if (what === 's') void this.switched(numbers[0] === 1).catch(() => undefined)
  }

  /** Sweeps then, or earlier. */
  #sweepIn(inMs: number): void {
    const { clock } = this.#parts
    const delayMs = Math.max(0, Math.min(inMs, SWEEP_MS))
    const at = clock.monotonicMs() + delayMs
    if (this.#isClosed || at >= this.#timerAt) return
    this.#timer?.[Symbol.dispose]()
    this.#timerAt = at
    this.#timer = clock.timer(delayMs, () => {
      this.#timerAt = Number.POSITIVE_INFINITY
      void this.#sweep().finally(() => this.#sweepIn(SWEEP_MS))
    })
  }

  #sweep(): Promise<void> {
    return (this.#sweeping ??= this.#sweepOnce()
      .catch(() => undefined)
      .finally(() => (this.#sweeping = undefined)))
  }

  async #sweepOnce(): Promise<void> {
    const life = this.#now
    if (life === undefined || life.member.isLost) return
    const { clock, leaseMs } = this.#parts
    const askedAt = clock.monotonicMs()
    let silent: Disposable
    const watch = (): void => {
      life.member.check()
      if (life.member.isLost) return
      // Its batches are answered, this is not.
      this.#sweeps.renew()
      silent = clock.timer(Math.max(1, leaseMs - life.member.silentMs + 1), watch)
    }
    silent = clock.timer(leaseMs, watch)
    try {
      const [row] = await this.#sweeps.rows<{ readonly swept: Swept }>({
        name: 'sweep',
        text: 'select sweep($1, $2, $3) as swept',
        values: [life.member.id, clock.now(), leaseMs],
      })
      life.member.renewed(askedAt)
      await this.#swept(life, row!.swept)
    } catch (thrown) {
      const error = toSkeinError(thrown, 'ENGINE_UNREACHABLE')
      if (error.code === 'LOST_EPOCH') life.member.lose(error)
      else life.member.check()
    } finally {
      silent[Symbol.dispose]()
    }
  }

  async #swept({ residents }: Life, { ready, dueInMs, mails, settings }: Swept): Promise<void> {
    for (const [p, seq] of mails ?? []) residents?.hear(p, seq)
    if (ready || this.#count++ % SWEEPS_PER_PARKED_LOOK === 0)
      residents?.claim(this.#count % SWEEPS_PER_PARKED_LOOK === 1)
    if (dueInMs !== null) this.#sweepIn(dueInMs)
    const isNew = this.#settingsVersion !== undefined && this.#settingsVersion !== settings
    this.#settingsVersion = settings
    if (isNew) await this.switched(false)
  }
}
