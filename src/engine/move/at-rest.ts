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
    `${pid} ${why}, and a run moves only when all its processes rest; wait, or cancel it, and try again`,
  )
}

/** Nobody is there yet, and nobody else may have that name. */
export function comesHere(pid: Pid): SkeinError {
  return new SkeinError(
    'RUN_NOT_AT_REST',
    `${pid} is on its way here by a move; wait for the end of that, or ask for the move again, and then try again`,
  )
}

/** A switch stays where it was set, and would hold nothing there. */
export function demandUnpaused(pid: Pid, switches: readonly { readonly target: string }[], isHeld: boolean): void {
  if (isHeld || switches.some(({ target }) => target === `process:${pid}`))
    throw new SkeinError(
      'RUN_NOT_AT_REST',
      `${pid} is held by a switch or a pause, which would not go along; resume it first: skein switches`,
    )
}

/** Not here any more; or on its way, as long as nobody knows that it has arrived. */
export function hasMoved(root: Pid, target: string, isConfirmed = true): SkeinError {
  const what = isConfirmed
    ? `was moved to ${target}; go on with it there`
    : `is on its way: its move to ${target} was broken off; end it with skein move ${root} --from … --to …, or call it off with --back`
  return new SkeinError('RUN_MOVED', `${root} ${what}`)
}

/** Its number was refused here, and takes nobody in any more. */
export function isRefused(root: Pid): SkeinError {
  return new SkeinError(
    'RUN_ALREADY_THERE',
    `this move of ${root} was refused where it should go; it goes back to where it was: move it again`,
  )
}

/** Beside the number of a move in the list of those that arrived: it did not, and never will. */
export const refusalOf = (id: string): string => `refused ${id}`

const BACK = 'back '
/** Number of the move that brings a run back whose move was refused. */
export const backOf = (id: string): string => BACK + id
/** Number of the move that such a one undoes. */
export const returning = (id: string): string | undefined => (id.startsWith(BACK) ? id.slice(BACK.length) : undefined)

/** Not to be taken. */
export function isThere(pid: Pid, which = 'and it is not one that left it; move it elsewhere'): SkeinError {
  return new SkeinError('RUN_ALREADY_THERE', `there is a process ${pid} already where the run should go, ${which}`)
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
  return due.length === 0 ? undefined : due.reduce((first, at) => Math.min(first, at))
}

/** Hashes that a text may name; those of no blob are no blobs. */
export const hashesIn = (text: string): readonly string[] => text.match(/\b[0-9a-f]{64}\b/g) ?? []

/** What a packed text inside a baggage names for certain: escaped once, as no value of a user's is. */
const NAMED = /(?<!\\)\\"\$blob\\":\\"([0-9a-f]{64})/g

/** Throws `DATA_FOLDER_CORRUPT` when a run would go without a value that it names. */
export function demandBlobs({ root, processes, blobs }: MovedRun): void {
  const there = new Set(blobs.map(({ sha256 }) => sha256))
  for (const { frames, ...baggage } of processes) {
    const named = [...JSON.stringify(baggage).matchAll(NAMED)].map(([, sha256]) => sha256!)
    for (const { payloads } of frames)
      for (const stored of JSON.parse(payloads) as readonly (readonly string[] | null)[])
        if (stored?.length === 3) named.push(stored[1]!)
    const missing = named.find((sha256) => !there.has(sha256))
    if (missing !== undefined)
      throw new SkeinError(
        'DATA_FOLDER_CORRUPT',
        `${root} names a value ${missing} that is not in its store; it stays where it is: look with skein verify`,
      )
  }
}

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
