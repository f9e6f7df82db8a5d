/** The acts of `skein.bulk`: what the verbs with `--where` do, for programs. */
import { cancelProcess, decideApproval } from './acts.ts'
import type { Operable } from './acts.ts'
import {
  actOnEach,
  nameOf,
  needing,
  pausedThemselves,
  resolveTarget,
  retriable,
  targetsOf,
  unfinished,
} from './bulk.ts'
import type { BulkResult, Pick, Target } from './bulk.ts'
import { retryProcess } from './retry.ts'
import { pauseTarget, resumeTarget } from './switch.ts'

/** What can be done to many. */
export type BulkAct = 'retry' | 'cancel' | 'pause' | 'resume' | 'approve' | 'deny' | 'resolve again' | 'resolve fail'

type Who = { readonly by: string; readonly reason?: string | undefined }
type One = {
  readonly pick: Pick
  readonly isTree: boolean
  readonly act: (engine: Operable, target: Target, who: Who) => Promise<unknown>
}

const ACTS: Readonly<Record<BulkAct, One>> = {
  retry: {
    pick: retriable,
    isTree: true,
    act: (engine, { pid }, { by }) => retryProcess(engine, pid, { by, hosted: true }),
  },
  cancel: { pick: unfinished, isTree: true, act: (engine, { pid }, who) => cancelProcess(engine, pid, who) },
  pause: { pick: unfinished, isTree: true, act: (engine, { pid }, who) => pauseTarget(engine, pid, who) },
  resume: {
    pick: pausedThemselves,
    isTree: false,
    act: (engine, { pid }, { by }) => resumeTarget(engine, pid, by),
  },
  approve: {
    pick: needing('approval'),
    isTree: false,
    act: (engine, target, who) => decideApproval(engine, nameOf(target), 'approved', who),
  },
  deny: {
    pick: needing('approval'),
    isTree: false,
    act: (engine, target, who) => decideApproval(engine, nameOf(target), 'denied', who),
  },
  'resolve again': {
    pick: needing('operator'),
    isTree: false,
    act: (engine, target, { by }) => resolveTarget(engine, target, { again: true }, by),
  },
  'resolve fail': {
    pick: needing('operator'),
    isTree: false,
    act: (engine, target, { by, reason }) => resolveTarget(engine, target, { fail: reason ?? 'no reason given' }, by),
  },
}

/** Acts on all that the filter means, or (without `go`) only finds them. */
export async function actOnAll(
  engine: Operable,
  act: BulkAct,
  where: string,
  about: Who & { readonly go: boolean },
): Promise<readonly BulkResult[]> {
  const one = ACTS[act]
  const { targets, unread } = await targetsOf(engine, where, one.pick, one)
  const acted = unread.map(({ unread: error, ...process }): BulkResult => ({
    target: { ...process, why: 'its journal cannot be read' },
    error,
  }))
  if (!about.go) return [...acted, ...targets.map((target) => ({ target }))]
  await actOnEach(
    targets,
    (target) => one.act(engine, target, about),
    (result) => acted.push(result),
  )
  return acted
}
