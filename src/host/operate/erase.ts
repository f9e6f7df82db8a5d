/** Erases the payloads of a run, or of one effect. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Engine, ProcessView, StreamMedium } from '../../engine/index.ts'
import { SkeinError } from '../../std/index.ts'
import { ERASE_CANCEL_MS, ERASE_POLL_MS } from '../limits.ts'
import { cancelProcess } from './acts.ts'
import { findEffect, findProcess } from './find.ts'

/** What was erased. */
export type ErasedRun = {
  readonly pid: string
  readonly processes: number
  readonly payloads: number
  readonly blobs: number
}

const SHOWN_MAX = 3

/**
 * Erases a run (`<pid>` of its root), with everything below it, or one effect (`<pid>/<name>`), and leaves nothing of it in the
 * folder. `cancel`: cancels a run that has not ended, and waits for its end. Throws `PROCESS_NOT_ENDED`.
 */
export async function eraseRun(
  engine: Engine,
  what: string,
  about: { readonly by: string; readonly cancel: boolean; readonly streams: Pick<StreamMedium, 'remove'> },
): Promise<ErasedRun> {
  const { by } = about
  if (what.includes('/')) {
    const { pid, entry } = await findEffect(engine, what)
    const erased = await engine.erase(pid, { by, key: entry.key })
    await engine.compact()
    return { pid, processes: 1, ...erased }
  }
  const pid = await findProcess(engine, what)
  const view = await engine.inspect(pid)
  if (view !== undefined && view.root !== pid)
    throw new SkeinError(
      'USAGE',
      `${pid} is part of the run ${view.root}, which knows what it was given and gave; erase that`,
    )
  if (about.cancel && view?.endedAt === undefined) await cancelAndWait(engine, pid, by)
  const members = await membersOf(engine, pid)
  demandEnded(members, pid)
  let payloads = 0
  let blobs = 0
  for (const member of members) {
    await about.streams.remove(member.pid)
    const erased = await engine.erase(member.pid, { by })
    payloads += erased.payloads
    blobs += erased.blobs
  }
  await engine.compact()
  return { pid, processes: members.length, payloads, blobs }
}

async function membersOf(engine: Engine, root: ProcessView['pid']): Promise<readonly ProcessView[]> {
  const members: ProcessView[] = []
  for await (const view of engine.list({ root })) members.push(view)
  return members
}

function demandEnded(members: readonly ProcessView[], pid: string): void {
  const open = members.filter(({ endedAt }) => endedAt === undefined)
  if (open.length === 0) return
  const names = open.slice(0, SHOWN_MAX).map((view) => view.pid)
  throw new SkeinError(
    'PROCESS_NOT_ENDED',
    `${pid} is not over: ${names.join(', ')}${open.length > SHOWN_MAX ? ', …' : ''} goes on and needs what it was given; ` +
      'wait for its end, or cancel it (skein erase --cancel)',
  )
}

async function cancelAndWait(engine: Engine, pid: ProcessView['pid'], by: string): Promise<void> {
  await cancelProcess(engine, pid, { by, reason: 'to be erased' })
  for (let waitedMs = 0; waitedMs < ERASE_CANCEL_MS; waitedMs += ERASE_POLL_MS) {
    const members = await membersOf(engine, pid)
    if (members.every(({ endedAt }) => endedAt !== undefined)) return
    await sleep(ERASE_POLL_MS)
  }
}
