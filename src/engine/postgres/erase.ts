/**
 * Erases the payloads of a process that has ended.
 *
 * Invariants:
 * 1. No frame's body changes: digests stay, so the chain still verifies (rule J1).
 * 2. A blob goes when nothing names it any more; whoever writes one meanwhile waits, or is waited for.
 * 3. What lies outside goes before the frames say so: an erasure that breaks off is done again. Nobody goes on from what is
 *    about to be erased, and no row is locked while something outside is waited for.
 * 4. The last fact of the journal says who erased, and when.
 */
import type { Client } from 'pg'
import { eraseFrame, FACT_VERSION, sealFrame } from '../../kernel/index.ts'
import type { Fact, SealedFrame } from '../../kernel/index.ts'
import { asSeq, SkeinError } from '../../std/index.ts'
import type { EffectKey, Hash, Pid, Random } from '../../std/index.ts'
import { goneWith } from '../blobs/journal-blobs.ts'
import type { JournalBlobs } from '../blobs/journal-blobs.ts'
import { withoutPayloads } from '../embedded/erase.ts'
import { hasMoved } from '../move/at-rest.ts'
import type { Erased } from '../port.ts'
import { framesOf } from './load.ts'
import type { ProcessRow } from './process-row.ts'
import { inTransaction } from './transaction.ts'
import type { Rows } from './transaction.ts'

type About = { readonly by: string; readonly key?: EffectKey }
type Ports = { readonly hash: Hash; readonly random: Random; readonly at: number; readonly blobs: JournalBlobs }

/** Where a blob can be named. */
const USERS = [
  ['frame', 'payloads'],
  ['birth', 'request'],
  ['process', 'result'],
  ['wait', 'body'],
  ['mail', 'body'],
  ['settlement', 'body'],
  ['departed', 'baggage'],
] as const

/** Erases. Throws `PROCESS_UNKNOWN`, `PROCESS_NOT_ENDED`, `BLOBS_ABSENT`, before anything is changed. */
export async function eraseProcess(client: Client, pid: Pid, about: About, ports: Ports): Promise<Erased> {
  if (ports.blobs.isOutside) {
    const frames = await inTransaction(client, async (rows) => {
      const row = await endedRow(rows, pid)
      await mark(rows, row, { by: about.by, at: ports.at, isWhole: false })
      return framesOf(rows, row)
    })
    await ports.blobs.erase(pid, about.key, frames)
  }
  return inTransaction(client, async (rows) => {
    const row = await endedRow(rows, pid)
    const frames = await framesOf(rows, row)
    if (!ports.blobs.isOutside) ports.blobs.demandFor(pid, await notHere(rows, await goneWith(about.key, frames)))
    const blobs = new Set<string>()
    const payloads = await eraseFrames(rows, row, { frames, key: about.key, blobs, by: about.by, ports })
    if (about.key === undefined) await eraseRow(rows, row, blobs)
    await mark(rows, row, { by: about.by, at: ports.at, isWhole: about.key === undefined })
    // Whoever writes one of them is waited for, and seen then; whoever comes later waits, and writes it anew.
    await rows('select 1 from blob where sha256 = any($1::text[]) order by sha256 for update', [...blobs])
    const unused: string[] = []
    for (const sha256 of blobs) if (!(await isUsed(rows, sha256))) unused.push(sha256)
    await rows('delete from blob where sha256 = any($1::text[])', unused)
    return { payloads, blobs: unused.length }
  })
}

/** The process, locked. */
async function endedRow(rows: Rows, pid: Pid): Promise<ProcessRow> {
  const [row] = await rows<ProcessRow>('select * from process where pid = $1 for no key update', pid)
  if (row === undefined) throw new SkeinError('PROCESS_UNKNOWN', `there is no process ${pid}; see: skein ps --all`)
  if (row.ended_at === null)
    throw new SkeinError('PROCESS_NOT_ENDED', `${pid} has not ended, and needs what it was given; cancel it first`)
  const [left] = await rows<{ readonly target: string }>(
    'select target from departed where pid = $1 and not is_confirmed',
    pid,
  )
  if (left !== undefined) throw hasMoved(row.root, left.target, false)
  return row
}

/** From here on nobody reopens it, or forks it. */
async function mark(
  rows: Rows,
  { p }: ProcessRow,
  { at, by, isWhole }: { readonly at: number; readonly by: string; readonly isWhole: boolean },
): Promise<void> {
  await rows(
    `insert into erased values ($1, $2, $3, $4) on conflict (p) do update set is_whole = erased.is_whole or excluded.is_whole`,
    p,
    at,
    by,
    isWhole,
  )
}

/** Those of the blobs that are not in the table. */
async function notHere(rows: Rows, named: readonly string[]): Promise<readonly string[]> {
  if (named.length === 0) return []
  const found = await rows<{ readonly sha256: string }>('select sha256 from blob where sha256 = any($1::text[])', named)
  const here = new Set(found.map(({ sha256 }) => sha256))
  return named.filter((sha256) => !here.has(sha256))
}

/** Number of payloads that were there. */
async function eraseFrames(
  rows: Rows,
  { p }: ProcessRow,
  about: {
    readonly frames: readonly SealedFrame[]
    readonly key: EffectKey | undefined
    readonly by: string
    readonly blobs: Set<string>
    readonly ports: Ports
  },
): Promise<number> {
  let count = 0
  for (const frame of about.frames) {
    const { payloads, gone } = eraseFrame(frame, about.key)
    for (const payload of gone) if (payload.length === 3) about.blobs.add(payload[1])
    if (gone.length > 0) await rows('update frame set payloads = $3 where p = $1 and n = $2', p, frame.n, payloads)
    count += gone.length
  }
  const end = about.frames.at(-1)
  if (end !== undefined) await appendNote(rows, p, noteAfter(end, about))
  return count
}

function noteAfter(
  { pid, epoch, n, hash: prevHash, lastSeq }: SealedFrame,
  { by, key, ports }: { readonly by: string; readonly key: EffectKey | undefined; readonly ports: Ports },
): SealedFrame {
  const fact: Fact = {
    v: FACT_VERSION,
    seq: asSeq(lastSeq + 1),
    at: ports.at,
    type: 'erased',
    by,
    ...(key === undefined ? {} : { key }),
  }
  const inlineMax = Number.POSITIVE_INFINITY
  return sealFrame({ pid, epoch, n: n + 1, prevHash, facts: [fact] }, { ...ports, inlineMax }).frame
}

async function appendNote(rows: Rows, p: number, frame: SealedFrame): Promise<void> {
  const { n, epoch, firstSeq, lastSeq, hash, body, payloads } = frame
  await rows(
    'insert into frame values ($1, $2, $3, $4, $5, $6, $7, $8)',
    p,
    n,
    epoch,
    firstSeq,
    lastSeq,
    hash,
    body,
    payloads,
  )
}

/** What it was given, what it gave, and what nobody received of its mail. */
async function eraseRow(rows: Rows, { p, pid, result }: ProcessRow, blobs: Set<string>): Promise<void> {
  const [birth] = await rows<{ readonly request: string }>('select request from birth where p = $1', p)
  if (birth !== undefined)
    await rows('update birth set request = $2 where p = $1', p, withoutPayloads(birth.request, blobs))
  await rows(
    'update process set result = $2, parked = null where p = $1',
    p,
    result === null ? null : withoutPayloads(result, blobs),
  )
  await rows(`update dead_letter set body = '{"erased":true}' where pid = $1`, pid)
}

/** Looks through all that may name it, at one moment: what is held for a wait goes from one of them to another. */
async function isUsed(rows: Rows, sha256: string): Promise<boolean> {
  const named = USERS.map(([table, column]) => `exists(select from ${table} where strpos(${column}, $1) > 0)`)
  const [row] = await rows<{ readonly is_used: boolean }>(`select ${named.join(' or ')} as is_used`, sha256)
  return row!.is_used
}
