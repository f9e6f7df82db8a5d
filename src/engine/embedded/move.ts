/**
 * Runs leave this store for another engine, and come from others.
 *
 * Invariants:
 * 1. A run leaves in one transaction, and is nobody's from there on: it comes to life where it arrives, and nowhere else.
 * 2. What has left is kept with all that it was until it comes back: a move that broke is gone on with, as often as it takes.
 * 3. A move arrives once, whatever became of the run since.
 */
import type { SealedFrame, Wait } from '../../kernel/index.ts'
import { SkeinError } from '../../std/index.ts'
import type { Pid } from '../../std/index.ts'
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
  refusalOf,
} from '../move/at-rest.ts'
import type { Baggage, Departure, MovedMail, MovedRun } from '../move/moved-run.ts'
import type { Interior } from './interior.ts'
import { framesFrom } from './load.ts'
import { unpack } from './store/pack.ts'
import type { ProcessRow } from './store/process-table.ts'
import { readSwitches } from './switchboard.ts'

const ALL = 2 ** 31 - 1

/** Inside a commit. Throws before anything is changed. */
export function departRun(interior: Interior, root: Pid, about: Departure): MovedRun {
  const { tables, hash, clock } = interior
  const rows = tables.processes.list({ root }, 0, ALL)
  if (rows.length === 0) throw new SkeinError('PROCESS_UNKNOWN', `there is no run ${root}; see: skein ps --all`)
  const before = tables.moves.departed(root)
  if (before !== undefined && (before.confirmed === 1 || before.target !== about.target))
    throw hasMoved(root, before.target, before.confirmed === 1)
  if (before !== undefined) return moved(interior, before.id, rows)
  for (const { p, pid } of rows) if (interior.residents.get(p) !== undefined) throw notAtRest(pid, 'is running')
  const switches = readSwitches(tables)
  for (const { p, pid } of rows) demandUnpaused(pid, switches, tables.waits.ofKind(p, 'switch').length > 0)
  const result = movedResult(root, about.target, hash)
  for (const row of rows) {
    tables.moves.depart(row.pid, { ...about, at: clock.now(), baggage: JSON.stringify(baggageOf(interior, row)) })
    for (const { seq } of tables.mailbox.all(row.p)) tables.mailbox.remove(seq)
    for (const { seq } of tables.controls.all(row.p)) tables.controls.remove(seq)
    tables.waits.clear(row.p)
    interior.post.meter.forget(row.p)
    tables.moves.end(row.p, result, clock.now())
  }
  return moved(interior, about.id, rows)
}

/** Inside a commit. False when this move has arrived before. Throws before anything is changed. */
export function arriveRun(interior: Interior, run: MovedRun): boolean {
  const { tables, store, clock, hash } = interior
  if (tables.moves.hasArrived(refusalOf(run.id))) throw isRefused(run.root)
  if (tables.moves.hasArrived(run.id)) return false
  for (const { pid } of run.processes)
    if (tables.controls.tombstone(pid) !== undefined || isOwn(interior, pid)) throw isThere(pid)
  tables.moves.arrive(run.id, clock.now())
  for (const blob of run.blobs) tables.blobs.put(blob)
  for (const one of run.processes) {
    const old = tables.processes.byPid(one.pid)
    if (old !== undefined) tables.moves.remove(old.p, old.pid)
    const waits = one.waits.map(({ text }) => unpack<Wait>(text, tables.blobs.get))
    const wakeAt = one.status === 'waiting' ? earliestOf(waits, hash) : undefined
    const p = tables.moves.insert(one, { epoch: store.epoch, wakeAt })
    for (const frame of one.frames) tables.journal.append(p, frame)
    waits.forEach((wait, i) => tables.waits.put(p, wait.key, wait.on.kind, one.waits[i]!.text))
    for (const mail of one.mail) interior.post.place(p, mail)
    if (one.erased !== null) tables.processes.noteErased(p, one.erased.at, one.erased.by, one.erased.isWhole ? 1 : 0)
  }
  return true
}

/** Inside a commit. The move of this number arrives here never; false when it has. */
export function refuseRun({ tables, clock }: Interior, id: string): boolean {
  if (!tables.moves.hasArrived(id)) for (const one of [id, refusalOf(id)]) tables.moves.arrive(one, clock.now())
  return tables.moves.hasArrived(refusalOf(id))
}

/** The move by which a run has left, as long as it is not known to have arrived. */
export function onTheWay({ tables }: Interior, root: Pid): Departure | undefined {
  const before = tables.moves.departed(root)
  return before?.confirmed === 0 ? { id: before.id, target: before.target, by: before.by } : undefined
}

/** Inside a commit. What left by a move that the other end refused is what it was. */
export function comeBackRun(interior: Interior, root: Pid, id: string): void {
  if (onTheWay(interior, root)?.id !== id) return
  const run = moved(interior, id, interior.tables.processes.list({ root }, 0, ALL))
  arriveRun(interior, { ...run, id: backOf(id) })
}

/** Whether a process lives here, or has ended here; what has left does not. */
export function isOwn({ tables }: Interior, pid: Pid): boolean {
  return tables.processes.find(pid) !== undefined && tables.moves.departed(pid) === undefined
}

function baggageOf({ tables }: Interior, row: ProcessRow): Baggage {
  const { p, pid, parent, root, depth, kind, workflow, file, createdAt, updatedAt, endedAt, activations, segmentN } =
    row
  const erased = tables.processes.erased(p)
  const end = tables.journal.end(p)
  const mail = [
    ...tables.mailbox.all(p).map((one) => ({ ...one, kind: 'm' as const })),
    ...tables.controls.all(p).map((one) => ({ ...one, kind: 'c' as const })),
  ].toSorted((a, b) => a.seq - b.seq)
  return {
    ...{ pid, parent, root, depth, kind, workflow, file, createdAt, updatedAt, endedAt, activations, segmentN },
    // Nobody has it, or this owner would: its last one was killed.
    status: row.status === 'running' ? 'ready' : row.status,
    summary: row.summary,
    parked: row.parked,
    result: row.result,
    request: tables.processes.request(p) ?? '',
    mail: mail.map(({ kind: of, text }): MovedMail => ({ kind: of, text })),
    waits: tables.waits.all(p).map((text) => ({ text, n: end?.n ?? 0 })),
    seen: tables.moves.seen(p),
    erased: erased === undefined ? null : { at: erased.at, by: erased.by, isWhole: erased.whole === 1 },
  }
}

function moved({ tables }: Interior, id: string, rows: readonly ProcessRow[]): MovedRun {
  const blobs = new Map<string, string>()
  const named = (text: string): void => {
    for (const sha256 of hashesIn(text)) {
      const blob = blobs.has(sha256) ? undefined : tables.blobs.get(sha256)
      if (blob !== undefined) blobs.set(sha256, blob)
    }
  }
  const processes = rows.map((row) => {
    const text = tables.moves.departed(row.pid)?.baggage
    if (text === undefined) throw notAtRest(row.pid, 'has come since its run left')
    const frames: readonly SealedFrame[] = [...framesFrom(tables, row, 0)]
    named(text)
    for (const { payloads } of frames) named(payloads)
    return { ...(JSON.parse(text) as Baggage), frames }
  })
  const run = { id, root: rows[0]!.root, processes, blobs: [...blobs].map(([sha256, text]) => ({ sha256, text })) }
  demandBlobs(run)
  return run
}
