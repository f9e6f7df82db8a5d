/**
 * The shield scope (rule X4): clean-up registered with `ctx.compensate`, run when its workflow fails or is cancelled.
 *
 * Invariants:
 * 1. What is registered follows from the body's deliveries, so a replay registers the same under the same keys; a compensation
 *    is an effect like any other and runs once.
 * 2. One at a time, last registered first. A failure of one does not stop the others.
 * 3. What it will reserve is kept back from everything else until it is decided or nobody needs it any more.
 * 4. A branch that fails or is cancelled compensates when its combinator closes; one that succeeds hands over to its parent.
 * 5. The closing of other scopes never reaches in here.
 */
import { asEffectKey, asScopePath } from '../../std/index.ts'
import type { EffectKey } from '../../std/index.ts'
import { addAmounts } from '../accounts/amounts.ts'
import type { Amounts } from '../accounts/amounts.ts'
import type { EffectAsk } from '../effects/ask.ts'
import { failureOf } from '../journal/outcome.ts'
import { baseKey } from '../keys/key.ts'
import { SHIELD_MS } from '../limits.ts'
import { Scope, SHIELD_PATH } from '../scopes/scope.ts'
import { askedKey } from '../upgrade/adoption.ts'
import { stopAsk } from './cancel.ts'
import type { EffectRecord } from './effect-record.ts'
import type { Process } from './process.ts'
import type { ProcessState } from './process-state.ts'

/** The wait that ends the shield's time. */
const SHIELD_KEY: EffectKey = asEffectKey('!shield')
const NAMED_MAX = 5

type Compensation = {
  readonly ask: EffectAsk
  readonly kept: Amounts
  /** Who registered it; the parent, once that branch has succeeded. */
  scope: Scope
  stage: 'registered' | 'due' | 'asked' | 'late'
}

/** The compensations of one body. */
export class Shield {
  readonly scope = new Scope(asScopePath(SHIELD_PATH), undefined)
  readonly #registered: Compensation[] = []

  register(scope: Scope, ask: EffectAsk, kept: Amounts): void {
    this.#registered.push({ scope, ask, kept, stage: 'registered' })
  }

  /** Nothing was ever registered. */
  get isEmpty(): boolean {
    return this.#registered.length === 0
  }

  /** Kept back from everything else. */
  kept(state: ProcessState): Amounts {
    return this.#registered
      .filter(({ stage, ask }) => stage !== 'late' && state.effects.get(ask.key)?.kind === undefined)
      .reduce<Amounts>((sum, { kept }) => addAmounts(sum, kept), {})
  }

  /** What is still kept back for this one. */
  keptFor(state: ProcessState, key: EffectKey): Amounts {
    if (state.effects.get(key)?.kind !== undefined) return {}
    return this.#registered.find(({ ask }) => ask.key === key)?.kept ?? {}
  }

  /** A combinator has closed: what its lost branches registered is due, the rest is its parent's. */
  closed(combinator: Scope): void {
    for (const compensation of this.#registered) {
      const branch = compensation.scope.branchOf(combinator)
      if (branch === undefined || compensation.stage !== 'registered') continue
      if (branch.hasSucceeded && compensation.scope === branch && combinator.parent !== undefined)
        compensation.scope = combinator.parent
      else compensation.stage = 'due'
    }
  }

  /** The workflow has failed, or was cancelled. */
  allDue(): void {
    for (const compensation of this.#registered) if (compensation.stage === 'registered') compensation.stage = 'due'
  }

  /** What was under way when the journal ended is asked again, before anybody looks for what is not. */
  restore(process: Process): void {
    const begun = new Set([...process.state.effects.keys()].map(baseKey))
    for (const compensation of this.#registered) if (begun.has(compensation.ask.key)) askNow(process, compensation)
  }

  /** Asks the next that is due, unless one is under way. */
  advance(process: Process): void {
    if (this.isEmpty) return
    const next = this.mayAdvance(process.state) ? this.#next() : undefined
    if (next !== undefined) askNow(process, next)
  }

  /** One that waits for an operator does not hold up the others. */
  mayAdvance(state: ProcessState): boolean {
    const holdsUp = ({ stage, ask }: Compensation): boolean =>
      stage === 'asked' && isOpen(state, ask.key) && state.effects.get(ask.key)?.phase !== 'unknown'
    return this.#next() !== undefined && !this.#registered.some(holdsUp)
  }

  /** Names of what is registered and not due: what a segment lets go of when it continues as new. */
  registered(): readonly string[] {
    return this.#registered.flatMap(({ stage, ask }) => (stage === 'registered' ? [ask.name] : []))
  }

  /** Something is due or under way. */
  isBusy(state: ProcessState): boolean {
    return this.#registered.some(({ stage, ask }) => stage === 'due' || (stage === 'asked' && isOpen(state, ask.key)))
  }

  /** The time is over: what has not begun never will. */
  giveUp(process: Process): void {
    for (const compensation of this.#registered) {
      const { ask, stage } = compensation
      const isBegun = (process.state.effects.get(ask.key)?.attempt ?? 0) > 0
      if (stage === 'registered' || isBegun || (stage === 'asked' && !isOpen(process.state, ask.key))) continue
      if (stage === 'asked') stopAsk(process, ask)
      process.open.delete(ask.key)
      compensation.stage = 'late'
    }
  }

  /** What did not go well, for the end's warning: names and codes only, which are the author's. */
  warnings(state: ProcessState): readonly string[] {
    const named = (word: string, names: readonly string[]): string[] =>
      names.length === 0 ? [] : [`${word}: ${names.slice(0, NAMED_MAX).join(', ')}`]
    const failed = this.#registered.flatMap(({ ask }) => {
      const outcome = state.effects.get(ask.key)?.outcome
      const error = outcome === undefined ? undefined : failureOf(outcome)
      return error === undefined ? [] : [`${ask.name} (${error.code})`]
    })
    const late = this.#registered.filter(({ stage }) => stage === 'late').map(({ ask }) => ask.name)
    return [
      ...named('COMPENSATION_FAILED', failed),
      ...named(`COMPENSATION_LATE: not begun within ${SHIELD_MS / 1_000} s`, late),
    ]
  }

  #next(): Compensation | undefined {
    return this.#registered.findLast(({ stage }) => stage === 'due')
  }
}

function askNow(process: Process, compensation: Compensation): void {
  compensation.stage = 'asked'
  process.ask(compensation.ask)
}

function isOpen(state: ProcessState, key: EffectKey): boolean {
  return state.effects.get(key)?.outcome === undefined
}

/** What stands before the end of a process: `asks` another compensation, waits for one that is `underWay`, or nothing. */
export function shieldBeforeEnd(process: Process, failed: boolean): 'asks' | 'underWay' | 'none' {
  const { shield, state } = process
  if (failed) shield.allDue()
  if (!shield.isBusy(state)) return 'none'
  const clock = state.effects.get(SHIELD_KEY)
  if (clock === undefined)
    process.record({
      type: 'waiting',
      key: SHIELD_KEY,
      on: { kind: 'timer', dueAt: process.deps.clock.now() + SHIELD_MS },
    })
  else if (clock.outcome !== undefined) shield.giveUp(process)
  if (!shield.isBusy(state)) return 'none'
  return shield.mayAdvance(state) ? 'asks' : 'underWay'
}

/** Compensations that a journal says were registered, that never ran, and that no body holds: its code is gone, or was changed. */
export function lostCompensations(
  { state, known }: Pick<Process, 'state' | 'known'>,
  isMeant: (record: EffectRecord) => boolean = () => true,
): readonly string[] {
  const held = new Set([...known.keys()].map(askedKey))
  return [...state.effects.values()].flatMap((record) => {
    const { key } = record
    const [, scope, name, rest] = /^((?:.*\/)?)compensation:([^:]*):(.*)$/s.exec(key) ?? []
    if (name === undefined || held.has(askedKey(key)) || !isMeant(record)) return []
    const effect = asEffectKey(`${SHIELD_PATH}${scope}compensate:${name}:${rest}`)
    return state.effects.get(effect)?.outcome === undefined ? [name] : []
  })
}
