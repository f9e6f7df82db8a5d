/**
 * Erases the payloads of a process that has ended.
 *
 * Invariants:
 * 1. No frame's body changes: digests stay, so the chain still verifies (rule J1).
 * 2. A blob goes when nothing names it any more; two processes with equal large values share one.
 * 3. The last fact of the journal says who erased, and when.
 */
import { eraseFrame, ERASED, FACT_VERSION, isPayload, sealFrame } from '../../kernel/index.ts'
import type { Fact, SealedFrame } from '../../kernel/index.ts'
import { asSeq, assert, limits, SkeinError } from '../../std/index.ts'
import type { EffectKey, Pid } from '../../std/index.ts'
import { hasMoved } from '../move/at-rest.ts'
import type { Erased } from '../port.ts'
import type { Interior } from './interior.ts'
import { framesFrom } from './load.ts'
import type { ProcessRow } from './store/process-table.ts'

type About = { readonly by: string; readonly key?: EffectKey }

/** Erases inside a commit. Throws `PROCESS_UNKNOWN`, `PROCESS_NOT_ENDED`, before anything is changed. */
export function eraseProcess(interior: Interior, pid: Pid, about: About): Erased {
  const { tables } = interior
  const row = endedRow(interior, pid)
  const blobs = new Set<string>()
  let payloads = 0
  for (const frame of framesFrom(tables, row, 0))
    payloads += eraseStored(interior, row, { frame, key: about.key, blobs })
  if (about.key === undefined) eraseRow(interior, row, { by: about.by, blobs })
  else tables.processes.erasedPart(row.p, interior.clock.now(), about.by)
  appendNote(interior, row, about)
  const unused = [...blobs].filter((sha256) => !tables.blobs.isUsed(sha256))
  for (const sha256 of unused) tables.blobs.remove(sha256)
  return { payloads, blobs: unused.length }
}

function endedRow({ tables }: Interior, pid: Pid): ProcessRow {
  const row = tables.processes.byPid(pid)
  if (row === undefined) throw new SkeinError('PROCESS_UNKNOWN', `there is no process ${pid}; see: skein ps --all`)
  if (row.endedAt === null)
    throw new SkeinError('PROCESS_NOT_ENDED', `${pid} has not ended, and needs what it was given; cancel it first`)
  const departed = tables.moves.departed(pid)
  if (departed?.confirmed === 0) throw hasMoved(row.root, departed.target, false)
  return row
}

/** Number of payloads that were there. */
function eraseStored(
  { tables }: Interior,
  { p }: ProcessRow,
  of: { readonly frame: SealedFrame; readonly key: EffectKey | undefined; readonly blobs: Set<string> },
): number {
  const { payloads, gone } = eraseFrame(of.frame, of.key)
  for (const payload of gone) if (payload.length === 3) of.blobs.add(payload[1])
  if (gone.length > 0) tables.journal.setPayloads(p, of.frame.n, payloads)
  return gone.length
}

function eraseRow(
  { tables, clock }: Interior,
  { p, pid, result }: ProcessRow,
  { by, blobs }: { readonly by: string; readonly blobs: Set<string> },
): void {
  const request = tables.processes.request(p)
  assert(request !== undefined, `the start request of ${pid} is there`)
  tables.processes.erase(p, {
    request: withoutPayloads(request, blobs),
    result: result === null ? null : withoutPayloads(result, blobs),
    at: clock.now(),
    by,
  })
  tables.mailbox.eraseDead(pid)
}

/** A packed value with every payload replaced; the blobs it named are added to `blobs`. */
export function withoutPayloads(text: string, blobs: Set<string>): string {
  return JSON.stringify(
    JSON.parse(text, (_key, member: unknown) => {
      const sha256 = (member as { readonly $blob?: string } | null)?.$blob
      if (sha256 !== undefined) blobs.add(sha256)
      return sha256 !== undefined || isPayload(member) ? ERASED : member
    }),
  )
}

function appendNote(
  { tables, clock, hash, random, store }: Interior,
  { p, pid }: ProcessRow,
  { by, key }: About,
): void {
  const end = tables.journal.end(p)
  if (end === undefined) return
  const fact: Fact = {
    v: FACT_VERSION,
    seq: asSeq(end.lastSeq + 1),
    at: clock.now(),
    type: 'erased',
    by,
    ...(key === undefined ? {} : { key }),
  }
  const { frame } = sealFrame(
    { pid, epoch: store.epoch, n: end.n + 1, prevHash: end.hash, facts: [fact] },
    { hash, random, inlineMax: limits.PAYLOAD_INLINE_BYTES_MAX },
  )
  tables.journal.append(p, frame)
}
