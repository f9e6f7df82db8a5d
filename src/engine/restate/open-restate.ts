/**
 * The engine over a Restate server: its log, leadership, fencing, inbox order, timers and placement are the server's.
 *
 * Invariants:
 * 1. `start`, `deliver`, `control`, `settle` and `switch` answer when what they did is durable, and may be called from anywhere.
 * 2. A worker is known to the server before it is used, and takes nothing more once it is closed.
 */
import { verifyFrame } from '../../kernel/index.ts'
import type {
  Activation,
  Control,
  DeliverResult,
  Message,
  Quarantine,
  Settlement,
  StartRequest,
} from '../../kernel/index.ts'
import { SkeinError } from '../../std/index.ts'
import type { Clock, Hash, Pid, Random, Seq } from '../../std/index.ts'
import type { JournalProblem } from '../embedded/local-engine.ts'
import { JournalBlobs } from '../blobs/journal-blobs.ts'
import { problemIn, problemsOf } from '../journal-chain.ts'
import { prepareControl, prepareMessage, prepareSettlement, prepareStart } from '../embedded/prepare.ts'
import { nodeSoon } from '../platform/node-soon.ts'
import type {
  Change,
  EngineTraits,
  Erased,
  Frame,
  HostOptions,
  Query,
  SettleResult,
  Switch,
  SwitchChange,
} from '../port.ts'
import { comesHere } from '../move/at-rest.ts'
import type { Departure, Movable, MovedRun } from '../move/moved-run.ts'
import { ProcessWatchers } from '../process-watchers.ts'
import { ObjectClient } from './client.ts'
import type { Endpoint } from './endpoint.ts'
import { eraseProcess, unknownProcess } from './erase-process.ts'
import type { EraseAbout } from './erase-process.ts'
import { SWITCHES_FRESH_MS } from '../limits.ts'
import { RESTATE_ENDS_LOOK_MS_MAX, RESTATE_FRAME_BYTES_MAX, WATCH_POLL_MS } from './limits.ts'
import { HeldKeys } from './held-keys.ts'
import type { HeldKey } from './held-keys.ts'
import { nobodyResident } from './process-object.ts'
import type { Residences } from './process-object.ts'
import { RecentFrames } from './recent-frames.ts'
import type { RestateEngine } from './restate-engine.ts'
import type { RestateOptions } from './restate-options.ts'
import { LOOPBACK, serveObjects } from './serve-objects.ts'
import { RestateServer } from './server.ts'
import { SettingsCache } from '../settings-cache.ts'
import { RestateMoves } from './move.ts'
import { RestateViews } from './views.ts'
import { namesOf } from './wire.ts'
import type { Started } from './wire.ts'
import { Worker } from './worker.ts'

type Ports = { readonly clock: Clock; readonly random: Random; readonly hash: Hash }

const HTTP = /^https?:\/\//
const NAME = /^[a-zA-Z][a-zA-Z0-9-]*$/

/**
 * Opens an installation. Throws `PACKAGE_MISSING`, `ENGINE_UNREACHABLE`, `ENGINE_TOO_OLD`, `ENGINE_REFUSED`,
 * `ENGINE_FOREIGN`, `ENGINE_CLOCK_WRONG`.
 */
export async function openRestate(options: RestateOptions & Ports): Promise<RestateEngine> {
  const { name = 'skein', worker: served = {}, serve = true, clock, random, hash } = options
  if (!NAME.test(name))
    throw new SkeinError(
      'USAGE',
      `${JSON.stringify(name)} is not a name for an installation; use letters, digits and -`,
    )
  for (const at of [options.ingress, options.admin].flat())
    if (!HTTP.test(at) || !URL.canParse(at))
      throw new SkeinError('USAGE', `${JSON.stringify(at)} is not where a server is; write it as http://127.0.0.1:8080`)
  const names = namesOf(name)
  const server = new RestateServer(options, { clock, random })
  await server.checkVersion()
  const client = new ObjectClient(server, names)
  const { replication = 1 } = options
  const durability = replication > 1 && (await server.memberCount()) >= replication ? 'quorum' : 'fsync'
  const { onHeldUp = () => undefined } = options
  const blobs = new JournalBlobs(options.blobs, { hash, installation: name, onAway: options.onBlobsAway })
  await blobs.check()
  const engine = new ServerEngine({ client, blobs, server, names, clock, random, hash, onHeldUp, durability, serve })
  if (serve !== false) {
    const { residences, moves } = engine
    engine.serves(await serveObjects(served, { names, residences, moves, hash, clock }))
  }
  try {
    if (engine.port !== undefined) {
      await server.checkClock()
      const uri = served.url ?? `http://${served.address ?? LOOPBACK}:${engine.port}`
      await server.register(uri, names, { runsNothing: serve === 'mail' })
    }
    await engine.switchboard.refresh()
    return engine
  } catch (error) {
    // Nothing stays open behind who has opened nothing.
    engine.abandon()
    throw error
  }
}

type Parts = Ports & {
  readonly client: ObjectClient
  readonly blobs: JournalBlobs
  readonly server: RestateServer
  readonly names: ReturnType<typeof namesOf>
  readonly onHeldUp: (held: HeldKey) => void
  readonly durability: 'fsync' | 'quorum'
  readonly serve: boolean | 'mail'
}

class ServerEngine implements RestateEngine {
  readonly traits: EngineTraits
  readonly worker: Worker
  readonly switchboard: SettingsCache
  readonly #parts: Parts
  readonly moves: RestateMoves
  readonly #views: RestateViews
  readonly #watchers: ProcessWatchers
  readonly #held: HeldKeys
  #heldWatch: Disposable | undefined
  #endpoint: Endpoint | undefined
  #host: AsyncDisposable | undefined
  #isClosed = false
  #closing: Promise<void> | undefined

  constructor(parts: Parts) {
    this.#parts = parts
    this.traits = {
      durability: parts.durability,
      nodes: 'many',
      ownerDeath: 'presumed',
      frameBytesMax: RESTATE_FRAME_BYTES_MAX,
      endsLookMsMax: RESTATE_ENDS_LOOK_MS_MAX,
    }
    const { client, blobs, server, names, clock, random, hash } = parts
    const recent = new RecentFrames()
    this.switchboard = new SettingsCache(client, clock)
    this.#views = new RestateViews({
      client,
      blobs,
      server,
      names,
      recent,
      waitsHere: (pid, epoch) => this.worker.waitsOf(pid, epoch),
    })
    this.#held = new HeldKeys(parts)
    this.moves = new RestateMoves({ ...parts, traits: this.traits })
    this.#watchers = new ProcessWatchers({
      clock,
      everyMs: WATCH_POLL_MS,
      list: (query) => this.#views.list(query),
    })
    this.worker = new Worker({
      client,
      blobs,
      settings: this.switchboard,
      clock,
      random,
      hash,
      soon: nodeSoon,
      onChange: ({ pid, root, parent, workflow }, status, frame) => {
        if (frame !== undefined) recent.add(pid, frame)
        this.#watchers.changed({ pid, root, parent: parent?.pid, workflow, status, frame })
      },
      onOver: (pid) => recent.forget(pid),
    })
  }

  get port(): number | undefined {
    return this.#endpoint?.port
  }

  get residences(): Residences {
    return this.#parts.serve === 'mail' ? nobodyResident(() => this.#endpoint?.turnAway()) : this.worker
  }

  serves(endpoint: Endpoint): void {
    this.#endpoint = endpoint
  }

  async start(request: StartRequest): Promise<{ readonly pid: Pid; readonly created: boolean }> {
    this.#checkOpen()
    prepareStart(request, this.#parts.hash)
    const { pid } = request
    const { result } = await this.#parts.client.mailbox<Started>(pid, 'start', { request, at: this.#now() })
    if (result === 'arriving') throw comesHere(pid)
    return { pid, created: result === 'queued' }
  }

  async deliver(message: Message): Promise<DeliverResult> {
    this.#checkOpen()
    prepareMessage(message)
    return this.#parts.client.mailbox(message.to, 'put', { message, at: this.#now() })
  }

  async control(pid: Pid, control: Control): Promise<'queued' | 'duplicate' | 'ended'> {
    this.#checkOpen()
    prepareControl(pid, control, this.#parts.hash)
    const result = await this.#parts.client.mailbox<DeliverResult>(pid, 'control', { control, at: this.#now() })
    if (result === 'queued' || result === 'duplicate' || result === 'ended') return result
    throw unknownProcess(pid)
  }

  async settle(token: string, settlement: Settlement, hold = true): Promise<SettleResult> {
    this.#checkOpen()
    prepareSettlement(token, settlement, { hold, hash: this.#parts.hash })
    return this.#parts.client.settle(token, { settlement, hold, at: this.#now() })
  }

  async switch(change: SwitchChange): Promise<boolean> {
    this.#checkOpen()
    const hasChanged = await this.#parts.client.changeSettings({ change, at: this.#now() })
    await this.#tellAll(change.to === 'off' && change.now === true)
    return hasChanged
  }

  async switches(): Promise<readonly Switch[]> {
    this.#checkOpen()
    return (await this.#parts.client.settings()).switches
  }

  get quarantine(): Quarantine | undefined {
    return this.switchboard.quarantine
  }

  async setQuarantine(quarantine: Quarantine | undefined): Promise<void> {
    this.#checkOpen()
    await this.#parts.client.changeSettings({ quarantine: quarantine ?? null, at: this.#now() })
    await this.#tellAll(false)
  }

  /** Whoever began with older settings is active by now, and is told. */
  async #tellAll(now: boolean): Promise<void> {
    const { client, clock } = this.#parts
    await this.switchboard.refresh(true)
    await new Promise<void>((resolve) => clock.timer(SWITCHES_FRESH_MS, resolve))
    const pids: Pid[] = []
    for await (const { pid } of this.#views.list({ status: ['ready', 'running', 'waiting'] })) pids.push(pid)
    await Promise.all(pids.map((pid) => client.mailbox(pid, 'switched', { now, at: this.#now() })))
  }

  async erase(pid: Pid, about: EraseAbout): Promise<Erased> {
    this.#checkOpen()
    return eraseProcess(this.#parts, pid, { ...about, at: this.#now() })
  }

  get #moving(): Movable {
    this.#checkOpen()
    return this.moves
  }

  async depart(root: Pid, about: Departure): Promise<MovedRun> {
    return this.#moving.depart(root, about)
  }

  async arrive(run: MovedRun): Promise<void> {
    return this.#moving.arrive(run)
  }

  async refuse(id: string): Promise<boolean> {
    return this.#moving.refuse(id)
  }

  async confirm(root: Pid, id: string): Promise<void> {
    return this.#moving.confirm(root, id)
  }

  async onTheWay(root: Pid): Promise<Departure | undefined> {
    return this.#moving.onTheWay(root)
  }

  async comeBack(root: Pid, id: string): Promise<void> {
    return this.#moving.comeBack(root, id)
  }

  async unconfirmed(target: string): Promise<readonly Pid[]> {
    return this.#moving.unconfirmed(target)
  }

  async present(pids: readonly Pid[]): Promise<readonly Pid[]> {
    return this.#moving.present(pids)
  }

  /** Space is the server's to give back: it trims its log and compacts its tables by itself. */
  async compact(): Promise<void> {
    this.#checkOpen()
  }

  async host(run: (activation: Activation) => Promise<void>, options: HostOptions = {}): Promise<AsyncDisposable> {
    this.#checkOpen()
    if (this.#closing !== undefined) throw closed()
    if (this.#endpoint === undefined || this.#parts.serve === 'mail')
      throw new SkeinError(
        'USAGE',
        `this engine was opened with \`serve: ${String(this.#parts.serve)}\`; open it as a worker to host processes`,
      )
    const host = this.worker.host(run, options)
    this.#host = host
    const { client } = this.#parts
    for await (const { pid } of this.#views.list({ status: ['parked'] }))
      await client.mailbox(pid, 'retry', { at: this.#now() })
    this.#heldWatch?.[Symbol.dispose]()
    this.#heldWatch = this.#held.watch(this.#parts.onHeldUp)
    return host
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
    const { client, blobs, hash } = this.#parts
    yield* problemsOf(pid === undefined ? this.list({}) : [{ pid }], (one) =>
      problemIn(one, client.frames(one, 0), (frame, expected) =>
        blobs.with(one, (get) => verifyFrame(frame, expected, hash, get)),
      ),
    )
  }

  hasCaughtUp(): Promise<boolean> {
    return this.worker.hasCaughtUp()
  }

  heldKeys(): Promise<readonly HeldKey[]> {
    this.#checkOpen()
    return this.#held.find()
  }

  free(pid: Pid): Promise<boolean> {
    this.#checkOpen()
    return this.#held.free(pid)
  }

  abandon(): void {
    this.#isClosed = true
    this.#heldWatch?.[Symbol.dispose]()
    this.worker.abandon()
    this.#endpoint?.cut()
    this.#watchers.close()
    this.#parts.server.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return (this.#closing ??= this.#close())
  }

  async #close(): Promise<void> {
    if (this.#isClosed) return
    this.#heldWatch?.[Symbol.dispose]()
    await this.#host?.[Symbol.asyncDispose]()
    this.#isClosed = true
    this.#watchers.close()
    await this.#endpoint?.[Symbol.asyncDispose]()
    this.#parts.server.close()
  }

  #now(): number {
    return this.#parts.clock.now()
  }

  #checkOpen(): void {
    if (this.#isClosed) throw closed()
  }
}

const closed = (): SkeinError => new SkeinError('ENGINE_CLOSED', 'this engine is closed')
