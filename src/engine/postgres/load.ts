/** What activations begin with, read for many processes at once. */
import { CHAIN_START, openFrame } from '../../kernel/index.ts'
import type { Control, Fact, ForkRequest, Message, SealedFrame, StartRequest, Wait } from '../../kernel/index.ts'
import type { Epoch, Hash, Pid } from '../../std/index.ts'
import type { GetBlob, JournalBlobs } from '../blobs/journal-blobs.ts'
import type { MailItem, MailPage } from '../activation-rows.ts'
import { prepareWait } from '../embedded/prepare.ts'
import { unpack } from '../embedded/store/pack.ts'
import type { Beginning } from '../remote-activation.ts'
import { withBlobs, withJournalBlobs } from './blobs.ts'
import type { Connection } from './connection.ts'
import { PAGE_MAIL } from './limits.ts'
import type { ProcessRow } from './process-row.ts'
import type { Rows } from './transaction.ts'

/** A process as its member makes it resident. */
export type Loaded = {
  readonly p: number
  readonly epoch: Epoch
  readonly beginning: Beginning
  readonly mail: MailPage
}

type FrameRow = Omit<SealedFrame, 'prevHash' | 'pid' | 'firstSeq' | 'lastSeq'> & {
  readonly p: number
  readonly first_seq: number
  readonly last_seq: number
}
type Text = { readonly p: number; readonly body: string }

/** A row of mail. */
type MailRow = { readonly p: number; readonly seq: number; readonly kind: string; readonly body: string }

/** Frames in order, each with the hash before it; `hash` is the one before the first. */
export function chained(pid: Pid, rows: readonly FrameRow[], hash: string): SealedFrame[] {
  let prevHash = hash
  return rows.map(({ n, epoch, first_seq: firstSeq, last_seq: lastSeq, hash: own, body, payloads }) => {
    const frame = { pid, epoch, n, firstSeq, lastSeq, body, payloads, prevHash, hash: own }
    prevHash = own
    return frame
  })
}

/** All frames of a process, within a transaction. */
export const framesOf = async (rows: Rows, { p, pid }: ProcessRow): Promise<readonly SealedFrame[]> =>
  chained(pid, await rows('select * from frame where p = $1 order by n', p), CHAIN_START)

/** Frames of a process from number `from` on. */
export async function framesFrom(
  db: Connection,
  { p, pid }: Pick<ProcessRow, 'p' | 'pid'>,
  { from, limit }: { readonly from: number; readonly limit: number },
): Promise<SealedFrame[]> {
  const rows = await db.rows<FrameRow>({
    name: 'frames_from',
    text: 'select * from frame where p = $1 and n >= $2 order by n limit $3',
    values: [p, from - 1, from === 0 ? limit : limit + 1],
  })
  const before = from > 0 && rows[0]?.n === from - 1 ? rows[0] : undefined
  return chained(pid, before === undefined ? rows : rows.slice(1), before?.hash ?? CHAIN_START)
}

/** A page of the mail of process number `p`. `lastSeq`: known to have come. */
export async function mailPage(
  db: Connection,
  p: number,
  about: { readonly after: number; readonly lastSeq: number },
): Promise<MailPage> {
  const rows = await db.rows<MailRow>({
    name: 'mail_page',
    text: 'select p, seq, kind, body from mail where p = $1 and seq > $2 order by seq limit $3',
    values: [p, about.after, PAGE_MAIL],
  })
  const items = await withBlobs(db, (get) => rows.map((row) => mailItem(row, get)))
  const isWhole = rows.length < PAGE_MAIL
  return { items, lastSeq: Math.max(about.lastSeq, items.at(-1)?.seq ?? 0), isWhole }
}

function mailItem({ seq, kind, body }: MailRow, get: GetBlob): MailItem {
  return kind === 'm'
    ? { seq, event: { type: 'message', message: JSON.parse(body) as Message } }
    : { seq, event: { type: 'control', control: unpack<Control>(body, get) } }
}

/** Where journals are read from. */
export type JournalSource = { readonly db: Connection; readonly blobs: JournalBlobs }

/**
 * Loads processes that were just claimed: each by itself once their rows are here, as payloads may come from far. What was
 * erased, or never begun, comes as it is.
 */
export async function loadAll(
  from: JournalSource,
  rows: readonly ProcessRow[],
  hash: Hash,
): Promise<readonly { readonly row: ProcessRow; readonly load: () => Promise<Loaded | undefined> }[]> {
  const { db } = from
  const numbers = rows.map(({ p }) => p)
  const texts = (table: string, columns: string, order = ''): Promise<readonly Text[]> =>
    db.rows<Text>({
      name: `load_${table}`,
      text: `select p, ${columns} from ${table} where p = any($1::bigint[])${order}`,
      values: [numbers],
    })
  const old = rows.filter(({ activations, last_seq }) => activations > 1 || last_seq > 0)
  const requests = await texts('birth', 'request as body')
  const waits = old.length === 0 ? [] : await texts('wait', 'body')
  const frames = old.length === 0 ? [] : await segments(db, old)
  return rows.map((row) => {
    const ofRow = <T extends { readonly p: number }>(all: readonly T[]): T[] => all.filter(({ p }) => p === row.p)
    const read = { request: ofRow(requests)[0], waits: ofRow(waits), frames: ofRow(frames) }
    return { row, load: () => loadOne(from, row, { ...read, hash }) }
  })
}

async function loadOne(
  from: JournalSource,
  row: ProcessRow,
  read: {
    readonly request: Text | undefined
    readonly waits: readonly Text[]
    readonly frames: readonly FrameRow[]
    readonly hash: Hash
  },
): Promise<Loaded | undefined> {
  const { request, waits, frames, hash } = read
  if (request === undefined) return undefined
  const mail = row.last_seq === 0 ? NO_MAIL : await mailPage(from.db, row.p, { after: 0, lastSeq: row.last_seq })
  const before = frames.find(({ n }) => n === row.segment_n - 1)
  const segment = chained(
    row.pid,
    frames.filter(({ n }) => n >= row.segment_n),
    before?.hash ?? CHAIN_START,
  )
  const first = row.segment_n > 0 ? frames.filter(({ n }) => n === 0) : []
  const born = chained(row.pid, first, CHAIN_START)
  const last = segment.at(-1) ?? before
  const rest = await withBlobs(from.db, (get) => ({
    start: startOf(row, unpack<StartRequest>(request.body, get)),
    waits: waits
      .map(({ body }) => unpack<Wait>(body, get))
      .map((wait) => ({ key: wait.key, dueAt: prepareWait(wait, hash).dueAt })),
  }))
  const facts = await withJournalBlobs(from, row.pid, (get) => segmentFacts(born, segment, get))
  const head = { n: last === undefined ? 0 : last.n + 1, hash: last?.hash ?? CHAIN_START }
  const fork = head.n === 0 ? rest.start.fork : undefined
  const origin = fork === undefined ? [] : await originFacts(from, fork)
  return { p: row.p, epoch: row.epoch, beginning: { ...rest, facts, head, origin }, mail }
}

const NO_MAIL: MailPage = { items: [], lastSeq: 0, isWhole: true }

/** A fork is what its origin is: the row says it, the request does not. */
function startOf({ kind, workflow, file }: ProcessRow, request: StartRequest): StartRequest {
  return request.fork === undefined ? request : { ...request, kind, workflow, ...(file === null ? {} : { file }) }
}

/** Frames of the open segments, with the first of each journal and the one before the segment. */
function segments(db: Connection, rows: readonly ProcessRow[]): Promise<readonly FrameRow[]> {
  return db.rows<FrameRow>({
    name: 'load_segments',
    text: `select f.* from unnest($1::bigint[], $2::int[]) c(p, n) join frame f on f.p = c.p and (f.n >= c.n - 1 or f.n = 0)
      order by f.p, f.n`,
    values: [rows.map(({ p }) => p), rows.map(({ segment_n: n }) => n)],
  })
}

function segmentFacts(born: readonly SealedFrame[], segment: readonly SealedFrame[], get: GetBlob): readonly Fact[] {
  const facts = segment.flatMap((frame) => openFrame(frame, get))
  if (born.length === 0) return facts
  const snapshot = facts.findLastIndex((fact) => fact.type === 'snapshot')
  const first = born.flatMap((frame) => openFrame(frame, get)).filter((fact) => fact.type === 'born')
  return [...first, ...facts.slice(Math.max(snapshot, 0))]
}

/** The segment of the origin in which a fork branches off, to the segment's end, the birth first (rule FK1). */
async function originFacts(source: JournalSource, { from, seq }: ForkRequest): Promise<readonly Fact[]> {
  const [row] = await source.db.rows<ProcessRow>({ text: 'select * from process where pid = $1', values: [from] })
  if (row === undefined) return []
  let facts: Fact[] = []
  for await (const frame of allFrames(source.db, row, 0)) {
    for (const fact of await withJournalBlobs(source, from, (get) => openFrame(frame, get))) {
      if (fact.type === 'snapshot' && seq !== undefined && fact.seq > seq) return facts
      if (fact.type === 'snapshot') facts = facts.slice(0, 1)
      facts.push(fact)
    }
  }
  return facts
}

const PAGE_FRAMES = 200

/** All frames from number `n` on, a page at a time. */
export async function* allFrames(
  db: Connection,
  row: Pick<ProcessRow, 'p' | 'pid'>,
  n: number,
): AsyncGenerator<SealedFrame> {
  for (let from = n; ;) {
    const page = await framesFrom(db, row, { from, limit: PAGE_FRAMES })
    yield* page
    if (page.length < PAGE_FRAMES) return
    from = page.at(-1)!.n + 1
  }
}
