/**
 * Who is resident in this worker. The server says who runs; this only runs it.
 *
 * Invariants:
 * 1. An activation begins only in a handler that the server has opened, and while there is a host.
 * 2. A host leaves as `departure.ts` says.
 * 3. What the settings say is asked for again before an activation, if it was asked for long ago.
 */
import type { Activation, StartRequest, Wait } from '../../kernel/index.ts'
import { asEpoch, asPid, SkeinError, toSkeinError } from '../../std/index.ts'
import type { Clock, Epoch, Hash, OwnerId, Pid, Random } from '../../std/index.ts'
import { Departure, DRAINED } from '../departure.ts'
import type { JournalBlobs } from '../blobs/journal-blobs.ts'
import { RESIDENT_MAX_DEFAULT } from '../limits.ts'
import type { Soon } from '../platform/soon.ts'
import type { Frame, HostOptions, ProcessStatus } from '../port.ts'
import { RestateActivation } from './activation.ts'
import type { Beginning } from './activation.ts'
import { beginningOf } from './begin.ts'
import type { ObjectClient } from './client.ts'
import { LoopTurns } from './loop-turns.ts'
import { AHEAD_TURNS, HEARTBEAT_MS, LEAVE_REPEATABLE_MS, LEAVE_RETURN_MS } from './limits.ts'
import { MailIntake } from '../mail-intake.ts'
import type { OpenJournal } from './open-journal.ts'
import type { Attempt, Residences } from './process-object.ts'
import { Residence } from './residence.ts'
import type { SettingsCache } from '../settings-cache.ts'

/** What a worker needs. */
export type WorkerParts = {
  readonly client: ObjectClient
  readonly blobs: JournalBlobs
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
type Host = { readonly run: Run; readonly residentMax: number; readonly departure: Departure }

/** The residents of one worker. */
export class Worker implements Residences {
  readonly #parts: WorkerParts
  readonly #turns: LoopTurns
  readonly #residents = new Map<OwnerId, Residence>()
  readonly #latest = new Map<Pid, Residence>()
  readonly #waiting = new Set<() => void>()
  #host: Host | undefined
  /** Of the last host. */
  #departure: Departure | undefined
  #isAbandoned = false

  constructor(parts: WorkerParts) {
    this.#parts = parts
    this.#turns = new LoopTurns(parts.soon, AHEAD_TURNS)
  }

  find(owner: OwnerId): Residence | undefined {
    const residence = this.#residents.get(owner)
    return residence?.isLost === true ? undefined : residence
  }

  /** What a process waits for whose activation `epoch` is resident here: nobody need be asked. */
  waitsOf(pid: Pid, epoch: Epoch): readonly Wait[] | undefined {
    const residence = this.#latest.get(pid)
    if (residence === undefined || residence.isLost || residence.activation.epoch !== epoch) return undefined
    return residence.journal?.waits
  }

  /** Whether everything that has come for those resident here has reached them, and their mailboxes know what they consumed. */
  async hasCaughtUp(): Promise<boolean> {
    for (const { activation } of this.#residents.values()) {
      const row = (await this.#parts.client.view(activation.pid))?.row
      // Its mailbox is not told of the first beginning.
      const isFirst = row?.status === 'ready' && row.activations === 0 && activation.epoch === 1
      if (row?.status !== 'running' && !isFirst) continue
      const isKnown = (isFirst || row.epoch === activation.epoch) && row.consumed >= activation.consumed
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
    const departure = new Departure(this.#parts, () =>
      [...this.#residents.values()].map(({ activation }) => activation),
    )
    const host = { run, residentMax: options.residentMax ?? RESIDENT_MAX_DEFAULT, departure }
    this.#host = host
    this.#departure = departure
    for (const wake of [...this.#waiting]) wake()
    return { [Symbol.asyncDispose]: () => this.#leave(host) }
  }

  async begin(journal: OpenJournal, key: string, by: Attempt): Promise<Residence | 'vain' | 'nobody'> {
    const { order, invocation, signal } = by
    const { client, blobs, clock, hash, settings } = this.#parts
    // What was killed answers nothing.
    if (this.#isAbandoned) return new Promise(() => {})
    const pid = asPid(key)
    const begun = this.#aheadOf(pid, journal, invocation)
    if (begun !== undefined) return begun
    if (this.#host === undefined) await this.#hosted()
    if (this.#host === undefined) return 'nobody'
    const reading = beginningOf({ client, blobs }, journal, { pid, hash, order })
    const [beginning] = await Promise.all([reading, settings.refresh()])
    if (beginning === undefined) return 'vain'
    const activation = this.#activation(beginning, journal)
    await settings.learn(pid)
    await activation.mail.begin(beginning.mail, new Set(journal.head.consumed.map(({ seq }) => seq)))
    const host = this.#host
    if (host === undefined || this.#isAbandoned || signal.aborted) return 'nobody'
    const other = this.#aheadOf(pid, journal, invocation)
    if (other !== undefined) return other
    host.departure.prepare(activation)
    const onOver = (): void => {
      this.#residents.delete(activation.owner)
      if (this.#latest.get(pid) === residence) this.#latest.delete(pid)
      settings.forget(pid)
      this.stirred()
      this.#parts.onOver(pid)
    }
    const learnSwitches = async (): Promise<void> => {
      await settings.refresh(true)
      await settings.learn(pid)
    }
    const { unread, isAhead } = beginning
    const run = unread === undefined ? host.run : () => Promise.reject(unread)
    const residence = new Residence(activation, run, { clock, onOver, learnSwitches, isAhead, invocation })
    this.#residents.set(activation.owner, residence)
    this.#latest.set(pid, residence)
    return residence
  }

  /**
   * Whom an earlier attempt of the same handler has begun, so that no two of them run, and whichever attempt the server hears
   * has told of the same one. If somebody else's beginning was kept, or another handler has begun it, it is over.
   */
  #aheadOf(pid: Pid, { head }: OpenJournal, invocation: string): Residence | undefined {
    const latest = this.#latest.get(pid)
    if (latest?.isAhead !== true) return undefined
    if (latest.activation.epoch === head.epoch + 1 && latest.invocation === invocation) return latest
    latest.lose()
    return undefined
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
      { ...ports, turns: this.#turns, settings, residents, onChange },
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
    this.#departure?.stirred()
  }

  /** As `kill -9` would end it. */
  abandon(): void {
    this.#isAbandoned = true
    this.#host = undefined
    for (const residence of this.#residents.values()) residence.lose()
    this.#residents.clear()
    this.#latest.clear()
  }

  async #leave(host: Host): Promise<void> {
    if (this.#host !== host) return
    const onlyOutcomes = (): void => {
      this.#host = undefined
    }
    const why = new SkeinError('ENGINE_CLOSED', DRAINED)
    await host.departure.leave(why, { onlyOutcomes, repeatableMs: LEAVE_REPEATABLE_MS })
    const returned = Promise.all([...this.#residents.values()].map((residence) => residence.returned))
    // A server that is away acknowledges nothing: what it does not know is done again by whoever comes next.
    using _ = this.#parts.clock.timer(LEAVE_RETURN_MS, () => {
      for (const residence of this.#residents.values()) residence.lose()
    })
    await returned
  }
}
