/**
 * Money on demand between a parent and children that were given no budget of their own (rules G1, G4, G5).
 *
 * A child begins with half of what its parent had left and asks for more when that is too little. The parent carves
 * again if it can, else asks its own parent or waits for a top-up; its wait is a fact, so a crash loses no request.
 */
import type { EffectKey, Pid } from '../../std/index.ts'
import { SkeinError } from '../../std/index.ts'
import { DIMENSIONS } from '../accounts/amounts.ts'
import type { Amounts, Dimension } from '../accounts/amounts.ts'
import { failure, NOTHING } from '../journal/outcome.ts'
import { baseKey, suffixed, suffixOf } from '../keys/key.ts'
import type { FactBody } from '../journal/facts.ts'
import { isShielded } from '../scopes/scope.ts'
import type { Process } from './process.ts'
import type { ChildRecord } from './child-record.ts'

/** Whether the parent may be asked for what is short. */
export function mayFund(process: Process, short: Amounts): boolean {
  const elastic = process.state.born?.elastic
  if (elastic === undefined || process.act.start.parent === undefined || process.state.account.frozen) return false
  return DIMENSIONS.every((dimension) => (short[dimension] ?? 0) === 0 || elastic.includes(dimension))
}

/** Asks the parent for what a new wait for money lacks. */
export function requestFunds(process: Process, key: EffectKey, need: Amounts): void {
  const short = shortageOf(process, key, need)
  const parent = process.act.start.parent
  if (short === undefined || parent === undefined || !mayFund(process, short)) return
  process.turn.sent.push({
    type: 'control',
    to: parent.pid,
    control: {
      id: `${process.effectId(key)}!fund${process.state.nextSeq}`,
      type: 'fund',
      child: process.pid,
      need: short,
    },
  })
}

/** A child asks: give, or wait for it, or refuse. */
export function handleFund(process: Process, pid: Pid, need: Amounts): void {
  const child = process.state.children.get(pid)
  if (child === undefined || child.ended || child.cancelSent) return
  const short = process.shortage(need)
  if (short === undefined) return give(process, child, need)
  const key = suffixed(child.key, 'fund')
  const wait = process.state.effects.get(key)
  if (wait?.waiting !== undefined) return
  if (process.state.account.strict && !mayFund(process, short)) return refuse(process, child, need)
  process.record({ type: 'waiting', key, on: { kind: 'budget', need } })
  requestFunds(process, key, need)
}

/** What is asked for, and up to half of what is left, so that the next need asks no more. */
function give(process: Process, child: ChildRecord, need: Amounts): void {
  const amounts: { [D in Dimension]?: number } = {}
  for (const dimension of DIMENSIONS) {
    const wanted = need[dimension]
    const left = process.state.account.available(dimension)
    if (wanted !== undefined && wanted > 0)
      amounts[dimension] = left === Number.POSITIVE_INFINITY ? wanted : Math.max(wanted, Math.floor(left / 2))
  }
  const fact = process.record({ type: 'account', op: 'carve', amounts, other: child.pid })
  process.turn.sent.push({
    type: 'control',
    to: child.pid,
    control: { id: `${process.pid}!funded${fact.seq}`, type: 'topUp', amounts, by: process.pid },
  })
}

function refuse(process: Process, child: ChildRecord, need: Amounts): void {
  process.turn.sent.push({
    type: 'control',
    to: child.pid,
    control: {
      id: `${process.pid}!refused${process.state.nextSeq}!${child.pid}`,
      type: 'fundRefused',
      need,
      by: process.pid,
    },
  })
}

/** The parent will not give: strict accounts refuse what waited, others go on waiting for an operator. */
export function handleFundRefused(process: Process, by: string): void {
  if (!process.state.account.strict) return
  for (const key of [...process.state.budgetWaits]) {
    const waiting = process.state.record(key).waiting
    process.record({
      type: 'answered',
      key,
      outcome: failure(new SkeinError('BUDGET_EXCEEDED', `the budget of ${by} is used up`).toJSON()),
    })
    process.turn.unwait(key)
    const child = childOfFund(process, key)
    if (child === undefined) askAgain(process, baseKey(key))
    else if (waiting?.kind === 'budget') refuse(process, child, waiting.need)
  }
}

/** Money came back or was added: whoever waits for it and can be paid goes on. */
export function releaseBudgetWaits(process: Process): void {
  if (process.state.budgetWaits.size === 0) return
  for (const key of [...process.state.budgetWaits]) {
    const { waiting } = process.state.record(key)
    const child = childOfFund(process, key)
    const isMoot = child?.ended === true
    if (waiting?.kind !== 'budget' || (!isMoot && shortageOf(process, key, waiting.need) !== undefined)) continue
    process.record({ type: 'answered', key, outcome: { type: 'ok', value: NOTHING } })
    if (child === undefined) askAgain(process, baseKey(key))
    else if (!isMoot) give(process, child, waiting.need)
  }
}

/** What has a verdict waits for money no more: else a wait left open would begin it a second time. */
export function endOfBudgetWait(process: Process, effect: EffectKey): readonly FactBody[] {
  const key = suffixed(effect, 'budget')
  return process.state.budgetWaits.has(key) ? [{ type: 'answered', key, outcome: { type: 'ok', value: NOTHING } }] : []
}

/** A parent keeps one request of a child at a time: what its answer did not cover is asked for again. */
export function requestAgain(process: Process): void {
  for (const key of process.state.budgetWaits) {
    const { waiting } = process.state.record(key)
    if (waiting?.kind === 'budget') requestFunds(process, key, waiting.need)
  }
}

function childOfFund(process: Process, key: EffectKey): ChildRecord | undefined {
  if (suffixOf(key) !== 'fund') return undefined
  const start = baseKey(key)
  return [...process.state.children.values()].find((child) => child.key === start)
}

/** Puts an effect before the gate again, if anybody still waits for it; never one that is before an operator. */
export function askAgain(process: Process, key: EffectKey): void {
  const ask = process.open.get(key)
  if (process.state.isWaiting(suffixed(key, 'resolve'))) return
  if (ask !== undefined && !process.asked.includes(ask)) process.asked.push(ask)
}

/** What is kept back for compensations is there for them (rule X4). */
function shortageOf(process: Process, key: EffectKey, need: Amounts): Amounts | undefined {
  return isShielded(key) ? process.state.account.shortage(need) : process.shortage(need)
}
