/**
 * Which record answers an ask of code that was adopted in this segment (rules U5, U7).
 *
 * What was recorded must be a possible run of the new code. A record therefore answers only an ask that comes in time:
 * before anything is delivered that the run before learned after it had asked for this. An earlier answer, such as a
 * balance from before a payment that the code now awaits first, is never given; the effect is another one then, under a
 * key of its own. What was left over when the code was adopted may come late: what is new stands before it.
 *
 * Everything here depends only on facts and on what was delivered so far, so that live and after a crash the same
 * records answer.
 */
import { limits } from '../../std/index.ts'
import type { EffectKey, ErrorCode } from '../../std/index.ts'
import { failureOf } from '../journal/outcome.ts'
import type { Outcome } from '../journal/outcome.ts'
import { suffixed } from '../keys/key.ts'
import type { EffectRecord } from '../processes/effect-record.ts'
import type { ProcessState } from '../processes/process-state.ts'
import { askedKey, freshKey } from './adoption.ts'

/** Failures by a limit that other code, or its options, may have raised (rule U7). */
const LIMIT_CODES: ReadonlySet<string> = new Set<ErrorCode>([
  'BUDGET_EXCEEDED',
  'ACCOUNT_FROZEN',
  'EFFECT_TIMEOUT',
  'EXEC_TIMEOUT',
  'STEPS_EXCEEDED',
  'SEGMENT_TOO_LONG',
])

/** Why a record does not answer. */
export type Unfit = 'late' | 'limit' | 'asked anew' | 'given up'

/** Something delivered to the body of this activation. */
export type Delivered = { readonly key: EffectKey; readonly seq: number }

/** What one run of a body has been told: the last `seq` of each stretch between adoptions. */
export class Told {
  readonly #state: ProcessState
  readonly #lastOfEra: number[] = []
  /** In order; for the report of a dry replay. */
  readonly deliveries: Delivered[] = []

  constructor(state: ProcessState) {
    this.#state = state
  }

  note(key: EffectKey, seq: number): void {
    if (this.#state.adoptions.length === 0) return
    const era = this.#era(seq)
    this.#lastOfEra[era] = Math.max(this.#lastOfEra[era] ?? -1, seq)
    if (this.deliveries.length < limits.SEGMENT_FACTS_MAX) this.deliveries.push({ key, seq })
  }

  /** Nothing was delivered that the run before learned only after it had asked for the record. */
  isInTime(record: { readonly key: EffectKey; readonly firstSeq: number }): boolean {
    const { adoptions } = this.#state
    for (let era = this.#era(record.firstSeq), isLeft = false; era < this.#lastOfEra.length; era++) {
      if (!isLeft && (this.#lastOfEra[era] ?? -1) > record.firstSeq) return false
      isLeft ||= adoptions[era]?.orphans.has(record.key) === true
    }
    return true
  }

  /** Number of adoptions before `seq`. */
  #era(seq: number): number {
    const { adoptions } = this.#state
    let era = adoptions.length
    while (era > 0 && (adoptions[era - 1]?.seq ?? 0) > seq) era -= 1
    return era
  }
}

/** The key under which the journal knows what the code asks for, or will know it. `unfit` hears of records passed over. */
export function knownKey(
  state: ProcessState,
  told: Told,
  asked: EffectKey,
  unfit: (record: EffectKey, why: Unfit) => void,
): EffectKey {
  const { adoptions } = state
  for (const adoption of adoptions.toReversed()) {
    const from = adoption.reused.get(asked)
    if (from !== undefined) return from
  }
  let isRecorded = false
  for (const key of [asked, ...adoptions.map(({ named }) => freshKey(asked, named))]) {
    const firstSeq = firstSeqOf(state, key)
    if (firstSeq === undefined) continue
    isRecorded = true
    const why = unfitness(state, told, { key, firstSeq })
    if (why === undefined) return key
    unfit(key, why)
  }
  return isRecorded ? freshKey(asked, adoptions.at(-1)?.named ?? 0) : asked
}

/** Seq of the first fact of an effect, its waits at the gate included. */
export function firstSeqOf(state: ProcessState, key: EffectKey): number | undefined {
  const seqs = [key, suffixed(key, 'approval'), suffixed(key, 'budget')].flatMap(
    (part) => state.effects.get(part)?.firstSeq ?? [],
  )
  return seqs.length === 0 ? undefined : Math.min(...seqs)
}

function unfitness(
  state: ProcessState,
  told: Told,
  record: { readonly key: EffectKey; readonly firstSeq: number },
): Unfit | undefined {
  const { key, firstSeq } = record
  const later = state.adoptions.filter(({ seq }) => seq > firstSeq)
  if (later.some(({ fresh }) => fresh.has(key) || fresh.has(askedKey(key)))) return 'asked anew'
  if (later.some(({ reused }) => [...reused].some(([asked, from]) => from === key && asked !== askedKey(key))))
    return 'asked anew'
  const effect = state.effects.get(key)
  const end = state.effects.get(suffixed(key, 'end'))
  const lastSeq = state.adoptions.at(-1)?.seq ?? -1
  for (const part of [effect, end]) if (isOldLimit(part, lastSeq)) return 'limit'
  if (later.some(({ gone }) => gone.has(key))) return 'given up'
  return told.isInTime(record) ? undefined : 'late'
}

/** An effect or child that failed on a limit before the last change of code; that a wait was in vain is its answer. */
function isOldLimit(record: EffectRecord | undefined, lastSeq: number): boolean {
  if (record?.outcome === undefined || record.outcomeSeq > lastSeq) return false
  return isLimit(record.outcome) && !/(^|\/)(receive|promise|ask):/.test(record.key)
}

function isLimit(outcome: Outcome): boolean {
  return outcome.type === 'error' && LIMIT_CODES.has(failureOf(outcome)?.code ?? '')
}
