/**
 * Replay and its end: facts are delivered in order, misses are held, and before anything new happens the two are
 * compared (rules D4–D6).
 */
import { assert, SkeinError } from '../../std/index.ts'
import type { EffectKey } from '../../std/index.ts'
import { baseKey } from '../keys/key.ts'
import { startBody } from './bodies.ts'
import { deliverNext, foreignAwait, inMacrotask } from './deliver.ts'
import type { Process } from './process.ts'
import type { EffectRecord } from './effect-record.ts'

/** Starts the body and brings it to where its facts end. Throws `WORKFLOW_DIVERGED` or `FOREIGN_AWAIT`; nothing has run then. */
export async function replay(process: Process): Promise<void> {
  const [orphan] = await catchUp(process)
  if (orphan !== undefined) throw diverged(process, orphan)
  process.replaying = false
}

/** Brings the body to where its facts end, and tells what it no longer asks for. Throws `FOREIGN_AWAIT`. */
export async function catchUp(process: Process): Promise<readonly EffectRecord[]> {
  await replayBody(process)
  return process.definition?.kind === 'agent' ? [] : orphansOf(process)
}

/** The same, whatever the code no longer asks for. */
export async function replayBody(process: Process): Promise<void> {
  assert(process.replaying, 'replay happens once')
  await inMacrotask(process, () => startBody(process))
  while (await deliverNext(process)) if (process.broken !== undefined) throw process.broken
  const foreign = foreignAwait(process)
  if (foreign !== undefined) throw foreign
  process.shield.restore(process)
}

/** What the code no longer asks for, outside closed scopes; what was left over at an adoption, or behind at a retry, may be missing. */
function orphansOf({ known, state }: Process): readonly EffectRecord[] {
  const isLeft = (key: EffectKey): boolean =>
    state.leftBehind.has(key) || state.adoptions.some(({ orphans }) => orphans.has(key))
  return [...state.effects.values()].filter((record) => {
    const isDemand = record.kind !== undefined || record.waiting !== undefined || record.sentTo !== undefined
    const key: EffectKey = baseKey(record.key)
    if (!isDemand || record.key !== key || known.has(key)) return false
    return !state.isWithinClosed(key) && !isLeft(key)
  })
}

function diverged(process: Process, orphan: EffectRecord): SkeinError {
  const miss = process.asked[0]
  const instead = miss === undefined ? 'it asks for nothing new' : `it asks for ${miss.key} instead`
  return new SkeinError(
    'WORKFLOW_DIVERGED',
    `${process.definition?.name} does not do again what its journal says: ${orphan.key} was asked for, and is ` +
      `not asked for now; ${instead}. Nothing has run. The code depends on something that is not recorded (a ` +
      'clock, the environment, a file), or was changed; run the code it was born with',
    { data: { fact: orphan.key, miss: miss?.key ?? null } },
  )
}
