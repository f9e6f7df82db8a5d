/**
 * The engine over a Postgres database that several workers share: row locks, leases and durable commits are the server's.
 *
 * Invariants:
 * 1. `start`, `deliver`, `control`, `settle` and `switch` answer when what they did is durable, and may be called from anywhere.
 * 2. A worker that was declared dead writes nothing more in that life; it joins again, and goes on with what it claims then.
 */
import { verifyFrame } from '../../kernel/index.ts'
import type {
  Control,
  DeliverResult,
  Message,
  Quarantine,
  Settlement,
  StartRequest,
  Switches,
} from '../../kernel/index.ts'
import { SkeinError } from '../../std/index.ts'
import type { Clock, EffectKey, Hash, Pid, Random, Seq } from '../../std/index.ts'
import type { JournalProblem } from '../embedded/local-engine.ts'
import { checkFrames } from '../move/at-rest.ts'
import type { Departure, Movable, MovedRun } from '../move/moved-run.ts'
import type { BlobStore } from '../blobs/blob-store.ts'
import { JournalBlobs } from '../blobs/journal-blobs.ts'
import { problemIn, problemsOf } from '../journal-chain.ts'
import { nodeSoon } from '../platform/node-soon.ts'
import type { Change, Engine, Erased, Frame, HostOptions, Query, SettleResult, Switch, SwitchChange } from '../port.ts'
import { ProcessWatchers } from '../process-watchers.ts'
import { SettingsCache } from '../settings-cache.ts'
import { controlAct, messageAct, settlementAct, startAct } from './act.ts'
import type { PreparedAct, Said } from './act.ts'
import { withJournalBlobs } from './blobs.ts'
import { compactTables } from './compact.ts'
import { Connection, loadPg } from './connection.ts'
import type { Address, Pg } from './connection.ts'
import { eraseProcess } from './erase.ts'
import {
  LEASE_MS_DEFAULT,
  LEASE_MS_LEAST,
  POSTGRES_FRAME_BYTES_MAX,
  REQUEST_TIMEOUT_MS_DEFAULT,
  WATCH_POLL_MS,
} from './limits.ts'
import { allFrames } from './load.ts'
import { migrate } from './migrate.ts'
import { arriveRun, comeBackRun, confirmRun, departRun, presentOf, refuseRun, unconfirmedRuns, wayOf } from './move.ts'
import { resultOf } from './outbox.ts'
import { demandOwnSession } from './own-session.ts'
import type { RunActivation } from './residents.ts'
import { SettingsTable } from './settings-table.ts'
import { PostgresViews } from './views.ts'
import { Worker } from './worker.ts'

/** Where an installation of Skein lies in a Postgres database. */
export type PostgresOptions = {
  /** As the package `pg` takes it: \`postgresql://user:password@host:port/database\`. */
  readonly connectionString: string
  /** Installations in different schemas know nothing of each other; default `skein`. It is made when it does not exist. */
  readonly schema?: string
  /** How long a worker may be silent before the others take over what it has; default 15 s. The same for all workers. */
  readonly leaseMs?: number
  /** How long a server that does not answer is asked again; default 30 s. */
  readonly timeoutMs?: number
  /**
   * Where payloads of journals go that are too large for their frames; default a table. All workers and whoever looks need
   * the same: `s3({ … })`.
   */
  readonly blobs?: BlobStore
  /** Hears that it is away, once each time: processes that need it wait. */
  readonly onBlobsAway?: (why: SkeinError) => void
  /** Shown in the server's list of connections; default `skein`. */
  readonly name?: string
}

type Ports = { readonly clock: Clock; readonly random: Random; readonly hash: Hash }

/** An engine that is open on a Postgres database. */
export interface PostgresEngine extends Engine, Movable {
  readonly switchboard: Switches
  /** This worker's number in the database, in its present life. */
  readonly member: number
  pending(pid: Pid): Promise<readonly Control[]>
  /** Checks the chain of every journal, or of one. */
  verify(pid?: Pid): AsyncIterable<JournalProblem>
  /** As `kill -9` would end it. */
  abandon(): void
}

const SCHEMA = /^(?!pg_)[a-z_][a-z0-9_]{0,39}$/

/**
 * Opens an installation. Throws `PACKAGE_MISSING`, `ENGINE_UNREACHABLE`, `ENGINE_REFUSED`, `ENGINE_TOO_OLD`, `ENGINE_FOREIGN`,
 * `DATA_FOLDER_NEWER`, `BLOBS_REFUSED`.
 */
export async function openPostgres(options: PostgresOptions & Ports): Promise<PostgresEngine> {
  const { connectionString, schema = 'skein', leaseMs = LEASE_MS_DEFAULT, name = 'skein', clock } = options
  if (!SCHEMA.test(schema))
    throw new SkeinError(
      'USAGE',
      `${JSON.stringify(schema)} is not a name for a schema; use up to 40 of a-z 0-9 _, and no pg_ in front`,
    )
  if (!(leaseMs >= LEASE_MS_LEAST))
    throw new SkeinError('USAGE', `a lease of ${leaseMs} ms is too short; give at least ${LEASE_MS_LEAST}`)
  const pg = await loadPg()
  const timeoutMs = options.timeoutMs ?? REQUEST_TIMEOUT_MS_DEFAULT
  const address: Address = { connectionString, schema, name, timeoutMs, clock }
  const db = new Connection(pg, address)
  try {
    await apart(pg, address, (beside) => demandOwnSession(db, beside, address))
    await db.do((client) => migrate(client, { schema, connectionString }))
    const about = { hash: options.hash, installation: schema, onAway: options.onBlobsAway }
    const blobs = new JournalBlobs(options.blobs, about)
    await blobs.check()
    const engine = new DatabaseEngine({ ...options, pg, db, address, leaseMs, blobs })
    await engine.begin()
    return engine
  } catch (thrown) {
    await db.close()
    throw thrown
  }
}

type Parts = Ports & {
  readonly pg: Pg
  readonly db: Connection
  readonly address: Address
  readonly leaseMs: number
  readonly blobs: JournalBlobs
}

class DatabaseEngine implements PostgresEngine {
  readonly traits = {
    durability: 'fsync',
    nodes: 'many',
    ownerDeath: 'presumed',
    frameBytesMax: POSTGRES_FRAME_BYTES_MAX,
  } as const
  readonly switchboard: SettingsCache
  readonly #parts: Parts
  readonly #views: PostgresViews
  readonly #settings: SettingsTable
  readonly #watchers: ProcessWatchers
  readonly #worker: Worker
  #isClosed = false
  #closing: Promise<void> | undefined

  constructor(parts: Parts) {
    this.#parts = parts
    const { db, clock } = parts
    this.#views = new PostgresViews(parts)
    this.#settings = new SettingsTable(db, this.#views)
    this.switchboard = new SettingsCache(this.#settings, clock)
    const list = (query: Query) => this.#views.list(query)
    this.#watchers = new ProcessWatchers({ clock, everyMs: WATCH_POLL_MS, list })
    this.#worker = new Worker({
      ...parts,
      looks: db,
      soon: nodeSoon,
      settings: this.switchboard,
      onChange: ({ pid, root, parent, workflow }, status, frame) =>
        this.#watchers.changed({ pid, root, parent: parent?.pid, workflow, status, frame }),
    })
  }

  async begin(): Promise<void> {
    await this.switchboard.refresh(true)
    await this.#worker.begin()
  }

  get member(): number {
    return this.#worker.memberId
  }

  async start(request: StartRequest): Promise<{ readonly pid: Pid; readonly created: boolean }> {
    const said = await this.#submit(() => startAct(request, this.#parts.hash))
    return { pid: request.pid, created: said?.r === 'queued' }
  }

  async deliver(message: Message): Promise<DeliverResult> {
    return resultOf(await this.#submit(() => messageAct(message, this.#parts.hash)))
  }

  async control(pid: Pid, control: Control): Promise<'queued' | 'duplicate' | 'ended'> {
    const result = resultOf(await this.#submit(() => controlAct(pid, control, this.#parts.hash)))
    if (result === 'queued' || result === 'duplicate' || result === 'ended') return result
    throw unknown(pid)
  }

  async settle(token: string, settlement: Settlement, hold = true): Promise<SettleResult> {
    const said = await this.#submit(() => settlementAct(token, settlement, { hold, hash: this.#parts.hash }))
    return said?.r === 'held' ? 'held' : (resultOf(said) as SettleResult)
  }

  async switch(change: SwitchChange): Promise<boolean> {
    this.#checkOpen()
    const isChanged = await this.#settings.change(change, this.#parts.clock.now())
    if (isChanged) await this.#worker.switched(change.to === 'off' && change.now === true)
    return isChanged
  }

  async switches(): Promise<readonly Switch[]> {
    this.#checkOpen()
    return (await this.#settings.settings()).switches
  }

  get quarantine(): Quarantine | undefined {
    return this.switchboard.quarantine
  }

  async setQuarantine(quarantine: Quarantine | undefined): Promise<void> {
    this.#checkOpen()
    await this.#settings.setQuarantine(quarantine)
    await this.#worker.switched(false)
  }

  async erase(pid: Pid, about: { readonly by: string; readonly key?: EffectKey }): Promise<Erased> {
    this.#checkOpen()
    const ports = { ...this.#parts, at: this.#parts.clock.now() }
    return this.#apart((db) => db.do((client) => eraseProcess(client, pid, about, ports)))
  }

  async depart(root: Pid, about: Departure): Promise<MovedRun> {
    this.#checkOpen()
    const { hash, blobs, clock } = this.#parts
    return this.#apart((db) => db.do((client) => departRun(client, root, { ...about, hash, blobs, at: clock.now() })))
  }

  async arrive(run: MovedRun): Promise<void> {
    this.#checkOpen()
    checkFrames(run, this.traits)
    const ports = { hash: this.#parts.hash, at: this.#parts.clock.now() }
    await this.#apart((db) => db.do((client) => arriveRun(client, run, ports)))
  }

  async refuse(id: string): Promise<boolean> {
    this.#checkOpen()
    return this.#apart((db) => db.do((client) => refuseRun(client, id, this.#parts.clock.now())))
  }

  async confirm(root: Pid, id: string): Promise<void> {
    this.#checkOpen()
    await this.#parts.db.do((client) => confirmRun(client, root, id))
  }

  async onTheWay(root: Pid): Promise<Departure | undefined> {
    this.#checkOpen()
    return this.#parts.db.do((client) => wayOf(client, root))
  }

  async comeBack(root: Pid, id: string): Promise<void> {
    this.#checkOpen()
    const ports = { ...this.#parts, at: this.#parts.clock.now() }
    await this.#apart((db) => db.do((client) => comeBackRun(client, { root, id }, ports)))
  }

  async unconfirmed(target: string): Promise<readonly Pid[]> {
    this.#checkOpen()
    return this.#parts.db.do((client) => unconfirmedRuns(client, target))
  }

  async present(pids: readonly Pid[]): Promise<readonly Pid[]> {
    this.#checkOpen()
    return this.#parts.db.do((client) => presentOf(client, pids))
  }

  /** Writes anew, one after the other, the tables and partitions in which something was erased; each is locked meanwhile. */
  async compact(): Promise<void> {
    this.#checkOpen()
    await this.#apart(compactTables)
  }

  /** What takes long goes over a connection of its own: activations wait for looks at the settings. */
  #apart<T>(act: (db: Connection) => Promise<T>): Promise<T> {
    const { pg, address } = this.#parts
    return apart(pg, address, act)
  }

  async host(run: RunActivation, options: HostOptions = {}): Promise<AsyncDisposable> {
    this.#checkOpen()
    if (this.#closing !== undefined) throw closed()
    return this.#worker.host(run, options)
  }

  async inspect(pid: Pid) {
    this.#checkOpen()
    return this.#views.inspect(pid)
  }

  pending(pid: Pid) {
    this.#checkOpen()
    return this.#views.pending(pid)
  }

  list(query: Query) {
    this.#checkOpen()
    return this.#views.list(query)
  }

  history(pid: Pid, from?: Seq): AsyncIterable<Frame> {
    this.#checkOpen()
    return this.#views.history(pid, from)
  }

  watch(query: Query, signal: AbortSignal): AsyncIterable<Change> {
    this.#checkOpen()
    return this.#watchers.watch(query, signal)
  }

  async *verify(pid?: Pid): AsyncGenerator<JournalProblem> {
    yield* problemsOf(pid === undefined ? this.list({}) : [{ pid }], (one) => this.#problemOf(one))
  }

  async #problemOf(pid: Pid): Promise<JournalProblem | undefined> {
    const { db, hash } = this.#parts
    const row = await this.#views.row(pid)
    if (row === undefined) return undefined
    return problemIn(pid, allFrames(db, row, 0), (frame, expected) =>
      withJournalBlobs(this.#parts, pid, (get) => verifyFrame(frame, expected, hash, get)),
    )
  }

  abandon(): void {
    this.#isClosed = true
    this.#worker.abandon()
    this.#watchers.close()
    this.#parts.db.cut()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return (this.#closing ??= this.#close())
  }

  async #close(): Promise<void> {
    if (this.#isClosed) return
    await this.#worker.leave()
    // Until here whoever starts or sends something was heard: it is durable, and the next worker's.
    this.#isClosed = true
    await this.#worker.close()
    this.#watchers.close()
    await this.#parts.db.close()
  }

  #submit(prepare: () => PreparedAct): Promise<Said | undefined> {
    this.#checkOpen()
    return this.#worker.submit(prepare())
  }

  #checkOpen(): void {
    if (this.#isClosed) throw closed()
  }
}

/** Over a connection of its own. */
async function apart<T>(pg: Pg, address: Address, act: (db: Connection) => Promise<T>): Promise<T> {
  const db = new Connection(pg, address)
  try {
    return await act(db)
  } finally {
    await db.close()
  }
}

const closed = (): SkeinError => new SkeinError('ENGINE_CLOSED', 'this engine is closed')
const unknown = (pid: Pid): SkeinError => new SkeinError('PROCESS_UNKNOWN', `there is no process ${pid}; see: skein ps`)
