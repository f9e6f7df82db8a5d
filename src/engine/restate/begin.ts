/** What an activation begins with, read from the objects of its process. */
import { openFrame } from '../../kernel/index.ts'
import type { Fact, ForkRequest, SealedFrame } from '../../kernel/index.ts'
import type { Pid } from '../../std/index.ts'
import { isOfBlobs } from '../blobs/journal-blobs.ts'
import type { JournalBlobs } from '../blobs/journal-blobs.ts'
import { prepareWait } from '../embedded/prepare.ts'
import type { Hash } from '../../std/index.ts'
import type { Beginning } from './activation.ts'
import type { ObjectClient } from './client.ts'
import type { OpenJournal } from './open-journal.ts'
import type { MailboxLoad, RunOrder } from './wire.ts'

/** Where journals are read from. */
export type JournalSource = { readonly client: ObjectClient; readonly blobs: JournalBlobs }

/** Reads it; undefined when the process does not exist, rests, or has ended. */
export async function beginningOf(
  from: JournalSource,
  journal: OpenJournal,
  { pid, hash, order }: { readonly pid: Pid; readonly hash: Hash; readonly order: RunOrder },
): Promise<Beginning | undefined> {
  const ordered = orderedStart(journal, order)
  const loaded = ordered ?? (await activeIn(from.client, pid))
  if (loaded === undefined) return undefined
  const { request, mail } = loaded
  const { head, waits } = journal
  const rest = {
    isAhead: ordered !== undefined && order.isKnown === true,
    start: request,
    head,
    mail,
    waits: waits.map((wait) => ({ key: wait.key, dueAt: prepareWait(wait, hash).dueAt })),
  }
  try {
    return {
      ...rest,
      facts: head.n === 0 ? [] : await segmentFacts(from, pid, journal),
      origin: request.fork === undefined || head.n > 0 ? [] : await originFacts(from, request.fork),
    }
  } catch (thrown) {
    // What may pass fails the attempt, and the server makes another.
    if (!isOfBlobs(thrown) || thrown.retryable) throw thrown
    return { ...rest, facts: [], origin: [], unread: thrown }
  }
}

/**
 * What the mailbox would answer of a process that nobody has begun: what has come since then it tells by a signal, as soon as
 * it hears who has begun.
 */
function orderedStart({ head }: OpenJournal, { request }: RunOrder): Pick<MailboxLoad, 'request' | 'mail'> | undefined {
  if (request === undefined || head.epoch > 0) return undefined
  return { request, mail: { items: [], lastSeq: 0, isWhole: true } }
}

async function activeIn(client: ObjectClient, pid: Pid): Promise<MailboxLoad | undefined> {
  const loaded = await client.load(pid)
  return loaded?.row.status === 'ready' || loaded?.row.status === 'running' ? loaded : undefined
}

/** From the last snapshot on, the birth first. What the handler has in hand may not be in the object's state yet. */
async function segmentFacts(
  { client, blobs }: JournalSource,
  pid: Pid,
  { head, opened, fresh }: OpenJournal,
): Promise<readonly Fact[]> {
  const frames: SealedFrame[] = []
  if (head.segmentN < opened.n)
    for await (const frame of client.frames(pid, head.segmentN)) {
      if (frame.n >= opened.n) break
      frames.push(frame)
    }
  frames.push(...fresh.filter(({ n }) => n >= head.segmentN))
  const facts = await blobs.with(pid, (get) => frames.flatMap((frame) => openFrame(frame, get)))
  if (head.segmentN === 0) return facts
  const snapshot = facts.findLastIndex((fact) => fact.type === 'snapshot')
  const first = fresh.find(({ n }) => n === 0) ?? (await firstFrame(client, pid))
  const born = first === undefined ? [] : await blobs.with(pid, (get) => openFrame(first, get))
  return [...born.filter((fact) => fact.type === 'born'), ...facts.slice(Math.max(snapshot, 0))]
}

async function firstFrame(client: ObjectClient, pid: Pid): Promise<SealedFrame | undefined> {
  for await (const frame of client.frames(pid, 0)) return frame
  return undefined
}

/** The segment of the origin in which a fork branches off, to the segment's end, the birth first (rule FK1). */
async function originFacts({ client, blobs }: JournalSource, { from, seq }: ForkRequest): Promise<readonly Fact[]> {
  let facts: Fact[] = []
  for await (const frame of client.frames(from, 0)) {
    for (const fact of await blobs.with(from, (get) => openFrame(frame, get))) {
      if (fact.type === 'snapshot' && seq !== undefined && fact.seq > seq) return facts
      if (fact.type === 'snapshot') facts = facts.slice(0, 1)
      facts.push(fact)
    }
  }
  return facts
}
