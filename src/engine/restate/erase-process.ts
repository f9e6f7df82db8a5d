/**
 * Erases a process that has ended: what lies outside, its journal, what it was given and gave.
 *
 * Invariants:
 * 1. Nobody goes on from it before the first of its payloads is gone; as erased it shows when nothing is left.
 */
import { SkeinError, unreachable } from '../../std/index.ts'
import type { EffectKey, Pid } from '../../std/index.ts'
import { goneWith } from '../blobs/journal-blobs.ts'
import type { JournalBlobs } from '../blobs/journal-blobs.ts'
import { hasMoved } from '../move/at-rest.ts'
import type { Erased } from '../port.ts'
import type { ObjectClient } from './client.ts'
import type { At, EraseAnswer } from './wire.ts'

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
  const step = (whole: boolean, last: { readonly isLast?: true }): Promise<EraseAnswer> =>
    client.mailbox(pid, 'erase', { at, by, whole, ...last })
  await demandErasable(client, pid, await step(false, {}))
  await blobs.erase(pid, key, client.frames(pid, 0))
  const payloads = await client.eraseJournal(pid, { at, ...about })
  if (typeof payloads === 'string') return demandErasable(client, pid, payloads)
  await step(key === undefined, { isLast: true })
  return { payloads, blobs: 0 }
}

function demandErasable(client: ObjectClient, pid: Pid, answer: Exclude<EraseAnswer, 'erased'>): Promise<never>
function demandErasable(client: ObjectClient, pid: Pid, answer: EraseAnswer): Promise<void>
async function demandErasable(client: ObjectClient, pid: Pid, answer: EraseAnswer): Promise<void> {
  switch (answer) {
    case 'erased':
      return
    case 'unknown':
      throw unknownProcess(pid)
    case 'open':
      throw new SkeinError('PROCESS_NOT_ENDED', `${pid} has not ended, and needs what it was given; cancel it first`)
    case 'arriving':
      throw notErasable(pid, 'comes here by a move')
    case 'leaving': {
      const row = await client.place(pid)
      throw row?.left === undefined
        ? notErasable(pid, 'is held by a move')
        : hasMoved(row.root, row.left.target, row.left.isConfirmed === true)
    }
    default:
      unreachable(answer, 'how an erasure may go on')
  }
}

function notErasable(pid: Pid, why: string): SkeinError {
  return new SkeinError(
    'RUN_NOT_AT_REST',
    `${pid} ${why}, and what it is may be wanted yet; wait for the end of that, or ask for the move again, and then erase it`,
  )
}
