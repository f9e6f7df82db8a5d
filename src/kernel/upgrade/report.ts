/** What a dry replay has found, in data: for operators, for CI, and for the `migrate` of a workflow. */
import type { EffectKey, ErrorData, Pid, ScopePath } from '../../std/index.ts'
import type { EffectClass } from '../journal/facts.ts'
import type { Ask } from '../effects/ask.ts'
import { calledBy } from '../keys/key.ts'
import type { EffectRecord } from '../processes/effect-record.ts'
import type { Process } from '../processes/process.ts'
import { askedKey } from './adoption.ts'
import type { Ambiguity } from './ambiguity.ts'
import { firstSeqOf } from './answering.ts'
import type { Unfit } from './answering.ts'
import { effectKeyOf, isOpen, unasked } from './leftovers.ts'

/**
 * `identical`: everything recorded is asked for again · `late-insert`: something new stands before what was done, and is
 * done after it · `orphan`: something recorded is not asked for any more · `parked`: nobody can say without an answer.
 */
export type UpgradeOutcome = 'identical' | 'late-insert' | 'orphan' | 'parked'

/** Something the journal holds. */
export type RecordedEffect = {
  readonly key: EffectKey
  readonly name: string
  readonly class?: EffectClass
  /** Where it stands in the journal. */
  readonly seq: number
  readonly state: 'done' | 'failed' | 'open' | 'unknown'
  readonly child?: Pid
}

/** Something the new code asks for and nothing recorded answers; in ask order. */
export type AskedAnew = {
  readonly key: EffectKey
  readonly name: string
  readonly kind: string
  /** Why a record of the same key does not answer. */
  readonly because?: Unfit
}

/** Something only a person, or `migrate`, can decide. */
export type AmbiguousAsk = AskedAnew & {
  readonly why: Ambiguity['why']
  /** What it may have been, in the order of the journal. */
  readonly candidates: readonly RecordedEffect[]
}

/** What other code would make of a process. */
export type UpgradeReport = {
  readonly pid: Pid
  readonly workflow: string
  readonly from: string
  readonly to: string
  readonly version: string
  readonly outcome: UpgradeOutcome
  readonly hits: number
  readonly misses: readonly AskedAnew[]
  readonly orphans: readonly RecordedEffect[]
  readonly ambiguous: readonly AmbiguousAsk[]
  /** Names of compensations that were registered and that the new code does not register: what they would undo stays. */
  readonly unregistered?: readonly string[]
  /** Why it would be parked, where it is not an ambiguous ask. */
  readonly error?: ErrorData
}

/** What a record is, for people. */
export function recordedEffect(process: Process, record: EffectRecord): RecordedEffect {
  const { state } = process
  const key = effectKeyOf(record)
  return {
    key,
    name: record.name || calledBy(key),
    ...(record.class === undefined ? {} : { class: record.class }),
    seq: firstSeqOf(state, key) ?? record.firstSeq,
    state: stateOf(process, record),
    ...(record.sentTo === undefined ? {} : { child: record.sentTo }),
  }
}

function stateOf(process: Process, record: EffectRecord): RecordedEffect['state'] {
  if (record.phase === 'unknown' && record.outcome === undefined) return 'unknown'
  if (isOpen(process.state, record)) return 'open'
  return record.outcome?.type === 'ok' ? 'done' : 'failed'
}

/** What is asked for anew, for people. */
export function askedAnew(process: Process, ask: Ask): AskedAnew {
  const key = askedKey(ask.key)
  const because = process.unfit.get(key)
  const name = 'name' in ask ? ask.name : undefined
  return {
    key,
    name: name || calledBy(key),
    kind: ask.op === 'effect' ? ask.work.kind : ask.op,
    ...(because === undefined ? {} : { because }),
  }
}

/** Everything asked for that the journal knows. */
export function hitsOf(process: Process): number {
  return [...process.known.values()].filter(
    ({ key, op }) => op !== 'close' && op !== 'join' && process.state.effects.has(key),
  ).length
}

/** True when something recorded later than it was reached: the code has passed the place where it stood. */
export function wasPassed(process: Process, { seq }: Pick<RecordedEffect, 'seq'>): boolean {
  return process.told.deliveries.some((delivered) => delivered.seq > seq)
}

/** Orphans of a process whose new code has caught up. */
export function orphansOf(process: Process, open: readonly ScopePath[] = []): RecordedEffect[] {
  return unasked(process, open).map((record) => recordedEffect(process, record))
}

/** What stands still after code was adopted: asks that nobody may answer by a guess. */
export function reportOfHeld(process: Process): UpgradeReport {
  const { pid, start } = process.act
  return {
    pid,
    workflow: start.workflow,
    from: process.codeDigest,
    to: process.codeDigest,
    version: process.definition?.version ?? '',
    outcome: 'parked',
    hits: hitsOf(process),
    misses: [],
    orphans: orphansOf(process),
    ambiguous: process.held.map((ambiguity) => ambiguousAsk(process, ambiguity)),
  }
}

/** An ask that is held, for people. */
export function ambiguousAsk(process: Process, { ask, why, candidates }: Ambiguity): AmbiguousAsk {
  return {
    ...askedAnew(process, ask),
    why,
    candidates: candidates.map((record) => recordedEffect(process, record)),
  }
}
