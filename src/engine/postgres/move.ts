/**
 * Runs leave this database for another engine, and come from others.
 *
 * Invariants:
 * 1. A run leaves in one transaction, and is nobody's from there on: it comes to life where it arrives, and nowhere else.
 * 2. What has left is kept with all that it was until it comes back: a move that broke is gone on with, as often as it takes.
 * 3. A move arrives once, whatever became of the run since.
 * 4. What lies outside is had before anything is locked.
 */
import type { Client } from 'pg'
import { baseKey, openFrame } from '../../kernel/index.ts'
import type { SealedFrame, Wait } from '../../kernel/index.ts'
import { SkeinError } from '../../std/index.ts'
import type { Hash, Pid } from '../../std/index.ts'
import { blobsNamed } from '../blobs/journal-blobs.ts'
import type { JournalBlobs } from '../blobs/journal-blobs.ts'
import { unpack } from '../embedded/store/pack.ts'
import {
  backOf,
  demandBlobs,
  demandUnpaused,
  earliestOf,
  hashesIn,
  hasMoved,
  isRefused,
  isThere,
  movedResult,
  notAtRest,
  openEffects,
  refusalOf,
} from '../move/at-rest.ts'
import type { Baggage, Departure, MovedRun } from '../move/moved-run.ts'
import type { Settings } from '../settings-cache.ts'
import { indexText, waitAct } from './act.ts'
import { framesOf } from './load.ts'
import type { ProcessRow } from './process-row.ts'
import { PROCESSES_PER_PARTITION } from './sql/tables.ts'
import { inTransaction, rowsOf } from './transaction.ts'
import type { Rows } from './transaction.ts'

type Ports = { readonly hash: Hash; readonly at: number }
type Outside = Pick<JournalBlobs, 'get'>
type DepartPorts = Departure & Ports & { readonly blobs: JournalBlobs }
type Departing = Departure & Ports & { readonly blobs: Outside }
type Departed = {
  readonly id: string
  readonly target: string
  readonly baggage: string
  readonly is_confirmed: boolean
}
type Blobs = Map<string, string>

/** In a transaction of its own. Throws before anything is changed. */
export async function departRun(client: Client, root: Pid, given: DepartPorts): Promise<MovedRun> {
  const about = { ...given, blobs: await outsideOf(rowsOf(client), root, given.blobs) }
  return inTransaction(client, async (rows) => {
    // Whoever changes a switch locks in this order too.
    const [setting] = await rows<{ readonly value: string }>('select value from setting for share')
    const all = await lockedRun(rows, root)
    if (all.length === 0) throw new SkeinError('PROCESS_UNKNOWN', `there is no run ${root}; see: skein ps --all`)
    const [before] = await rows<Departed>('select * from departed where pid = $1', root)
    if (before !== undefined && (before.is_confirmed || before.target !== about.target))
      throw hasMoved(root, before.target, before.is_confirmed)
    if (before === undefined) {
      for (const { pid, owner } of all) if (owner !== null) throw notAtRest(pid, 'is with a worker')
      const { switches } = JSON.parse(setting!.value) as Settings
      const held = await rows<{ readonly p: number }>(
        `select p from wait where kind = 'switch' and p = any($1::bigint[])`,
        all.map(({ p }) => p),
      )
      for (const { p, pid } of all)
        demandUnpaused(
          pid,
          switches,
          held.some((one) => one.p === p),
        )
      for (const row of all) await depart(rows, row, about)
    }
    return moved(rows, all, { id: before?.id ?? about.id, blobs: about.blobs })
  })
}

/** What its frames name outside, fetched; what it names since is fetched when it is asked for. What failed fails whoever asks. */
async function outsideOf(rows: Rows, root: Pid, outside: JournalBlobs): Promise<Outside> {
  if (!outside.isOutside) return outside
  const asked = new Map<string, Promise<string>>()
  const get = (pid: Pid, sha256: string): Promise<string> => {
    const name = `${sha256} ${pid}`
    const known = asked.get(name) ?? outside.get(pid, sha256)
    asked.set(name, known)
    return known
  }
  for (const row of await rows<ProcessRow>('select * from process where root = $1 order by p', root)) {
    const named = [...blobsNamed(await framesOf(rows, row))]
    const here: Blobs = new Map()
    await gather(rows, named, here)
    await Promise.allSettled(named.filter((sha256) => !here.has(sha256)).map((sha256) => get(row.pid, sha256)))
  }
  return { get }
}

type Owned = ProcessRow & { readonly owner: number | null }

/** A statement that had to wait for a lock does not see what was born meanwhile; the next one does. */
async function lockedRun(rows: Rows, root: Pid): Promise<readonly Owned[]> {
  for (let before = -1; ;) {
    const all = await rows<Owned>('select * from process where root = $1 order by p for no key update', root)
    if (all.length === before) return all
    before = all.length
  }
}

async function depart(rows: Rows, row: ProcessRow, { hash, at, id, by, target, blobs }: Departing): Promise<void> {
  const { p, pid } = row
  const baggage = await baggageOf(rows, row)
  if (row.ended_at === null) await checkSettled(rows, row, { baggage, outside: blobs })
  await rows('insert into departed values ($1, $2, $3, $4, $5, $6)', pid, id, at, by, target, JSON.stringify(baggage))
  await rows('delete from mail where p = $1', p)
  await rows('delete from wait where p = $1', p)
  await rows(
    `update process set status = 'cancelled', result = $2, parked = null, wake_at = null, ended_at = coalesce(ended_at, $3),
      updated_at = $3, mail_count = 0, mail_bytes = 0 where p = $1`,
    p,
    movedResult(row.root, target, hash),
    at,
  )
}

/** Of an owner that is only presumed dead, an effect may still be under way: it is settled here before anything goes. */
async function checkSettled(
  rows: Rows,
  row: ProcessRow,
  { baggage: { waits }, outside }: { readonly baggage: Baggage; readonly outside: Outside },
): Promise<void> {
  const blobs: Blobs = new Map()
  const get = (sha256: string): string | undefined => blobs.get(sha256)
  const frames = await framesOf(rows, row)
  await gatherOf(rows, { pid: row.pid, frames, outside }, blobs)
  const open = openEffects(frames.flatMap((frame) => openFrame(frame, get)))
  for (const { text } of waits) {
    const { key, on } = unpack<Wait>(text, get)
    if (on.kind === 'pending' || on.kind === 'operator') open.delete(baseKey(key))
  }
  const [first] = open
  if (first !== undefined) throw notAtRest(row.pid, `has begun ${first}, and nobody knows yet what became of it`)
}

/** In a transaction of its own. Throws before anything is changed. */
export function arriveRun(client: Client, run: MovedRun, { hash, at }: Ports): Promise<void> {
  return inTransaction(client, async (rows) => {
    // Who arrives at the same moment waits, and finds that it has.
    const isNew = await rows('insert into arrived values ($1, $2) on conflict do nothing returning id', run.id, at)
    if (isNew.length === 0) {
      const refused = await rows('select id from arrived where id = $1', refusalOf(run.id))
      if (refused.length > 0) throw isRefused(run.root)
      return
    }
    const pids = run.processes.map(({ pid }) => pid)
    const taken = await rows<{ readonly pid: Pid }>(
      `select pid from tombstone where pid = any($1::text[]) union all ${OWN} limit 1`,
      pids,
    )
    if (taken[0] !== undefined) throw isThere(taken[0].pid)
    await putBlobs(rows, run.blobs)
    const get = (sha256: string): string | undefined => run.blobs.find((one) => one.sha256 === sha256)?.text
    for (const one of run.processes) await arrive(rows, one, { hash, at, get })
    await rows(`select notify('r 0')`)
  })
}

/** Held until whoever names them can be seen: an erasure takes them alone before it looks. */
async function putBlobs(rows: Rows, blobs: MovedRun['blobs']): Promise<void> {
  const named = blobs.map(({ sha256 }) => sha256)
  const texts = blobs.map(({ text }) => text)
  for (let held = -1; held < named.length;) {
    await rows('insert into blob select * from unnest($1::text[], $2::text[]) on conflict do nothing', named, texts)
    const found = await rows(
      'select sha256 from blob where sha256 = any($1::text[]) order by sha256 for key share',
      named,
    )
    held = found.length
  }
}

const OWN = `select q.pid from process q where q.pid = any($1::text[])
  and not exists(select from departed d where d.pid = q.pid)`

/** In a transaction of its own. The move of this number arrives here never; false when it has. */
export function refuseRun(client: Client, id: string, at: number): Promise<boolean> {
  return inTransaction(client, async (rows) => {
    const insert = 'insert into arrived values ($1, $2) on conflict do nothing returning id'
    if ((await rows(insert, id, at)).length > 0) await rows(insert, refusalOf(id), at)
    return (await rows('select id from arrived where id = $1', refusalOf(id))).length > 0
  })
}

/** It is known to have arrived by the move of this number. */
export async function confirmRun(client: Client, root: Pid, id: string): Promise<void> {
  const text = `update departed set is_confirmed = true, baggage = ''
    where id = $2 and pid in (select pid from process where root = $1)`
  await client.query({ text, values: [root, id] })
}

/** The move by which a run has left, as long as it is not known to have arrived. */
export async function wayOf(client: Client, root: Pid): Promise<Departure | undefined> {
  const text = 'select id, target, by from departed where pid = $1 and not is_confirmed'
  const { rows } = await client.query({ text, values: [root] })
  return rows[0] as Departure | undefined
}

/** What left by a move that the other end refused is what it was, once. */
export async function comeBackRun(
  client: Client,
  { root, id }: { readonly root: Pid; readonly id: string },
  ports: Ports & { readonly blobs: Outside },
): Promise<void> {
  if ((await wayOf(client, root))?.id !== id) return
  const rows = rowsOf(client)
  const all = await rows<ProcessRow>('select * from process where root = $1 order by p', root)
  // Whoever brings it back meanwhile has done the same: it arrives once by that number.
  await arriveRun(client, { ...(await moved(rows, all, { id, blobs: ports.blobs })), id: backOf(id) }, ports)
}

/** Runs that left for a place, and perhaps have not arrived. */
export async function unconfirmedRuns(client: Client, target: string): Promise<readonly Pid[]> {
  const text = `select pid from process join departed using (pid) where pid = root and target = $1 and not is_confirmed order by p`
  const { rows } = await client.query({ text, values: [target] })
  return (rows as readonly { readonly pid: Pid }[]).map(({ pid }) => pid)
}

/** Which of them are processes of this database's own. */
export async function presentOf(client: Client, pids: readonly Pid[]): Promise<readonly Pid[]> {
  const { rows } = await client.query({
    text: `select pid from tombstone where pid = any($1::text[]) union all ${OWN}`,
    values: [pids],
  })
  return (rows as readonly { readonly pid: Pid }[]).map(({ pid }) => pid)
}

const PROCESS = `insert into process(pid, parent, root, depth, kind, workflow, file, status, created_at, updated_at, ended_at, wake_at,
  epoch, activations, segment_n, last_seq, mail_count, mail_bytes, summary, parked, result)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21) returning p`

async function arrive(
  rows: Rows,
  one: MovedRun['processes'][number],
  { hash, at, get }: Ports & { readonly get: (sha256: string) => string | undefined },
): Promise<void> {
  for (const table of ['frame', 'birth', 'mail', 'seen', 'wait', 'erased', 'process'])
    await rows(`delete from ${table} where p = (select p from process where pid = $1)`, one.pid)
  await rows('delete from departed where pid = $1', one.pid)
  const waits = one.waits.map(({ text, n }) => ({ wait: unpack<Wait>(text, get), n }))
  const wakeAt =
    one.status === 'waiting'
      ? earliestOf(
          waits.map(({ wait }) => wait),
          hash,
        )
      : undefined
  const messages = one.mail.filter(({ kind }) => kind === 'm').map(({ text }) => Buffer.byteLength(text))
  const [row] = await rows<{ readonly p: number }>(
    PROCESS,
    ...[one.pid, one.parent, one.root, one.depth, one.kind, one.workflow, one.file, one.status, one.createdAt],
    ...[one.updatedAt, one.endedAt, wakeAt ?? null, Math.max(0, ...one.frames.map(({ epoch }) => epoch))],
    ...[one.activations, one.segmentN, one.mail.length, messages.length, messages.reduce((sum, n) => sum + n, 0)],
    ...[one.summary, one.parked, one.result],
  )
  const { p } = row!
  await rows(`select ensure_partition($1::bigint / ${PROCESSES_PER_PARTITION})`, p)
  await rows('insert into birth values ($1, $2)', p, one.request)
  for (const { n, epoch, firstSeq, lastSeq, hash: own, body, payloads } of one.frames)
    await rows(
      'insert into frame values ($1, $2, $3, $4, $5, $6, $7, $8)',
      p,
      n,
      epoch,
      firstSeq,
      lastSeq,
      own,
      body,
      payloads,
    )
  for (const [i, { kind, text }] of one.mail.entries())
    await rows(
      'insert into mail values ($1, $2, $3, $4, $5, $6)',
      ...[p, i + 1, kind, isChildEnd(kind, text), Buffer.byteLength(text), text],
    )
  for (const { wait, n } of waits) {
    const { act } = waitAct(p, wait, { n, hash })
    await rows('select put_wait(0, $1, json_populate_record(null::record_in, $2::json))', at, JSON.stringify(act))
  }
  for (const { id, forgetAt } of one.seen)
    await rows(
      'insert into seen values ($1, $2, $3) on conflict do nothing',
      ...[p, `${id.slice(0, 2)}${indexText(id.slice(2), hash)}`, forgetAt],
    )
  if (one.erased !== null)
    await rows('insert into erased values ($1, $2, $3, $4)', p, one.erased.at, one.erased.by, one.erased.isWhole)
}

const isChildEnd = (kind: 'm' | 'c', text: string): boolean =>
  kind === 'c' && (JSON.parse(text) as { readonly type?: unknown }).type === 'childEnded'

async function baggageOf(rows: Rows, row: ProcessRow): Promise<Baggage> {
  const { p, pid, parent, root, depth, kind, workflow, file, status, activations, summary, parked, result } = row
  const [birth] = await rows<{ readonly request: string }>('select request from birth where p = $1', p)
  const mail = await rows<{ readonly kind: 'm' | 'c'; readonly text: string }>(
    'select kind, body as text from mail where p = $1 order by seq',
    p,
  )
  const waits = await rows<{ readonly text: string; readonly n: number }>(
    'select body as text, n from wait where p = $1 order by key',
    p,
  )
  const seen = await rows<{ readonly id: string; readonly forget_at: number }>(
    `select id, forget_at from seen where p = $1 and id not like '_:sha256 %'`,
    p,
  )
  const [erased] = await rows<{ readonly at: number; readonly by: string; readonly is_whole: boolean }>(
    'select at, by, is_whole from erased where p = $1',
    p,
  )
  return {
    ...{ pid, parent, root, depth, kind, workflow, file, status, activations, summary, parked, result, mail, waits },
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    endedAt: row.ended_at,
    segmentN: row.segment_n,
    request: birth?.request ?? '',
    // As they are said: a column holds them escaped.
    seen: seen.map(({ id, forget_at }) => ({
      id: `${id.slice(0, 2)}${JSON.parse(`"${id.slice(2)}"`) as string}`,
      forgetAt: forget_at,
    })),
    erased: erased === undefined ? null : { at: erased.at, by: erased.by, isWhole: erased.is_whole },
  }
}

async function moved(
  rows: Rows,
  all: readonly ProcessRow[],
  { id, blobs: outside }: { readonly id: string; readonly blobs: Outside },
): Promise<MovedRun> {
  const blobs: Blobs = new Map()
  const processes: MovedRun['processes'][number][] = []
  for (const row of all) {
    const [departed] = await rows<Departed>('select * from departed where pid = $1', row.pid)
    if (departed === undefined) throw notAtRest(row.pid, 'has come since its run left')
    const frames = await framesOf(rows, row)
    await gather(rows, hashesIn(departed.baggage), blobs)
    await gatherOf(rows, { pid: row.pid, frames, outside }, blobs)
    processes.push({ ...(JSON.parse(departed.baggage) as Baggage), frames })
  }
  const run = { id, root: all[0]!.root, processes, blobs: [...blobs].map(([sha256, text]) => ({ sha256, text })) }
  demandBlobs(run)
  return run
}

/** Adds the blobs that frames of a process name. */
async function gatherOf(
  rows: Rows,
  of: { readonly pid: Pid; readonly frames: readonly SealedFrame[]; readonly outside: Outside },
  blobs: Blobs,
): Promise<void> {
  const named = [...blobsNamed(of.frames)]
  await gather(rows, named, blobs)
  for (const sha256 of named) if (!blobs.has(sha256)) blobs.set(sha256, await of.outside.get(of.pid, sha256))
}

/** Adds those of the blobs that lie in the table. */
async function gather(rows: Rows, wanted: readonly string[], blobs: Blobs): Promise<void> {
  const named = wanted.filter((sha256) => !blobs.has(sha256))
  if (named.length === 0) return
  const found = await rows<{ readonly sha256: string; readonly body: string }>(
    'select sha256, body from blob where sha256 = any($1::text[])',
    named,
  )
  for (const { sha256, body } of found) blobs.set(sha256, body)
}
