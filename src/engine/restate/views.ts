/** Processes and their journals as operators see them, read from the objects and the server's tables. */
import { openFrame } from '../../kernel/index.ts'
import type { Control, Outcome, SealedFrame, Wait } from '../../kernel/index.ts'
import { asEpoch } from '../../std/index.ts'
import type { Epoch, Pid, Seq } from '../../std/index.ts'
import type { GetBlob, JournalBlobs } from '../blobs/journal-blobs.ts'
import type { Frame, ProcessView, Query } from '../port.ts'
import { fits, processView } from '../process-view.ts'
import type { ObjectClient } from './client.ts'
import { waitsOf } from './open-journal.ts'
import type { RecentFrames } from './recent-frames.ts'
import type { RestateServer } from './server.ts'
import type { Head, MailboxRow, MailboxView, Openings, ServiceNames, Standing } from './wire.ts'

/** Of a process's first activation. */
const FIRST_EPOCH = asEpoch(1)

type StateRow = {
  readonly service_name: string
  readonly service_key: Pid
  readonly key: string
  readonly value_utf8: string
}
type Found = { row?: MailboxRow; result?: Outcome; resting?: readonly Wait[]; active?: readonly Wait[]; epoch?: Epoch }

/** Its first handler is asked for: whether that has begun, only the head of its journal says. */
const isUntold = ({ status, activations, invocation }: MailboxRow): boolean =>
  status === 'ready' && activations === 0 && invocation !== undefined

/** A process that is active, as its journal says that it stands. */
function asStanding(view: MailboxView, { epoch, waits }: Standing): MailboxView {
  const { row } = view
  if (!isUntold(row) || epoch === 0) return { ...view, waits }
  return { ...view, waits, row: { ...row, status: 'running', epoch, activations: epoch } }
}

/** Reading verbs. */
export class RestateViews {
  readonly #client: ObjectClient
  readonly #blobs: JournalBlobs
  readonly #server: RestateServer
  readonly #names: ServiceNames
  readonly #recent: RecentFrames
  readonly #waitsHere: (pid: Pid, epoch: Epoch) => readonly Wait[] | undefined

  constructor(parts: {
    readonly client: ObjectClient
    readonly blobs: JournalBlobs
    readonly server: RestateServer
    readonly names: ServiceNames
    readonly recent: RecentFrames
    /** What a process waits for whose activation of this epoch is resident in this worker. */
    readonly waitsHere: (pid: Pid, epoch: Epoch) => readonly Wait[] | undefined
  }) {
    this.#client = parts.client
    this.#blobs = parts.blobs
    this.#server = parts.server
    this.#names = parts.names
    this.#recent = parts.recent
    this.#waitsHere = parts.waitsHere
  }

  async inspect(pid: Pid): Promise<ProcessView | undefined> {
    const view = await this.#client.view(pid)
    if (view === null) return undefined
    const isActive = view.row.status === 'running' || view.row.status === 'ready'
    if (!isActive) return viewOf(view)
    // A worker that was cut off may believe that it still has a process which goes on elsewhere.
    const epoch = view.row.activations === 0 ? FIRST_EPOCH : view.row.epoch
    const here = this.#waitsHere(pid, epoch)
    return viewOf(asStanding(view, here === undefined ? await this.#client.standing(pid) : { epoch, waits: here }))
  }

  async *list(query: Query): AsyncGenerator<ProcessView> {
    const found = await this.#state()
    const fitting = [...found.values()]
      .flatMap((one) => viewIn(one))
      .filter(({ row }) => isAsked(row, query))
      .toSorted((a, b) => a.row.createdAt - b.row.createdAt || (a.row.pid < b.row.pid ? -1 : 1))
    for (const view of fitting.slice(0, query.limit)) yield viewOf(view)
  }

  async *history(pid: Pid, from: Seq | undefined): AsyncGenerator<Frame> {
    let n = 0
    for await (const sealed of this.#client.frames(pid, 0)) {
      n = sealed.n + 1
      if (sealed.lastSeq >= (from ?? 0)) yield await this.#blobs.with(pid, (get) => frameOf(sealed, get))
    }
    // What this worker knows to be durable may not have reached the tables yet.
    for (const frame of this.#recent.from(pid, n)) if ((frame.facts.at(-1)?.seq ?? 0) >= (from ?? 0)) yield frame
  }

  /** Controls that the process has not heard yet, or has heard a moment ago, oldest first. */
  async pending(pid: Pid): Promise<readonly Control[]> {
    const controls: Control[] = []
    for await (const { event } of this.#client.mail(pid)) if (event.type === 'control') controls.push(event.control)
    return controls
  }

  /** What the server's tables hold of every process. */
  async #state(): Promise<ReadonlyMap<Pid, Found>> {
    const { mailbox, process } = this.#names
    const rows = await this.#server.query<StateRow>(
      `select service_name, service_key, key, value_utf8 from state where service_name in ('${mailbox}', '${process}') ` +
        `and key in ('row', 'result', 'waits', 'head')`,
    )
    const found = new Map<Pid, Found>()
    for (const { service_name: service, service_key: pid, key, value_utf8: text } of rows) {
      const one = found.get(pid) ?? {}
      found.set(pid, one)
      const value: unknown = JSON.parse(text)
      if (key === 'row') one.row = value as MailboxRow
      else if (key === 'result') one.result = value as Outcome
      else if (key === 'head') one.epoch = (value as Head).epoch
      else if (service === process) one.active = [...waitsOf(value as Openings, Infinity).values()]
      else one.resting = value as readonly Wait[]
    }
    return found
  }
}

/** What the tables show of one process; nothing of one that was cancelled before it was started. */
function viewIn({ row, result, resting = [], active = [], epoch = asEpoch(0) }: Found): readonly MailboxView[] {
  if (row === undefined) return []
  const view = { row, waits: resting, ...(result === undefined ? {} : { result }) }
  const isActive = row.status === 'running' || row.status === 'ready'
  return [isActive ? asStanding(view, { epoch, waits: active }) : view]
}

/** A frame with its facts restored. */
export function frameOf(sealed: SealedFrame, get: GetBlob): Frame {
  const { pid, epoch, n, prevHash, hash } = sealed
  return { pid, epoch, n, facts: openFrame(sealed, get), prevHash, hash }
}

/** Whether a process is among those that are asked for, ended or erased ones too. */
function isAsked(row: MailboxRow, query: Query): boolean {
  return (
    fits(row, query) &&
    (query.endedBefore === undefined || (row.endedAt !== undefined && row.endedAt < query.endedBefore)) &&
    (query.isErased === undefined || row.erased?.whole !== true)
  )
}

const viewOf = ({ row, waits, result }: MailboxView): ProcessView =>
  processView({ ...row, result, heldBy: row.held }, { waits: () => waits, mailbox: () => row.count })
