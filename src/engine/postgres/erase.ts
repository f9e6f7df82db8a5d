/**
 * Erases the payloads of a process that has ended.
 *
 * Invariants:
 * 1. No frame's body changes: digests stay, so the chain still verifies (rule J1).
 * 2. A blob goes when nothing names it any more; whoever writes one meanwhile waits, or is waited for.
 * 3. What lies outside goes before the frames say so: an erasure that breaks off is done again.
 * 4. The last fact of the journal says who erased, and when.
 */
import type { Client } from 'pg'
import { CHAIN_START, eraseFrame, FACT_VERSION, sealFrame } from '../../kernel/index.ts'
import type { Fact, SealedFrame } from '../../kernel/index.ts'
import { asSeq, SkeinError } from '../../std/index.ts'
import type { EffectKey, Hash, Pid, Random } from '../../std/index.ts'
import type { JournalBlobs } from '../blobs/journal-blobs.ts'
import { withoutPayloads } from '../embedded/erase.ts'
import { hasMoved } from '../move/at-rest.ts'
import type { Erased } from '../port.ts'
import { chained } from './load.ts'
import type { ProcessRow } from './process-row.ts'

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

/** Erases in a transaction. Throws `PROCESS_UNKNOWN`, `PROCESS_NOT_ENDED`, before anything is changed. */
export async function eraseProcess(client: Client, pid: Pid, about: About, ports: Ports): Promise<Erased> {
  const rows = async <R>(text: string, ...values: readonly unknown[]): Promise<readonly R[]> =>
    (await client.query({ text, values })).rows as readonly R[]
  await rows('begin')
  try {
    const [row] = await rows<ProcessRow>('select * from process where pid = $1 for no key update', pid)
    if (row === undefined) throw new SkeinError('PROCESS_UNKNOWN', `there is no process ${pid}; see: skein ps --all`)
    if (row.ended_at === null)
      throw new SkeinError('PROCESS_NOT_ENDED', `${pid} has not ended, and needs what it was given; cancel it first`)
    const [left] = await rows<{ readonly target: string }>(
      'select target from departed where pid = $1 and not is_confirmed',
      pid,
    )
    if (left !== undefined) throw hasMoved(row.root, left.target, false)
    const blobs = new Set<string>()
    const payloads = await eraseFrames(rows, row, { key: about.key, blobs, by: about.by, ports })
    if (about.key === undefined) await eraseRow(rows, row, blobs)
    await rows(
      `insert into erased values ($1, $2, $3, $4) on conflict (p) do update set is_whole = erased.is_whole or excluded.is_whole`,
      row.p,
      ports.at,
      about.by,
      about.key === undefined,
    )
    // Whoever writes one of them is waited for, and seen then; whoever comes later waits, and writes it anew.
    await rows('select 1 from blob where sha256 = any($1::text[]) order by sha256 for update', [...blobs])
    const unused: string[] = []
    for (const sha256 of blobs) if (!(await isUsed(rows, sha256))) unused.push(sha256)
    await rows('delete from blob where sha256 = any($1::text[])', unused)
    await rows('commit')
    return { payloads, blobs: unused.length }
  } catch (thrown) {
    await rows('rollback').catch(() => undefined)
    throw thrown
  }
}

type Rows = <R>(text: string, ...values: readonly unknown[]) => Promise<readonly R[]>

/** Number of payloads that were there. */
async function eraseFrames(
  rows: Rows,
  { p, pid }: ProcessRow,
  about: {
    readonly key: EffectKey | undefined
    readonly by: string
    readonly blobs: Set<string>
    readonly ports: Ports
  },
): Promise<number> {
  const frames = chained(pid, await rows('select * from frame where p = $1 order by n', p), CHAIN_START)
  await about.ports.blobs.erase(pid, about.key, frames)
  let count = 0
  for (const frame of frames) {
    const { payloads, gone } = eraseFrame(frame, about.key)
    for (const payload of gone) if (payload.length === 3) about.blobs.add(payload[1])
    if (gone.length > 0) await rows('update frame set payloads = $3 where p = $1 and n = $2', p, frame.n, payloads)
    count += gone.length
  }
  const end = frames.at(-1)
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
