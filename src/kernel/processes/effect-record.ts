/** What the facts say of one effect, or of anything else that has a key. */
import type { EffectKey, OwnerId, Pid, ScopePath } from '../../std/index.ts'
import type { Amounts } from '../accounts/amounts.ts'
import type { EffectClass, EffectKind, WaitOn } from '../journal/facts.ts'
import type { Outcome, Payload } from '../journal/outcome.ts'

/** How far the current attempt of an effect has come. */
export type EffectPhase = 'waiting' | 'intended' | 'begun' | 'settled' | 'unknown'

/** What is known of one key. */
export type EffectRecord = {
  readonly key: EffectKey
  /** Seq of its first fact. */
  readonly firstSeq: number
  phase: EffectPhase
  kind: EffectKind | undefined
  class: EffectClass | undefined
  name: string | undefined
  attempt: number
  /** Attempts before the process was reopened: they do not count against its limits. */
  attemptsBefore: number
  argsHash: string | undefined
  reserve: Amounts
  timeoutMs: number
  /** Of the first attempt; forgotten when the outcome is there. */
  args: Payload | undefined
  argsAreRaw: boolean
  owner: OwnerId | undefined
  firstBegunAt: number | undefined
  begunAt: number
  idempotent: boolean
  /** An attempt that is over may have been done all the same. */
  inDoubt: boolean
  approvedBy: string | undefined
  waiting: WaitOn | undefined
  /** What an approval was given, or refused, for. */
  approvalOf: Extract<WaitOn, { kind: 'approval' }> | undefined
  /** The incarnation whose quarantine has put it before an operator. */
  heldIn: number | undefined
  sentTo: Pid | undefined
  /** Of a fork: its origin sent it. */
  isSharedSend: boolean
  outcome: Outcome | undefined
  outcomeSeq: number
  /** Of the first fact by which something was asked for under this key; -1: nothing was. */
  demandSeq: number
  /** The scope that its outcome closed. */
  closes?: ScopePath
}

/** A key of which nothing is known yet. */
export function newEffectRecord(key: EffectKey, firstSeq: number): EffectRecord {
  return {
    key,
    firstSeq,
    phase: 'waiting',
    kind: undefined,
    class: undefined,
    name: undefined,
    attempt: 0,
    attemptsBefore: 0,
    argsHash: undefined,
    reserve: {},
    timeoutMs: 0,
    args: undefined,
    argsAreRaw: false,
    owner: undefined,
    firstBegunAt: undefined,
    begunAt: 0,
    idempotent: false,
    inDoubt: false,
    approvedBy: undefined,
    waiting: undefined,
    approvalOf: undefined,
    heldIn: undefined,
    sentTo: undefined,
    isSharedSend: false,
    outcome: undefined,
    outcomeSeq: -1,
    demandSeq: -1,
  }
}
