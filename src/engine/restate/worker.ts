/**
 * Who is resident in this worker. The server says who runs; this only runs it, and leaves in two steps when its host goes.
 *
 * Invariants:
 * 1. An activation begins only in a handler that the server has opened, and while there is a host.
 * 2. A host leaves in two steps: first no write begins that could not be repeated, while everything else goes on; then
 *    nothing begins, what is in flight may end for a moment, and everybody is taken away.
 * 3. What the settings say is asked for again before an activation, if it was asked for long ago.
 */
import type { Activation, StartRequest } from '../../kernel/index.ts'
import { asEpoch, asPid, SkeinError, toSkeinError } from '../../std/index.ts'
import type { Clock, Hash, OwnerId, Pid, Random } from '../../std/index.ts'
import { DRAIN_MACROTASKS, DRAIN_WRITES_MS, RESIDENT_MAX_DEFAULT } from '../limits.ts'
import type { Soon } from '../platform/soon.ts'
import type { Frame, HostOptions, ProcessStatus } from '../port.ts'
import { RestateActivation } from './activation.ts'
import type { Beginning } from './activation.ts'
import { beginningOf } from './begin.ts'
import type { ObjectClient } from './client.ts'
import { HEARTBEAT_MS, LEAVE_REPEATABLE_MS } from './limits.ts'
import { MailIntake } from './mail-intake.ts'
import type { OpenJournal } from './open-journal.ts'
import type { Residences } from './process-object.ts'
import { Residence } from './residence.ts'
import type { SettingsCache } from './settings-cache.ts'

/** What a worker needs. */
export type WorkerParts = {
  readonly client: ObjectClient
  readonly settings: SettingsCache
  readonly clock: Clock
  readonly random: Random
  readonly hash: Hash
  readonly soon: Soon
  /** It has begun, made a frame durable, or come to rest. */
  readonly onChange: (start: StartRequest, status: ProcessStatus, frame?: Frame) => void
  readonly onOver: (pid: Pid) => void
}

type Run = (activation: Activation) => Promise<void>

const DRAINED = 'this host is shutting down; the process goes on when it is hosted again'

/** The residents of one worker. */
export class Worker implements Residences {
  readonly #parts: WorkerParts
  readonly #residents = new Map<OwnerId, Residence>()
  readonly #waiting = new Set<() => void>()
  #host: { readonly run: Run; readonly residentMax: number } | undefined
  #isLeaving = false
  #isAbandoned = false
  #onStir: (() => void) | undefined

  constructor(parts: WorkerParts) {
    this.#parts = parts
  }

  find(owner: OwnerId): Residence | undefined {
    const residence = this.#residents.get(owner)
    return residence?.isLost === true ? undefined : residence
  }

  /** Whether everything that has come for those resident here has reached them, and their mailboxes know what they consumed. */
  async hasCaughtUp(): Promise<boolean> {
    for (const { activation } of this.#residents.values()) {
      const row = (await this.#parts.client.view(activation.pid))?.row
      if (row?.status !== 'running') continue
      const isKnown = row.epoch === activation.epoch && row.consumed >= activation.consumed
      if (!isKnown || row.lastSeq > activation.mail.heardSeq) return false
    }
    return true
  }

  get #isCrowded(): boolean {
    return this.#host !== undefined && this.#residents.size > this.#host.residentMax
  }

  /** Runs activations from now on. */
  host(run: Run, options: HostOptions): AsyncDisposable {
    if (this.#host !== undefined)
      throw new SkeinError('USAGE', 'this engine is hosted already; dispose the first host before the next')
    this.#host = { run, residentMax: options.residentMax ?? RESIDENT_MAX_DEFAULT }
    this.#isLeaving = false
    for (const wake of [...this.#waiting]) wake()
    return { [Symbol.asyncDispose]: () => this.#leave() }
  }

  async begin(journal: OpenJournal, key: string): Promise<Residence | 'vain' | 'nobody'> {
    const { client, clock, hash, settings } = this.#parts
    // What was killed answers nothing.
    if (this.#isAbandoned) return new Promise(() => {})
    if (this.#host === undefined) await this.#hosted()
    if (this.#host === undefined) return 'nobody'
    const pid = asPid(key)
    const [beginning] = await Promise.all([beginningOf(client, journal, { pid, hash }), settings.refresh()])
    if (beginning === undefined) return 'vain'
    const activation = this.#activation(beginning, journal)
    await settings.learn(pid)
    await activation.mail.begin(beginning.mail, new Set(journal.head.consumed.map(({ seq }) => seq)))
    const host = this.#host
    if (host === undefined || this.#isAbandoned) return 'nobody'
    if (this.#isLeaving) activation.prepareToLeave()
    const onOver = (): void => {
      this.#residents.delete(activation.owner)
      settings.forget(pid)
      this.stirred()
      this.#parts.onOver(pid)
    }
    const learnSwitches = async (): Promise<void> => {
      await settings.refresh(true)
      await settings.learn(pid)
    }
    const residence = new Residence(activation, host.run, { clock, onOver, learnSwitches })
    this.#residents.set(activation.owner, residence)
    return residence
  }

  #activation(beginning: Beginning, journal: OpenJournal) {
    const { client, onChange, settings, ...ports } = this.#parts
    const isCrowded = (): boolean => this.#isCrowded
    const residents = {
      get isCrowded() {
        return isCrowded()
      },
      stirred: () => this.stirred(),
    }
    const activation = new RestateActivation(
      { ...ports, settings, residents, onChange },
      beginning,
      asEpoch(journal.head.epoch + 1),
    )
    activation.mail = new MailIntake({
      peek: (after) => client.peek(activation.pid, after),
      take: (arrived) => activation.arrived(arrived),
      fail: (error) => activation.drop(toSkeinError(error, 'ENGINE_UNREACHABLE')),
    })
    return activation
  }

  /** Somebody hosts, or a heartbeat is due. */
  #hosted(): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        timer[Symbol.dispose]()
        this.#waiting.delete(wake)
        resolve()
      }
      this.#waiting.add(wake)
      const timer = this.#parts.clock.timer(HEARTBEAT_MS, wake)
    })
  }

  /** An effect of a resident has ended, or its kernel waits: whoever leaves looks again. */
  stirred(): void {
    this.#onStir?.()
  }

  /** As `kill -9` would end it. */
  abandon(): void {
    this.#isAbandoned = true
    this.#host = undefined
    for (const residence of this.#residents.values()) residence.lose()
    this.#residents.clear()
  }

  async #leave(): Promise<void> {
    if (this.#host === undefined) return
    this.#isLeaving = true
    const all = (): readonly RestateActivation[] => [...this.#residents.values()].map(({ activation }) => activation)
    for (const activation of all()) activation.prepareToLeave()
    await this.#turnsOver()
    await this.#until(({ lane }) => !lane.hasPlainWrites, DRAIN_WRITES_MS)
    this.#host = undefined
    const why = new SkeinError('ENGINE_CLOSED', DRAINED)
    for (const activation of all()) activation.leave(why)
    await this.#turnsOver()
    await this.#until((one) => one.isDone, LEAVE_REPEATABLE_MS)
    for (const activation of all()) activation.drain(why)
    await Promise.all([...this.#residents.values()].map(({ returned }) => returned))
  }

  /** Lets the kernel finish the turns it is in; they take macrotasks, not time. */
  async #turnsOver(): Promise<void> {
    for (let i = 0; i < DRAIN_MACROTASKS; i++) {
      if ([...this.#residents.values()].every(({ activation }) => activation.hasHeard)) return
      await new Promise<void>((resolve) => this.#parts.soon(resolve))
    }
  }

  /** Waits until it holds of every resident, but no longer. */
  async #until(isSo: (resident: RestateActivation) => boolean, limitMs: number): Promise<void> {
    const holds = (): boolean => [...this.#residents.values()].every(({ activation }) => isSo(activation))
    if (holds()) return
    await new Promise<void>((resolve) => {
      const limit = this.#parts.clock.timer(limitMs, () => end())
      const end = (): void => {
        this.#onStir = undefined
        limit[Symbol.dispose]()
        resolve()
      }
      this.#onStir = () => {
        if (holds()) end()
      }
    })
  }
}
