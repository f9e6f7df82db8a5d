/** Erases the payloads of a run, or of one effect. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Engine, ProcessView, StreamMedium } from '../../engine/index.ts'
import type { FactOf } from '../../kernel/index.ts'
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
  /** Runs that are forks of what was erased, and were not erased themselves: each has a copy of what it shares. */
  readonly forks: readonly string[]
}

const SHOWN_MAX = 3

/**
 * Erases a run (`<pid>` of its root), with everything below it, or one effect (`<pid>/<name>`), and leaves nothing of it in the
 * folder. `cancel`: cancels a run that has not ended, and waits for its end where somebody runs it (`hosted`). Throws `PROCESS_NOT_ENDED`.
 */
export async function eraseRun(
  engine: Engine,
  what: string,
  about: {
    readonly by: string
    readonly cancel: boolean
    readonly hosted: boolean
    readonly streams: Pick<StreamMedium, 'remove'>
  },
): Promise<ErasedRun> {
  const { by } = about
  if (what.includes('/')) {
    const { pid, entry } = await findEffect(engine, what)
    const erased = await engine.erase(pid, { by, key: entry.key })
    await engine.compact()
    return { pid, processes: 1, ...erased, forks: await forksOf(engine, [pid]) }
  }
  const pid = await findProcess(engine, what)
  const view = await engine.inspect(pid)
  if (view !== undefined && view.root !== pid)
    throw new SkeinError(
      'USAGE',
      `${pid} is part of the run ${view.root}, which knows what it was given and gave; erase that`,
    )
  if (about.cancel && view?.endedAt === undefined) {
    await cancelProcess(engine, pid, { by, reason: 'to be erased' })
    if (about.hosted) await ended(engine, pid)
  }
  const members = await membersOf(engine, pid)
  demandEnded(members, pid, about.cancel)
  let payloads = 0
  let blobs = 0
  // First, and of all: where that fails nothing says that anything was erased.
  for (const member of members) await about.streams.remove(member.pid)
  for (const member of members) {
    const erased = await engine.erase(member.pid, { by })
    payloads += erased.payloads
    blobs += erased.blobs
  }
  await engine.compact()
  const forks = await forksOf(
    engine,
    members.map((member) => member.pid),
  )
  return { pid, processes: members.length, payloads, blobs, forks }
}

async function membersOf(engine: Engine, root: ProcessView['pid']): Promise<readonly ProcessView[]> {
  const members: ProcessView[] = []
  for await (const view of engine.list({ root })) members.push(view)
  return members
}

/** The runs that began with a part of these, and forks of those: a fork is younger than its origin. */
async function forksOf(engine: Engine, origins: readonly ProcessView['pid'][]): Promise<readonly string[]> {
  const known = new Set<string>(origins)
  const roots = new Set<string>()
  for await (const { pid, root, erased } of engine.list({})) {
    const from = (await bornOf(engine, pid))?.lineage?.pid
    if (from === undefined || !known.has(from) || known.has(pid)) continue
    known.add(pid)
    if (!origins.includes(root) && erased === undefined) roots.add(root)
  }
  return [...roots]
}

async function bornOf(engine: Engine, pid: ProcessView['pid']): Promise<FactOf<'born'> | undefined> {
  for await (const { facts } of engine.history(pid)) return facts.find((fact) => fact.type === 'born')
  return undefined
}

function demandEnded(members: readonly ProcessView[], pid: string, isCancelled: boolean): void {
  const open = members.filter(({ endedAt }) => endedAt === undefined)
  if (open.length === 0) return
  const names = open.slice(0, SHOWN_MAX).map((view) => view.pid)
  throw new SkeinError(
    'PROCESS_NOT_ENDED',
    `${pid} is not over: ${names.join(', ')}${open.length > SHOWN_MAX ? ', …' : ''} goes on and needs what it was given; ` +
      (isCancelled
        ? `its cancel is asked for, and is heard when somebody runs it; erase it when it has ended`
        : `wait for its end, or cancel it: skein erase ${pid} --cancel`),
  )
}

async function ended(engine: Engine, pid: ProcessView['pid']): Promise<void> {
  for (let waitedMs = 0; waitedMs < ERASE_CANCEL_MS; waitedMs += ERASE_POLL_MS) {
    const members = await membersOf(engine, pid)
    if (members.every(({ endedAt }) => endedAt !== undefined)) return
    await sleep(ERASE_POLL_MS)
  }
}
