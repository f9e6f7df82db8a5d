/** What an activation begins with, from the store. */
import { CHAIN_START, openFrame } from '../../kernel/index.ts'
import type { Control, Fact, ForkRequest, Message, SealedFrame, StartRequest, Wait } from '../../kernel/index.ts'
import { SkeinError } from '../../std/index.ts'
import type { Hash } from '../../std/index.ts'
import { PAGE_ROWS } from '../limits.ts'
import type { Mailed, MailRow } from './event-queue.ts'
import { prepareWait } from './prepare.ts'
import type { PreparedWait } from './prepare.ts'
import type { Mail } from './store/mailbox-table.ts'
import { unpack } from './store/pack.ts'
import type { P, ProcessRow } from './store/process-table.ts'
import type { Tables } from './store/tables.ts'

/** A process, as its owner makes it resident. */
export type Loaded = {
  readonly row: ProcessRow
  readonly request: StartRequest
  /** Of the open segment; the `born` fact of an older one is first. */
  readonly facts: readonly Fact[]
  /** Of a fork that is not born yet: the segment of its origin's journal in which it branches off (rule FK1). */
  readonly origin: readonly Fact[] | undefined
  /** Number of the next frame, and the hash it follows. */
  readonly nextN: number
  readonly hash: string
  /** Controls, then messages, in order of arrival. */
  readonly mail: readonly Mailed[]
  readonly waits: readonly PreparedWait[]
}

/** The request a process was started with. Throws `DATA_FOLDER_CORRUPT` when it is gone. */
export function requestOf(tables: Tables, row: ProcessRow): StartRequest {
  const text = tables.processes.request(row.p)
  if (text === undefined)
    throw new SkeinError('DATA_FOLDER_CORRUPT', `the start request of ${row.pid} is missing; restore a backup`)
  return unpack<StartRequest>(text, tables.blobs.get)
}

/** All frames from number `n` on, a page at a time. */
export function* framesFrom(tables: Tables, row: Pick<ProcessRow, 'p' | 'pid'>, n: number): Generator<SealedFrame> {
  for (let from = n; ;) {
    const page = tables.journal.read(row.p, row.pid, from, PAGE_ROWS)
    yield* page
    if (page.length < PAGE_ROWS) return
    from = page.at(-1)!.n + 1
  }
}

/** Everything `p` needs to be activated; undefined when it has ended or does not exist. */
export function load(tables: Tables, hash: Hash, p: P): Loaded | undefined {
  const row = tables.processes.row(p)
  if (row === undefined || row.endedAt !== null) return undefined
  // It is said to be active in the commit of its first frame at the latest: before that it has recorded nothing.
  const isNew = row.activations === 0
  const end = isNew ? undefined : tables.journal.end(p)
  const { get } = tables.blobs
  const controls = tables.controls.all(p).map((row): Mailed => {
    return { event: { type: 'control', control: unpack<Control>(row.text, get) }, row: mailRow(row) }
  })
  const messages = tables.mailbox.all(p).map((row): Mailed => {
    return { event: { type: 'message', message: JSON.parse(row.text) as Message }, row: mailRow(row) }
  })
  const request = requestOf(tables, row)
  const isBorn = end !== undefined
  return {
    row,
    request,
    origin: request.fork === undefined || isBorn ? undefined : originFacts(tables, request.fork),
    facts: isNew ? [] : segmentFacts(tables, row),
    nextN: end === undefined ? 0 : end.n + 1,
    hash: end?.hash ?? CHAIN_START,
    mail: [...controls, ...messages],
    waits: isNew ? [] : tables.waits.all(p).map((text) => prepareWait(unpack<Wait>(text, get), hash)),
  }
}

const mailRow = ({ seq, text }: Mail): MailRow => ({ seq, bytes: Buffer.byteLength(text) })

/** From the snapshot before the branching point to the next one, archived or not, the birth first. */
function originFacts(tables: Tables, { from, seq }: ForkRequest): readonly Fact[] {
  const row = tables.processes.byPid(from)
  if (row === undefined) return []
  const open = segmentFacts(tables, row)
  if (seq === undefined || (open[1]?.seq ?? 0) <= seq) return open
  let facts: Fact[] = []
  for (const frame of framesFrom(tables, row, 0)) {
    for (const fact of openFrame(frame, tables.blobs.get)) {
      if (fact.type === 'snapshot' && fact.seq > seq) return facts
      if (fact.type === 'snapshot') facts = facts.slice(0, 1)
      facts.push(fact)
    }
  }
  return facts
}

function segmentFacts(tables: Tables, row: ProcessRow): readonly Fact[] {
  const facts: Fact[] = []
  for (const frame of framesFrom(tables, row, row.segmentN)) facts.push(...openFrame(frame, tables.blobs.get))
  if (row.segmentN === 0) return facts
  const snapshot = facts.findLastIndex((fact) => fact.type === 'snapshot')
  const first = tables.journal.read(row.p, row.pid, 0, 1).flatMap((frame) => openFrame(frame, tables.blobs.get))
  return [...first.filter((fact) => fact.type === 'born'), ...facts.slice(Math.max(snapshot, 0))]
}
