/**
 * The engine of one owner over any store.
 *
 * Invariants:
 * 1. `start`, `deliver` and `control` answer when what they did is durable.
 * 2. After the store has failed nothing starts, nothing is written, and every call says why (rule T5).
 */
import type { Control, Message, Quarantine, Settlement, StartRequest } from '../../kernel/index.ts'
import { SkeinError } from '../../std/index.ts'
import type { EffectKey, Pid, Seq } from '../../std/index.ts'
import { FRAME_BYTES_MAX } from '../limits.ts'
import { checkFrames } from '../move/at-rest.ts'
import type { Departure, MovedRun } from '../move/moved-run.ts'
import type { EngineTraits, Erased, HostOptions, Query, SettleResult, Switch, SwitchChange } from '../port.ts'
import { eraseProcess } from './erase.ts'
import { GroupCommit } from './group-commit.ts'
import type { Interior } from './interior.ts'
import type { EngineParts, LocalEngine } from './local-engine.ts'
import { arriveRun, comeBackRun, departRun, isOwn, onTheWay, refuseRun } from './move.ts'
import { Post } from './post.ts'
import { prepareControl, prepareMessage, prepareSettlement, prepareStart } from './prepare.ts'
import type { Prepared } from './prepare.ts'
import { Residency } from './residency.ts'
import type { RunActivation } from './residency.ts'
import { storeError } from './store/database.ts'
import type { P } from './store/process-table.ts'
import { readSwitches, Switchboard } from './switchboard.ts'
import { verifyJournals } from './verify.ts'
import { Views } from './views.ts'
import { Watchers } from './watchers.ts'

/** The engine over a store that this process owns. */
export function createEngine(parts: EngineParts): LocalEngine {
  return new OwnersEngine(parts)
}

class OwnersEngine implements LocalEngine {
  readonly traits: EngineTraits
  readonly #interior: Interior
  readonly #views: Views
  readonly switchboard: Switchboard
  readonly #failed = new AbortController()
  #residency: Residency | undefined
  #closing: Promise<void> | undefined
  #isClosed = false

  constructor(parts: EngineParts) {
    const { tables, epoch, durability } = parts.store
    this.traits = { durability, nodes: 'one', ownerDeath: 'known', frameBytesMax: FRAME_BYTES_MAX }
    const commits = new GroupCommit(parts, (error) => this.abandon(error))
    const watchers = new Watchers(tables)
    const isCrowded = (): boolean => this.#residency?.isCrowded ?? false
    const residents: Interior['residents'] = {
      get isCrowded() {
        return isCrowded()
      },
      get: (p: P) => this.#residency?.get(p),
      wake: (p: P) => this.#residency?.wake(p),
      rested: (p, about) => this.#residency?.rested(p, about),
      stirred: () => this.#residency?.stirred(),
    }
    const post = new Post({ tables, epoch, clock: parts.clock, hash: parts.hash, residents, watchers })
    const fail = (error: unknown): void => this.abandon(storeError(error, 'the store'))
    const restored = { quarantine: tables.meta.quarantine() }
    this.#interior = { ...parts, tables, commits, post, watchers, restored, residents, fail }
    this.#views = new Views({ tables, isOwned: () => true, settled: () => commits.settled() })
    this.switchboard = new Switchboard(tables)
  }

  get failed(): AbortSignal {
    return this.#failed.signal
  }

  async start(request: StartRequest): Promise<{ readonly pid: Pid; readonly created: boolean }> {
    const { result } = await this.#post(prepareStart(request, this.#interior.hash))
    return { pid: request.pid, created: result === 'queued' }
  }

  async deliver(message: Message) {
    return (await this.#post(prepareMessage(message))).result
  }

  async control(pid: Pid, control: Control): Promise<'queued' | 'duplicate' | 'ended'> {
    const { result } = await this.#post(prepareControl(pid, control, this.#interior.hash))
    if (result === 'queued' || result === 'duplicate' || result === 'ended') return result
    throw new SkeinError('PROCESS_UNKNOWN', `there is no process ${pid}; see: skein ps`)
  }

  async settle(token: string, settlement: Settlement, hold = true): Promise<SettleResult> {
    this.#checkOpen()
    const { commits, post, hash } = this.#interior
    const prepared = prepareSettlement(token, settlement, { hold, hash })
    const { result } = await commits.submit(
      () => post.settlements.take(prepared),
      prepared.packed.text.length,
      ({ arrival }) => arrival && post.arrive(arrival),
    )
    return result
  }

  async switch(change: SwitchChange): Promise<boolean> {
    this.#checkOpen()
    const { commits, clock } = this.#interior
    const hasChanged = await commits.submit(() => this.switchboard.write(change, clock.now()))
    this.switchboard.reload()
    if (hasChanged) this.#residency?.switched(change.to === 'off' && change.now === true)
    return hasChanged
  }

  async switches(): Promise<readonly Switch[]> {
    this.#checkOpen()
    const { tables, commits } = this.#interior
    const switches = readSwitches(tables)
    await commits.settled()
    return switches
  }

  async host(run: RunActivation, options: HostOptions = {}): Promise<AsyncDisposable> {
    this.#checkOpen()
    if (this.#closing !== undefined) throw closed()
    if (this.#residency !== undefined)
      throw new SkeinError('USAGE', 'this engine is hosted already; dispose the first host before the next')
    const residency = new Residency(this.#interior, run, options)
    this.#residency = residency
    await residency.begin()
    return {
      [Symbol.asyncDispose]: async () => {
        await residency[Symbol.asyncDispose]()
        if (this.#residency === residency) this.#residency = undefined
      },
    }
  }

  async inspect(pid: Pid) {
    this.#checkOpen()
    return this.#views.inspect(pid)
  }

  list(query: Query) {
    this.#checkOpen()
    return this.#views.list(query)
  }

  history(pid: Pid, from?: Seq) {
    this.#checkOpen()
    return this.#views.history(pid, from)
  }

  watch(query: Query, signal: AbortSignal) {
    this.#checkOpen()
    return this.#interior.watchers.watch(query, signal)
  }

  verify(pid?: Pid) {
    this.#checkOpen()
    return verifyJournals(this.#interior.tables, this.#interior.hash, pid)
  }

  get quarantine(): Quarantine | undefined {
    return this.#interior.restored.quarantine
  }

  async setQuarantine(quarantine: Quarantine | undefined): Promise<void> {
    this.#checkOpen()
    const { commits, tables, restored } = this.#interior
    await commits.submit(() => tables.meta.setQuarantine(quarantine))
    restored.quarantine = quarantine
  }

  async erase(pid: Pid, about: { readonly by: string; readonly key?: EffectKey }): Promise<Erased> {
    this.#checkOpen()
    return refusable(this.#interior.commits.submit(() => attempt(() => eraseProcess(this.#interior, pid, about))))
  }

  async depart(root: Pid, about: Departure): Promise<MovedRun> {
    this.#checkOpen()
    return refusable(this.#interior.commits.submit(() => attempt(() => departRun(this.#interior, root, about))))
  }

  async arrive(run: MovedRun): Promise<void> {
    this.#checkOpen()
    // A host learns of what has come when it begins.
    if (this.#residency !== undefined) throw new SkeinError('USAGE', 'a run arrives before this engine is hosted')
    checkFrames(run, this.traits)
    await refusable(this.#interior.commits.submit(() => attempt(() => arriveRun(this.#interior, run))))
  }

  async refuse(id: string): Promise<boolean> {
    this.#checkOpen()
    return this.#interior.commits.submit(() => refuseRun(this.#interior, id))
  }

  async confirm(root: Pid, id: string): Promise<void> {
    this.#checkOpen()
    await this.#interior.commits.submit(() => this.#interior.tables.moves.confirm(root, id))
  }

  async onTheWay(root: Pid): Promise<Departure | undefined> {
    this.#checkOpen()
    return onTheWay(this.#interior, root)
  }

  async comeBack(root: Pid, id: string): Promise<void> {
    this.#checkOpen()
    await refusable(this.#interior.commits.submit(() => attempt(() => comeBackRun(this.#interior, root, id))))
  }

  async unconfirmed(target: string): Promise<readonly Pid[]> {
    this.#checkOpen()
    return this.#interior.tables.moves.unconfirmed(target).map(({ pid }) => pid)
  }

  async present(pids: readonly Pid[]): Promise<readonly Pid[]> {
    this.#checkOpen()
    return pids.filter(
      (pid) => isOwn(this.#interior, pid) || this.#interior.tables.controls.tombstone(pid) !== undefined,
    )
  }

  async compact(): Promise<void> {
    this.#checkOpen()
    await this.#interior.commits.flush()
    this.#interior.store.compact()
  }

  abandon(why: SkeinError): void {
    if (this.#failed.signal.aborted) return
    this.#interior.commits.stop(why)
    this.#residency?.drop(why)
    this.#interior.watchers.close()
    this.#failed.abort(why)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return (this.#closing ??= this.#close())
  }

  async #close(): Promise<void> {
    const { commits, watchers, store } = this.#interior
    await this.#residency?.[Symbol.asyncDispose]()
    // Until here whoever starts or sends something was heard: it is durable, and the next owner's.
    this.#isClosed = true
    await commits.flush()
    commits.stop(closed())
    watchers.close()
    await store[Symbol.asyncDispose]()
  }

  #post(what: Prepared) {
    this.#checkOpen()
    const { commits, post } = this.#interior
    const bytes = what.type === 'message' ? what.bytes : what.packed.text.length
    return commits.submit(
      () => post.apply(what),
      bytes,
      (arrival) => post.arrive(arrival),
    )
  }

  #checkOpen(): void {
    if (this.#failed.signal.aborted) throw this.#failed.signal.reason
    if (this.#isClosed) throw closed()
  }
}

type Attempted<T> = { readonly value: T } | { readonly refused: SkeinError }

async function refusable<T>(committed: Promise<Attempted<T>>): Promise<T> {
  const outcome = await committed
  if ('refused' in outcome) throw outcome.refused
  return outcome.value
}

/** A refusal is the caller's: thrown in a commit it would stop the store. */
function attempt<T>(act: () => T): Attempted<T> {
  try {
    return { value: act() }
  } catch (thrown) {
    if (SkeinError.isInstance(thrown) && REFUSALS.has(thrown.code)) return { refused: thrown }
    throw thrown
  }
}

const REFUSALS: ReadonlySet<string> = new Set([
  'PROCESS_UNKNOWN',
  'PROCESS_NOT_ENDED',
  'RUN_MOVED',
  'RUN_NOT_AT_REST',
  'RUN_ALREADY_THERE',
])

const closed = (): SkeinError => new SkeinError('ENGINE_CLOSED', 'this engine is closed')
