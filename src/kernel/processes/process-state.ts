/**
 * The state of a process: a pure fold over its facts, live as in replay and for views.
 *
 * Invariants:
 * 1. `apply` is the only way the state changes, and it depends on nothing but the fact.
 * 2. Per key at most one delivered outcome: the first `answered`, final `settled` or `resolved` wins (rule J4); later
 *    ones are counted in `dropped`.
 * 3. A `waiting` fact opens its key anew: one effect may wait for money, or pause, more than once.
 * 4. Facts are applied in `seq` order without gaps.
 */
import { assert, unreachable } from '../../std/index.ts'
import type { EffectKey, Pid, ScopePath } from '../../std/index.ts'
import { Account } from '../accounts/account.ts'
import type { Amounts } from '../accounts/amounts.ts'
import type { Dropped } from '../definitions/reducer.ts'
import { Inheritance } from '../forks/inheritance.ts'
import type { Fact, FactOf, WaitOn } from '../journal/facts.ts'
import { payloadOf, valueOf } from '../journal/outcome.ts'
import type { Outcome } from '../journal/outcome.ts'
import { baseKey, suffixed } from '../keys/key.ts'
import type { Summary } from '../ports/activation.ts'
import { closeKey, liesWithin } from '../scopes/scope.ts'
import { adoptionOf, UPGRADE_KEY } from '../upgrade/adoption.ts'
import type { Adoption } from '../upgrade/adoption.ts'
import { bookAccount } from './booking.ts'
import type { Carried, Counts } from './carried.ts'
import type { ChildRecord } from './child-record.ts'
import { newEffectRecord } from './effect-record.ts'
import type { EffectRecord } from './effect-record.ts'
import { takeBack } from './take-back.ts'

/** All that the facts of a process add up to. */
export class ProcessState {
  born: FactOf<'born'> | undefined
  segment = 0
  /** Input of the current segment, as encoded text. */
  input = ''
  account = Account.withCap({}, false)
  readonly effects = new Map<EffectKey, EffectRecord>()
  readonly children = new Map<Pid, ChildRecord>()
  /** Of a fork: children its body has seen, by the pids it saw. */
  readonly inherited = new Inheritance()
  readonly closedScopes: ScopePath[] = []
  /** What a reducer has let go of in this segment. */
  readonly letGo = new Set<EffectKey>()
  /** Those of them in which something was stopped. */
  readonly cutShort = new Set<ScopePath>()
  /** Effects that had an unknown outcome in this segment, resolved or not (rule E7). */
  readonly unknowns = new Set<EffectKey>()
  /** Hashes of the prompts and tool definitions that are recorded; they outlive segments. */
  readonly shown = new Set<string>()
  /** Waits for money, open. */
  readonly budgetWaits = new Set<EffectKey>()
  /** Whether anything has waited in this segment: while nothing has, no look-up of a wait finds one. */
  hasWaited = false
  /** Changes of code in this segment, in order. */
  readonly adoptions: Adoption[] = []
  /** The code that the process runs. */
  codeDigest = ''
  /** What came into the account from elsewhere than the parent. */
  toppedUp: Amounts = {}
  cancelled: { readonly reason: string } | undefined
  ended: Outcome | undefined
  /** How often it went on after its end. */
  reopens = 0
  /** Asked for before the process was reopened, and not since: nobody misses it. */
  readonly leftBehind = new Set<EffectKey>()
  /** Seq of the next fact. */
  nextSeq = 0
  factsInSegment = 0
  dropped = 0
  counts: Counts = { local: 0, read: 0, write: 0, repeated: 0, facts: 0 }

  apply(fact: Fact): void {
    assert(
      fact.type === 'snapshot' || fact.type === 'born' || fact.seq === this.nextSeq,
      `facts in order: ${fact.seq} after ${this.nextSeq - 1}`,
    )
    this.nextSeq = fact.seq + 1
    this.factsInSegment += 1
    if (fact.shared === undefined) this.counts.facts += 1
    if (fact.type === 'intended' || fact.type === 'waiting' || fact.type === 'sent') {
      const record = this.record(fact.key)
      if (record.demandSeq < 0) record.demandSeq = fact.seq
    }
    switch (fact.type) {
      case 'born':
        this.#born(fact)
        return
      case 'intended':
        this.#intended(fact)
        return
      case 'shown':
        this.shown.add(fact.hash)
        return
      case 'begun':
        this.#begun(fact)
        return
      case 'settled':
        this.#settled(fact)
        return
      case 'unknown':
        this.record(fact.key).phase = 'unknown'
        this.unknowns.add(fact.key)
        return
      case 'resolved':
        if (fact.outcome !== undefined) this.#outcome(fact.key, fact.outcome, fact.seq)
        return
      case 'waiting':
        this.#waiting(fact)
        return
      case 'answered':
        this.#answered(fact)
        return
      case 'closed':
        return this.#closed(fact)
      case 'dropped':
        return this.#dropped(fact)
      case 'sent':
        return this.#sent(fact)
      case 'account':
        return bookAccount(this, fact)
      case 'snapshot':
        return this.#snapshot(fact)
      case 'adopted':
        return this.#adopted(fact)
      case 'ended':
        this.ended = fact.result
        return
      case 'reopened':
        return this.#reopened(fact)
      case 'erased':
        return
      default:
        unreachable(fact, 'fact')
    }
  }

  /** The record of a key, made when there is none. */
  record(key: EffectKey): EffectRecord {
    let record = this.effects.get(key)
    if (record === undefined) {
      record = newEffectRecord(key, this.nextSeq - 1)
      this.effects.set(key, record)
    }
    return record
  }

  /** Whether a wait is open under this key; an outcome closes it. */
  isWaiting(key: EffectKey): boolean {
    return this.hasWaited && this.effects.get(key)?.waiting !== undefined
  }

  /** Whether a scope that was done is open again, and keeps its end for the case that it is done once more (`adopted.ahead`). */
  isOpenAgain(scope: ScopePath): boolean {
    return this.effects.get(closeKey(scope))?.outcome !== undefined && !this.closedScopes.includes(scope)
  }

  isWithinClosed(key: EffectKey): boolean {
    return this.closedScopes.some((scope) => liesWithin(key, scope))
  }

  /** What somebody has asked it to move by, and it has not done yet. */
  get upgradeAsked(): Extract<WaitOn, { kind: 'upgrade' }> | undefined {
    const on = this.hasWaited ? this.effects.get(UPGRADE_KEY)?.waiting : undefined
    return on?.kind === 'upgrade' ? on : undefined
  }

  /** Children that have not ended; detached ones are nobody's to wait for. */
  openChildren(): ChildRecord[] {
    return [...this.children.values()].filter((child) => !child.ended && !child.detached)
  }

  summary(): Summary {
    const { reserved, delegated, spent, forfeited } = this.account.data
    const { local, read, write, repeated, facts } = this.counts
    return { effects: { local, read, write }, repeated, spent, reserved, forfeited, delegated, facts }
  }

  carried(): Carried {
    return {
      account: this.account.data,
      toppedUp: this.toppedUp,
      children: [...this.children.values()].filter((child) => !child.ended),
      counts: { ...this.counts },
      ...(this.codeDigest === this.born?.codeDigest ? {} : { codeDigest: this.codeDigest }),
      ...(this.shown.size === 0 ? {} : { shown: [...this.shown] }),
    }
  }

  #born(fact: FactOf<'born'>): void {
    this.born = fact
    this.codeDigest = fact.codeDigest
    this.input = fact.input.text
    this.account = Account.withCap(fact.cap, fact.strict)
  }

  #intended(fact: FactOf<'intended'>): void {
    const record = this.record(fact.key)
    if (fact.shared === undefined) {
      if (fact.attempt > 1) this.counts.repeated += 1
      else this.counts[fact.class] += 1
    }
    record.phase = 'intended'
    record.kind = fact.kind
    record.class = fact.class
    record.name = fact.name
    record.attempt = fact.attempt
    record.argsHash = fact.argsHash
    record.reserve = fact.reserve
    record.timeoutMs = fact.timeoutMs
    if (fact.args !== undefined) {
      record.args = fact.args
      record.argsAreRaw = fact.raw === true
    }
    record.idempotent = fact.idempotent === true
    record.approvedBy = fact.verdict.approvedBy
    this.account.reserve(fact.reserve)
  }

  #answered(fact: FactOf<'answered'>): void {
    this.hasWaited = true
    this.record(fact.key).approvedBy = fact.by
    this.inherited.answered(fact)
    this.#outcome(fact.key, fact.outcome, fact.seq)
  }

  #begun(fact: FactOf<'begun'>): void {
    const record = this.record(fact.key)
    record.phase = 'begun'
    record.owner = fact.owner
    record.firstBegunAt ??= fact.at
    record.begunAt = fact.at
  }

  #waiting({ key, on }: FactOf<'waiting'>): void {
    const record = this.record(key)
    this.hasWaited = true
    record.waiting = on
    if (on.kind === 'approval') record.approvalOf = on
    if (on.kind === 'operator') record.heldIn = on.held ?? record.heldIn
    // The same effect may wait for money, or for an operator, more than once.
    record.outcome = undefined
    if (on.kind === 'budget') this.budgetWaits.add(key)
  }

  #settled(fact: FactOf<'settled'>): void {
    const record = this.record(fact.key)
    if (
      fact.attempt > 0 &&
      fact.attempt === record.attempt &&
      (record.phase === 'begun' || record.phase === 'intended')
    ) {
      this.account.settle(record.reserve, fact.actual ?? {})
      record.reserve = {}
    }
    record.phase = 'settled'
    this.#outcome(fact.key, fact.outcome, fact.seq)
  }

  #adopted(fact: FactOf<'adopted'>): void {
    this.adoptions.push(adoptionOf(fact))
    this.codeDigest = fact.to
    const { open = [], ahead = [] } = fact
    const left = this.closedScopes.filter((scope) => !open.includes(scope) && !ahead.includes(scope))
    this.closedScopes.splice(0, this.closedScopes.length, ...left)
    for (const scope of open) this.effects.delete(closeKey(scope))
  }

  #outcome(key: EffectKey, outcome: Outcome, seq: number): void {
    const record = this.record(key)
    if (record.outcome !== undefined) {
      this.dropped += 1
      return
    }
    record.outcome = outcome
    record.outcomeSeq = seq
    record.waiting = undefined
    // What has failed may be done again, with what the schema made of its input then.
    if (outcome.type !== 'error') record.args = undefined
    this.budgetWaits.delete(key)
  }

  /** Its waits are nobody's; what it has begun is still accounted for. */
  #dropped(fact: FactOf<'dropped'>): void {
    for (const key of fact.keys) {
      this.letGo.add(key)
      this.budgetWaits.delete(suffixed(key, 'budget'))
      for (const wait of [key, suffixed(key, 'approval'), suffixed(key, 'budget'), suffixed(key, 'resolve')]) {
        const record = this.effects.get(wait)
        if (record !== undefined) record.waiting = undefined
      }
    }
    const told: Dropped = { gone: [...new Set(fact.keys.map(baseKey))], going: fact.going }
    this.#outcome(fact.key, { type: 'ok', value: payloadOf(told) }, fact.seq)
  }

  #closed(fact: FactOf<'closed'>): void {
    if (this.isOpenAgain(fact.scope)) this.record(closeKey(fact.scope)).outcome = undefined
    this.closedScopes.push(fact.scope)
    if (fact.why !== 'done') this.cutShort.add(fact.scope)
    if (fact.key !== undefined) {
      this.record(fact.key).closes = fact.scope
      this.#outcome(fact.key, { type: 'ok', value: { text: 'null' } }, fact.seq)
    }
    if (fact.scope === '') this.cancelled = { reason: fact.reason ?? 'cancelled' }
  }

  #reopened(fact: FactOf<'reopened'>): void {
    takeBack(this, fact)
    this.reopens += 1
    this.toppedUp = {}
    this.account.withhold(fact.withheld ?? {})
  }

  #sent(fact: FactOf<'sent'>): void {
    const record = this.record(fact.key)
    record.sentTo = fact.to
    record.name = fact.name
    record.isSharedSend = fact.shared !== undefined
    if (record.isSharedSend) return this.inherited.sent(fact)
    if (fact.what === 'start') {
      this.children.set(fact.to, {
        key: fact.key,
        pid: fact.to,
        detached: fact.detached === true,
        cap: {},
        ended: false,
        cancelSent: false,
      })
    }
    if (fact.what === 'cancel') {
      const child = this.children.get(fact.to)
      if (child !== undefined) child.cancelSent = true
    }
  }

  #snapshot(fact: FactOf<'snapshot'>): void {
    const carried = valueOf(fact.carried) as Carried
    this.segment = fact.segment
    this.input = fact.state.text
    this.account = new Account(carried.account)
    this.toppedUp = carried.toppedUp
    this.effects.clear()
    this.children.clear()
    this.inherited.clear()
    for (const child of carried.children) this.children.set(child.pid, { ...child, carried: true })
    for (const hash of carried.shown ?? []) this.shown.add(hash)
    this.closedScopes.length = 0
    this.letGo.clear()
    this.cutShort.clear()
    this.unknowns.clear()
    this.leftBehind.clear()
    this.budgetWaits.clear()
    this.adoptions.length = 0
    this.hasWaited = false
    // The birth is the only fact of older segments that is there after a crash.
    this.codeDigest = fact.codeDigest ?? carried.codeDigest ?? this.codeDigest
    this.factsInSegment = 0
    this.counts = { ...carried.counts }
  }
}
