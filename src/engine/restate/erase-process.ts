/**
 * Erases a process that has ended: what lies outside, its journal, what it was given and gave.
 *
 * Invariants:
 * 1. Nobody goes on from it before the first of its payloads is gone; as erased it shows when nothing is left.
 */
import { SkeinError } from '../../std/index.ts'
import type { EffectKey, Pid } from '../../std/index.ts'
import { goneWith } from '../blobs/journal-blobs.ts'
import type { JournalBlobs } from '../blobs/journal-blobs.ts'
import { hasMoved, notAtRest } from '../move/at-rest.ts'
import type { Erased } from '../port.ts'
import type { ObjectClient } from './client.ts'
import type { At } from './wire.ts'

/** Who erases, and which effect, or all of them. */
export type EraseAbout = { readonly by: string; readonly key?: EffectKey }

/** Nobody of that name. */
export const unknownProcess = (pid: Pid): SkeinError =>
  new SkeinError('PROCESS_UNKNOWN', `there is no process ${pid}; see: skein ps`)

/** Throws `PROCESS_UNKNOWN`, `PROCESS_NOT_ENDED`, `RUN_MOVED`, `BLOBS_ABSENT`. */
export async function eraseProcess(
  { client, blobs }: { readonly client: ObjectClient; readonly blobs: JournalBlobs },
  pid: Pid,
  { at, ...about }: EraseAbout & At,
): Promise<Erased> {
  const { by, key } = about
  if (!blobs.isOutside) blobs.demandFor(pid, await goneWith(key, client.frames(pid, 0)))
  // Nobody goes on from it any more. As a whole it is erased when nothing is left: who looks for what is not finds it until then.
  const answer = await client.mailbox<string>(pid, 'erase', { at, by, whole: false })
  if (answer === 'unknown') throw unknownProcess(pid)
  if (answer === 'open')
    throw new SkeinError('PROCESS_NOT_ENDED', `${pid} has not ended, and needs what it was given; cancel it first`)
  if (answer === 'leaving') {
    const row = await client.place(pid)
    throw row?.left === undefined
      ? notAtRest(pid, 'is on the way by a move')
      : hasMoved(row.root, row.left.target, false)
  }
  await blobs.erase(pid, key, client.frames(pid, 0))
  const payloads = await client.eraseJournal(pid, { at, ...about })
  if (key === undefined) await client.mailbox<string>(pid, 'erase', { at, by, whole: true })
  return { payloads, blobs: 0 }
}
