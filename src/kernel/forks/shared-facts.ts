/** Which facts of its origin a fork shares (rules FK1, FK2, FK4, FK5): a pure function of both. */
import { asSeq, SkeinError, unreachable } from '../../std/index.ts'
import type { EffectKey, Seq } from '../../std/index.ts'
import type { Fact, FactBody, FactOf } from '../journal/facts.ts'
import type { ForkRequest, Stub } from '../journal/fork.ts'
import type { Payload } from '../journal/outcome.ts'
import { baseKey, suffixOf } from '../keys/key.ts'
import { CANCEL_KEY } from '../processes/cancel.ts'
import { ProcessState } from '../processes/process-state.ts'
import { firstSeqOf } from '../upgrade/answering.ts'

/** A fact to be recorded; `shared` says which of the origin's it is. */
export type SharedFact = { readonly body: FactBody; readonly shared: Seq | undefined }

/** What a fork takes over. */
export type Shared = {
  /** The last fact of the origin that counts. */
  readonly seq: Seq
  /** The code that the origin ran there. */
  readonly born: FactOf<'born'>
  readonly facts: readonly SharedFact[]
  /** Its writes after `seq`, where the fork stubs them (rule FK3). */
  readonly stubs: Readonly<Record<string, Stub>>
}

const ANSWERED = 'another outcome, given to the fork'

/** Facts with an outcome at the branching point; what was under way there is dropped. Throws `FORK_REFUSED`. */
export function shareFacts(origin: readonly Fact[], request: ForkRequest): Shared {
  const born = origin[0]
  if (born?.type !== 'born')
    throw refused(request, 'it is not there, or has not begun', 'name another, or wait until it has begun')
  const segment = origin.slice(1)
  const seq = branchingPoint(born, segment, request)
  const before = segment.filter((fact) => fact.seq <= seq)
  const state = folded(born, before)
  const answers = request.overrides?.answers ?? {}
  const facts = before
    .flatMap((fact): Placed[] => {
      const body = sharedBody(fact, state, answers)
      return body === undefined ? [] : [{ body, shared: fact.seq, place: placeOf(fact, state) }]
    })
    .toSorted((a, b) => a.place - b.place)
    .map(({ body, shared }): SharedFact => ({ body, shared }))
  for (const [key, value] of Object.entries(answers))
    if (state.effects.get(key as EffectKey)?.outcome === undefined)
      facts.push({ body: answerBody(key as EffectKey, value), shared: undefined })
  if (born.kind === 'agent' && request.overrides?.input !== undefined && segment[0]?.type === 'snapshot')
    throw refused(
      request,
      'what it was asked to do lies before its last snapshot',
      'branch off before that, or give it another answer',
    )
  demandPayloads(request, born, facts)
  return { seq, born, facts, stubs: request.writes === 'stub' ? stubsAfter(born, segment, seq) : {} }
}

type Placed = { readonly body: FactBody; readonly shared: Seq; readonly place: number }

/** Of an effect only its last attempt is shared, in the place of its first fact: since then it was asked for (rule U5). */
function placeOf(fact: Fact, state: ProcessState): number {
  return fact.type === 'intended' ? (firstSeqOf(state, fact.key) ?? fact.seq) : fact.seq
}

function folded(born: FactOf<'born'>, facts: readonly Fact[]): ProcessState {
  const state = new ProcessState()
  state.apply(born)
  for (const fact of facts) state.apply(fact)
  return state
}

/** A cancel is an act from outside, and what followed from it the end of the origin: neither is shared. */
function branchingPoint(born: FactOf<'born'>, segment: readonly Fact[], request: ForkRequest): Seq {
  const last = segment.at(-1)?.seq ?? born.seq
  const state = folded(born, segment)
  const outcomeSeqOf = (key: string): number => {
    const record = state.effects.get(key as EffectKey)
    return record?.outcome === undefined ? Number.POSITIVE_INFINITY : record.outcomeSeq
  }
  const afterSeq = request.after === undefined ? Number.POSITIVE_INFINITY : outcomeSeqOf(request.after)
  if (request.after !== undefined && afterSeq === Number.POSITIVE_INFINITY)
    throw refused(request, `${request.after} has no outcome there`, 'name an effect that has one, or a fact by its seq')
  const answered = Object.keys(request.overrides?.answers ?? {}).map(outcomeSeqOf)
  const answeredSeq = answered.length === 0 ? Number.POSITIVE_INFINITY : Math.max(...answered)
  const end = Math.min(last, request.seq ?? afterSeq, answeredSeq)
  const there = folded(
    born,
    segment.filter((fact) => fact.seq <= end),
  )
  const cancelSeq = there.cancelled === undefined ? undefined : there.effects.get(CANCEL_KEY)?.outcomeSeq
  return asSeq(Math.max(born.seq, cancelSeq === undefined ? end : cancelSeq - 1))
}

function sharedBody(fact: Fact, state: ProcessState, answers: Readonly<Record<string, Payload>>): FactBody | undefined {
  switch (fact.type) {
    case 'snapshot':
      return fact
    case 'born':
    case 'begun':
    case 'account':
    case 'ended':
    case 'erased':
      return undefined
    case 'reopened':
      return leftBehind(fact)
    case 'intended':
    case 'unknown':
    case 'waiting':
    case 'sent':
    case 'settled':
    case 'answered':
    case 'resolved':
      return isOwnSuffix(fact.key) ? undefined : withOutcome(fact, state, answers)
    case 'closed':
      return isTakenBack(fact, state) ? undefined : fact
    case 'dropped':
    case 'shown':
      return fact
    case 'adopted':
      return { ...fact, named: fact.named ?? fact.seq }
    default:
      return unreachable(fact, 'fact')
  }
}

/** What a retry took away is not there any more; what it left behind, nobody asks for in a fork either. */
function leftBehind({ by, dropped }: FactOf<'reopened'>): FactBody | undefined {
  return dropped === undefined ? undefined : { type: 'reopened', keys: [], by, dropped }
}

/** Whether the scope was opened again since. */
function isTakenBack({ key, seq }: FactOf<'closed'>, state: ProcessState): boolean {
  return key !== undefined && state.effects.get(key)?.outcomeSeq !== seq
}

/** What hangs on an effect is not shared: approvals and waits for money are not a fork's to use (rule FK2). */
function isOwnSuffix(key: EffectKey): boolean {
  const suffix = suffixOf(key)
  return (suffix !== undefined && suffix !== 'end') || suffixOf(baseKey(key)) === 'afresh'
}

type Keyed = FactOf<'intended' | 'unknown' | 'waiting' | 'sent' | 'settled' | 'answered' | 'resolved'>

function withOutcome(
  fact: Keyed,
  state: ProcessState,
  answers: Readonly<Record<string, Payload>>,
): FactBody | undefined {
  const record = state.effects.get(fact.key)
  if (record?.outcome === undefined) return undefined
  const isOutcome = record.outcomeSeq === fact.seq
  const given = answers[fact.key]
  if (isOutcome && given !== undefined) return answerBody(fact.key, given)
  switch (fact.type) {
    case 'intended':
      return fact.attempt === record.attempt ? { ...fact, reserve: {} } : undefined
    case 'settled':
      return isOutcome ? unpaid(fact) : undefined
    case 'answered':
    case 'resolved':
      return isOutcome ? fact : undefined
    case 'unknown':
    case 'waiting':
    case 'sent':
      return fact
    default:
      return unreachable(fact, 'fact')
  }
}

/** What it cost was the origin's to pay. */
function unpaid({ actual: _actual, ...fact }: FactOf<'settled'>): FactBody {
  return fact
}

function answerBody(key: EffectKey, value: Payload): FactBody {
  return { type: 'settled', key, attempt: 0, outcome: { type: 'ok', value }, note: ANSWERED }
}

/** What the origin's own writes came to afterwards, to stand in for the fork's. */
function stubsAfter(born: FactOf<'born'>, segment: readonly Fact[], seq: Seq): Readonly<Record<string, Stub>> {
  const stubs: Record<string, Stub> = {}
  for (const { key, class: kind, name, argsHash, outcome, outcomeSeq } of folded(born, segment).effects.values()) {
    if (kind !== 'write' || name === undefined || argsHash === undefined || outcomeSeq <= seq) continue
    if (outcome?.type === 'ok' || outcome?.type === 'error') stubs[key] = { name, argsHash, outcome }
  }
  return stubs
}

/** Nothing can be told of what was erased, so nothing can go on from it. */
function demandPayloads(request: ForkRequest, born: FactOf<'born'>, facts: readonly SharedFact[]): void {
  const erased =
    facts.find(({ body }) => hasErased(body))?.shared ??
    (born.input.erased === true && request.overrides?.input === undefined && facts[0]?.body.type !== 'snapshot'
      ? born.seq
      : undefined)
  if (erased !== undefined)
    throw refused(
      request,
      `a payload of its fact ${erased} was erased`,
      'branch off before that fact, or restore a backup',
    )
}

function hasErased(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  if ((value as { erased?: unknown }).erased === true) return true
  return Object.values(value).some(hasErased)
}

function refused({ from }: ForkRequest, why: string, mend: string): SkeinError {
  return new SkeinError('FORK_REFUSED', `${from} cannot be forked: ${why}; ${mend}`)
}
