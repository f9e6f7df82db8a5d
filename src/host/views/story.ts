/**
 * A process's facts as people look at them: its effects by name, what it waits for, what it spent.
 * Unlike the kernel's state it spans all segments and keeps times; it decides nothing.
 *
 * Invariants:
 * 1. A pure fold: equal facts, equal story. Facts seen already are skipped, so overlapping reads do no harm.
 * 2. An effect's name never changes: the n-th effect called `publish` is `publish` (n = 1) or `publish#n`, in order of first fact.
 */
import { addAmounts, liesWithin } from '../../kernel/index.ts'
import type { Amounts, Fact, FactOf, Payload } from '../../kernel/index.ts'
import type { EffectKey } from '../../std/index.ts'
import { baseOf, endEntry, isEffect, nameOf, newEntry, plainName, waitName } from './entry.ts'
import type { Entry } from './entry.ts'

/** The story of one process. */
export class Story {
  born: FactOf<'born'> | undefined
  ended: FactOf<'ended'> | undefined
  /** Milliseconds of the last fact. */
  lastAt = 0
  nextSeq = 0
  segment = 0
  /** Spent by its own effects, children apart. */
  spent: Amounts = {}
  /** Booked as lost, children apart. */
  forfeited: Amounts = {}
  cap: Amounts = {}
  repeated = 0
  /** Models, tools and steps that were decided. */
  effectCount = 0
  cancelled: string | undefined
  /** The code it runs now, where it was changed inside a segment. */
  code: { readonly digest: string; readonly version: string } | undefined
  /** Entries that code had not asked for when it was adopted. */
  readonly orphans = new Set<string>()
  readonly entries = new Map<string, Entry>()
  /** Prompts and tool definitions by hash. */
  readonly texts = new Map<string, Payload>()
  readonly #named = new Map<string, number>()
  #isShared = false

  /** Folds facts in; what was seen is skipped. False when some are missing in between: read again from `nextSeq`. */
  apply(facts: readonly Fact[]): boolean {
    for (const fact of facts) {
      if (fact.seq < this.nextSeq) continue
      if (fact.seq > this.nextSeq) return false
      this.nextSeq = fact.seq + 1
      this.lastAt = fact.at
      this.#isShared = fact.shared !== undefined
      this.#fold(fact)
    }
    return true
  }

  /** The entry of a key, in the current segment or else the last that has it, or of any segment by exact name. */
  find(nameOrKey: string): Entry | undefined {
    const byKey = this.entries.get(`${this.segment} ${baseOf(nameOrKey)}`)
    if (byKey !== undefined) return byKey
    const plain = nameOrKey.replace(/#1$/, '')
    let older: Entry | undefined
    for (const entry of this.entries.values()) {
      if (entry.name === plain) return entry
      if (entry.key === baseOf(nameOrKey)) older = entry
    }
    return older
  }

  /** Gives back the memory of an ended process's effects; the counters stay. */
  compact(): void {
    this.entries.clear()
    this.#named.clear()
  }

  /** Effects that have begun and not ended. */
  inFlight(): Entry[] {
    return this.#where(
      (entry) =>
        (entry.phase === 'begun' && entry.wait?.on.kind !== 'pending') ||
        (entry.phase === 'intended' && entry.wait === undefined),
    )
  }

  waiting(): Entry[] {
    return this.#where((entry) => entry.wait !== undefined)
  }

  /** What drivers were asked for, in order. */
  effects(): Entry[] {
    return this.#where((entry) => isEffect(entry) && entry.phase !== 'waiting')
  }

  #where(holds: (entry: Entry) => boolean): Entry[] {
    return [...this.entries.values()].filter(holds)
  }

  #fold(fact: Fact): void {
    switch (fact.type) {
      case 'born':
        this.born = fact
        this.cap = fact.cap
        return
      case 'intended':
        return this.#intended(fact)
      case 'shown':
        this.texts.set(fact.hash, fact.text)
        return
      case 'begun': {
        const entry = this.#entry(fact.key, fact.at)
        entry.phase = 'begun'
        entry.begunAt = fact.at
        return
      }
      case 'settled':
        return this.#settled(fact)
      case 'unknown': {
        const entry = this.#entry(fact.key, fact.at)
        entry.phase = 'unknown'
        entry.note = fact.why
        return
      }
      case 'resolved': {
        const entry = this.#entry(fact.key, fact.at)
        entry.wait = undefined
        entry.note = `resolved as ${fact.how} by ${fact.by}`
        if (fact.outcome !== undefined) endEntry(entry, fact.outcome, fact.at)
        return
      }
      case 'waiting':
        return this.#waiting(fact)
      case 'answered':
        return this.#answered(fact)
      case 'closed':
        if (fact.scope === '') this.cancelled = fact.reason ?? 'cancelled'
        return this.#closed(fact)
      case 'dropped':
        for (const key of fact.keys) this.#dropped(key, fact.at)
        return
      case 'sent':
        return this.#sent(fact)
      case 'account':
        return this.#account(fact)
      case 'snapshot':
        this.segment = fact.segment
        for (const entry of this.entries.values()) entry.wait = undefined
        return
      case 'adopted':
        this.code = { digest: fact.to, version: fact.version }
        for (const key of fact.orphans) this.orphans.add(`${this.segment} ${key}`)
        return
      case 'erased':
        return
      case 'ended':
        this.ended = fact
        for (const entry of this.entries.values()) entry.wait = undefined
        return
      case 'reopened':
        return this.#reopened(fact)
    }
  }

  #reopened(fact: FactOf<'reopened'>): void {
    this.ended = undefined
    this.cancelled = undefined
    for (const key of fact.keys) {
      const entry = this.entries.get(`${this.segment} ${baseOf(key)}`)
      if (entry?.outcome === undefined) continue
      entry.outcome = undefined
      entry.endedAt = undefined
      entry.phase = entry.kind === 'child' ? 'begun' : 'waiting'
      entry.note = `failed before, reopened by ${fact.by}`
    }
  }

  #intended(fact: FactOf<'intended'>): void {
    const entry = this.#entry(fact.key, fact.at, fact.name)
    if (!this.#isShared) {
      if (fact.attempt > 1) this.repeated += 1
      else this.effectCount += 1
    }
    entry.kind = fact.kind
    entry.class = fact.class
    entry.phase = 'intended'
    entry.attempts = fact.attempt
    entry.timeoutMs = fact.timeoutMs
    entry.idempotent = fact.idempotent === true
    entry.argsHash = fact.argsHash
    entry.prompt = fact.prompt
    entry.tools = fact.tools
    entry.args ??= fact.args
    entry.approvedBy = fact.verdict.approvedBy ?? entry.approvedBy
    entry.wait = undefined
  }

  #settled(fact: FactOf<'settled'>): void {
    const entry = this.#entry(fact.key, fact.at, fact.name)
    if (fact.actual !== undefined) {
      entry.actual = addAmounts(entry.actual, fact.actual)
      this.spent = addAmounts(this.spent, fact.actual)
    }
    entry.note = fact.note ?? entry.note
    // A start that was accepted is not the end of the child.
    if (entry.kind !== 'child' || fact.outcome.type !== 'ok') endEntry(entry, fact.outcome, fact.at)
  }

  #waiting(fact: FactOf<'waiting'>): void {
    const entry = this.#entry(fact.key, fact.at, waitName(fact.on) ?? fact.name)
    entry.wait = { key: fact.key, on: fact.on, since: fact.at }
    switch (fact.on.kind) {
      case 'approval':
        entry.args ??= fact.on.show
        entry.argsHash ??= fact.on.argsHash
        return
      case 'answer':
        entry.kind = 'question'
        entry.args ??= fact.on.show
        return
      case 'promise':
      case 'message':
      case 'timer':
        entry.kind = fact.on.kind
        return
      case 'child':
        entry.kind = 'child'
        entry.child = fact.on.pid
        return
      case 'budget':
      case 'grace':
      case 'operator':
      case 'upgrade':
      case 'pending':
      case 'switch':
        return
    }
  }

  #answered(fact: FactOf<'answered'>): void {
    const entry = this.#entry(fact.key, fact.at)
    if (entry.wait?.key === fact.key) entry.wait = undefined
    entry.approvedBy = fact.by ?? entry.approvedBy
    // What hangs on an effect (its approval, its wait for money) is not the effect's own outcome, unless it refused it.
    const own = baseOf(fact.key) === fact.key || entry.kind === 'child'
    if (own || fact.outcome.type !== 'ok') endEntry(entry, fact.outcome, fact.at)
  }

  /** Nobody waits for what is asked in there any more; what has begun and is still to be settled is waited for. */
  #closed({ scope }: FactOf<'closed'>): void {
    for (const entry of this.entries.values()) {
      const kind = entry.wait?.on.kind
      if (kind === undefined || kind === 'pending' || kind === 'grace') continue
      if (entry.segment === this.segment && liesWithin(entry.key, scope)) entry.wait = undefined
    }
  }

  #dropped(key: EffectKey, at: number): void {
    const entry = this.entries.get(`${this.segment} ${baseOf(key)}`)
    if (entry === undefined || entry.phase === 'settled') return
    entry.wait = undefined
    if (entry.kind !== 'child') endEntry(entry, { type: 'cancelled' }, at)
  }

  #sent(fact: FactOf<'sent'>): void {
    if (fact.what === 'cancel') return
    const entry = this.#entry(fact.key, fact.at, fact.name)
    entry.kind = fact.what === 'start' ? 'child' : 'message'
    if (fact.what === 'start') {
      entry.child = fact.to
      entry.phase = 'begun'
    } else entry.phase = 'settled'
  }

  #account(fact: FactOf<'account'>): void {
    if (fact.op === 'topUp') {
      const raised = addAmounts(this.cap, fact.amounts)
      this.cap = Object.fromEntries(Object.entries(raised).filter(([dimension]) => dimension in this.cap))
    }
    if (fact.op === 'forfeit') this.forfeited = addAmounts(this.forfeited, fact.amounts)
    if (fact.op === 'carve' && fact.spent !== undefined) this.spent = addAmounts(this.spent, fact.spent)
  }

  #entry(key: EffectKey, at: number, given?: string): Entry {
    const base = baseOf(key)
    const id = `${this.segment} ${base}`
    const found = this.entries.get(id)
    if (found !== undefined) {
      found.shared &&= this.#isShared
      return found
    }
    const entry = newEntry(base, {
      segment: this.segment,
      at,
      name: this.#name(nameOf(base, given)),
      shared: this.#isShared,
    })
    this.entries.set(id, entry)
    return entry
  }

  #name(raw: string): string {
    const plain = plainName(raw)
    const n = (this.#named.get(plain) ?? 0) + 1
    this.#named.set(plain, n)
    return n === 1 ? plain : `${plain}#${n}`
  }
}
