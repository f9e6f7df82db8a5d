/** Acting on many processes at once: who is meant, and one after the other in bounded batches; none stops the others. */
import type { ProcessView } from '../../engine/index.ts'
import { errorData, SkeinError, toSkeinError } from '../../std/index.ts'
import type { ErrorData, Pid } from '../../std/index.ts'
import { BULK_AT_ONCE, BULK_TARGETS_MAX } from '../limits.ts'
import type { Entry } from '../views/entry.ts'
import type { Member } from '../views/family.ts'
import { parseFilter } from '../views/filter.ts'
import { isEnded, openNeeds } from '../views/rest.ts'
import { resolveEffect } from './acts.ts'
import type { Acted, Operable, Resolution } from './acts.ts'
import { judged } from './find.ts'
import type { Reader, Unread } from './find.ts'

/** One thing to act on: a process, or an effect of it. */
export type Target = {
  readonly pid: Pid
  /** Of the effect, where an effect is meant. */
  readonly effect?: string
  /** Which attempt of it is in doubt. */
  readonly attempt?: number
  readonly definition: string
  readonly why: string
}

/** What became of one. */
export type BulkResult = { readonly target: Target; readonly error?: ErrorData }

/** Which things of a process an act is about: none, if it is not about it. */
export type Pick = (member: Member) => readonly Omit<Target, 'definition' | 'pid'>[]

const shown = (text: string): string => text.replace(/\s+/g, ' ').slice(0, 100)

/** Processes that failed, and parked ones. */
export const retriable: Pick = (member) => {
  const { view } = member
  if (view.status === 'parked')
    return [{ why: `${view.parked?.code ?? 'parked'}: ${shown(view.parked?.message ?? '')}` }]
  if (view.status !== 'failed') return []
  const failed = [...member.story.entries.values()].findLast(({ outcome }) => outcome?.type === 'error')
  return [{ why: failed === undefined ? 'failed' : `failed by ${failed.name}` }]
}

/** Processes that have not ended. */
export const unfinished: Pick = ({ view }) => (isEnded(view.status) ? [] : [{ why: view.status }])

/** Processes that are switched off by their own name. */
export const pausedThemselves: Pick = ({ view }) =>
  view.waits.some(({ on }) => on.kind === 'switch' && on.target === `process:${view.pid}`)
    ? [{ why: 'switched off' }]
    : []

/** Effects that wait for this kind of answer. */
export function needing(kind: 'approval' | 'operator'): Pick {
  return (member) =>
    openNeeds(member).flatMap((need) =>
      need.kind === kind
        ? [{ effect: need.entry.name, ...(kind === 'approval' ? { why: 'waits for approval' } : doubtOf(need.entry)) }]
        : [],
    )
}

const doubtOf = ({ attempts: attempt }: Entry): { readonly attempt: number; readonly why: string } => ({
  attempt,
  why: attempt > 1 ? `outcome of attempt ${attempt} unknown` : 'outcome unknown',
})

/** What is meant, as whoever acts on an effect names it. */
export const nameOf = ({ pid, effect }: Target): string => `${pid}/${effect ?? ''}`

/**
 * Settles what was picked, and no other attempt of it: while others were acted on, somebody may have had it done again. An
 * attempt that the resolution names is the only one that it counts for.
 */
export function resolveTarget(engine: Operable, target: Target, resolution: Resolution, by: string): Promise<Acted> {
  const { attempt } = target
  return resolveEffect(engine, nameOf(target), { ...(attempt === undefined ? {} : { attempt }), ...resolution }, by)
}

/**
 * All that `where` means and `pick` is about; of a process and what is below it only the first, where `isTree`. Who cannot be
 * read may be meant, and is told apart.
 */
export async function targetsOf(
  reader: Reader,
  where: string,
  pick: Pick,
  about: { readonly isTree: boolean },
): Promise<{ readonly targets: readonly Target[]; readonly unread: readonly Unread[] }> {
  const filter = parseFilter(where)
  const targets: Target[] = []
  const matched = new Set<Pid>()
  const parents = new Map<Pid, ProcessView['parent']>()
  const unread: Unread[] = []
  const judge = (member: Member): ReturnType<Pick> => (filter.matches(member, Date.now()) ? pick(member) : [])
  for await (const view of reader.list(filter.query)) {
    const picked = (await judged(reader, view, { judge, tell: (one) => unread.push(one) })) ?? []
    if (picked.length === 0) continue
    matched.add(view.pid)
    parents.set(view.pid, view.parent)
    for (const one of picked) targets.push({ pid: view.pid, definition: view.workflow, ...one })
    if (targets.length > BULK_TARGETS_MAX)
      throw new SkeinError('USAGE', `"${where}" means more than ${BULK_TARGETS_MAX} at once; narrow it down`)
  }
  const isBelow = ({ pid }: Target): boolean => {
    const parent = parents.get(pid)
    return parent !== undefined && matched.has(parent)
  }
  return { targets: about.isTree ? targets.filter((target) => !isBelow(target)) : targets, unread }
}

/** Acts on each; tells of each when it is done. True when all went well. */
export async function actOnEach(
  targets: readonly Target[],
  act: (target: Target) => Promise<unknown>,
  tell: (acted: BulkResult) => void,
): Promise<boolean> {
  let isWell = true
  for (let i = 0; i < targets.length; i += BULK_AT_ONCE) {
    const batch = targets.slice(i, i + BULK_AT_ONCE)
    const results = await Promise.allSettled(batch.map(async (target) => act(target)))
    results.forEach((result, n) => {
      const target = batch[n] as Target
      if (result.status === 'fulfilled') return tell({ target })
      isWell = false
      tell({ target, error: errorData(toSkeinError(result.reason as unknown)) })
    })
  }
  return isWell
}
