/** What the two ends of a move have to say, in the same words on all engines. */
import { failure } from '../../kernel/index.ts'
import type { Fact, Wait } from '../../kernel/index.ts'
import { SkeinError } from '../../std/index.ts'
import type { EffectKey, Hash, Pid } from '../../std/index.ts'
import type { EngineTraits } from '../port.ts'
import type { MovedRun } from './moved-run.ts'
import { prepareWait } from '../embedded/prepare.ts'
import { pack } from '../embedded/store/pack.ts'

/** Not a run that could go. */
export function notAtRest(pid: Pid, why: string): SkeinError {
  return new SkeinError(
    'RUN_NOT_AT_REST',
    `${pid} ${why}, and a run moves only when all its processes rest; pause or cancel it, or wait, and try again`,
  )
}

/** Not here any more. */
export function hasMoved(root: Pid, target: string): SkeinError {
  return new SkeinError('RUN_MOVED', `${root} was moved to ${target}; go on with it there`)
}

/** Not to be taken. */
export function isThere(pid: Pid): SkeinError {
  return new SkeinError(
    'RUN_ALREADY_THERE',
    `there is a process ${pid} already where the run should go, and it is not one that left it; move it elsewhere`,
  )
}

/** What whoever waits for the run hears where it was. */
export const movedResult = (root: Pid, target: string, hash: Hash): string =>
  pack(failure(hasMoved(root, target).toJSON()), hash).text

/** Effects that were begun and have no outcome yet. */
export function openEffects(facts: readonly Fact[]): Set<EffectKey> {
  const open = new Set<EffectKey>()
  for (const fact of facts) {
    if (fact.type === 'begun') open.add(fact.key)
    if (fact.type === 'settled' || fact.type === 'unknown' || fact.type === 'resolved') open.delete(fact.key)
  }
  return open
}

/** When the first of these waits is due. */
export function earliestOf(waits: readonly Wait[], hash: Hash): number | undefined {
  const due = waits.flatMap((wait) => prepareWait(wait, hash).dueAt ?? [])
  return due.length === 0 ? undefined : Math.min(...due)
}

/** Hashes that a text may name; those of no blob are no blobs. */
export const hashesIn = (text: string): readonly string[] => text.match(/\b[0-9a-f]{64}\b/g) ?? []

/** Throws `VALUE_TOO_LARGE` for a run with a frame that this engine does not take. */
export function checkFrames({ root, processes }: MovedRun, { frameBytesMax }: EngineTraits): void {
  for (const { frames } of processes)
    for (const { pid, n, body, payloads } of frames)
      if (body.length + payloads.length > frameBytesMax)
        throw new SkeinError(
          'VALUE_TOO_LARGE',
          `frame ${n} of ${pid} is larger than the ${frameBytesMax} characters that the other engine takes; ${root} stays where it is`,
        )
}
