/**
 * A process that has failed goes on (`skein retry`): the outcomes it failed by are taken away, its body comes to rest
 * before them, and they are had again under the same effect ids. What was settled before is kept.
 *
 * What the process did after the failure, and does not ask for now, would be an orphan: then it stays ended, unless told
 * otherwise. A failed child is reopened in the same frame as its parent, with what is left of its money.
 */
import { assert } from '../../std/index.ts'
import type { EffectKey } from '../../std/index.ts'
import { addAmounts, DIMENSIONS } from '../accounts/amounts.ts'
import type { Amounts, Dimension } from '../accounts/amounts.ts'
import { baseKey, suffixOf } from '../keys/key.ts'
import type { Control } from '../ports/activation.ts'
import type { ChildRecord } from './child-record.ts'
import { tellParent } from './ending.ts'
import { doubtOf, failingKeys, hasCompensated, mayBeHadAgain, pulledDown, wasAnswered } from './failing.ts'
import type { Process } from './process.ts'
import { catchUp } from './replay.ts'
import { childAwaitedAt, takeBack } from './take-back.ts'

type Reopen = Extract<Control, { type: 'reopen' }>

/** True when the process goes on. False: it has ended, and a parent that waits has been told so again. */
export async function reopenEnded(process: Process): Promise<boolean> {
  const { state } = process
  const { ended } = state
  assert(ended !== undefined, 'it has ended')
  const control = await nextReopen(process)
  if (control === undefined) return false
  const named = control.from?.pid === process.pid ? control.from.keys : failingKeys(state)
  const keys = pulledDown(state, named)
  const isMet =
    ended.type !== 'ok' &&
    !hasCompensated(state) &&
    named.every((key) => mayBeHadAgain(state, key)) &&
    !wasAnswered(state, named)
  if (isMet) takeBack(state, { keys })
  const orphans = isMet ? await catchUp(process) : []
  const dropped = orphans.map(({ key }) => key)
  const isInVain = named.length === 0 && process.body?.end !== undefined
  if (!isMet || isInVain || (dropped.length > 0 && control.dropAfter !== true)) {
    state.ended = ended
    say(process, `stays as it ended: ${reasonOf(isMet, isInVain, dropped)}`)
    // What others had added came home when it ended.
    if (control.fromParent === true) tellParent(process, { outcome: ended, again: `!${control.id}`, toppedUp: {} })
    return false
  }
  goOn(process, control, keys, dropped)
  return true
}

/** Controls that came after it ended mean nothing before it is open; the engine gives a reopen first. */
async function nextReopen(process: Process): Promise<Reopen | undefined> {
  const event = await process.act.next(0)
  return event?.type === 'control' && event.control.type === 'reopen' ? event.control : undefined
}

function reasonOf(isMet: boolean, isInVain: boolean, dropped: readonly string[]): string {
  if (!isMet) return 'what it is to go on from has not failed, was compensated, or its model has answered to it'
  if (isInVain) return 'no effect failed, and its code would end the same way again'
  return `it went on after the failure, and would not ask again for ${dropped.join(', ')}`
}

function say(process: Process, text: string): void {
  process.deps.trace({ type: 'log', pid: process.pid, text })
}

function goOn(process: Process, control: Reopen, keys: readonly EffectKey[], dropped: readonly EffectKey[]): void {
  const { state } = process
  const { by, withheld } = control
  process.record({
    type: 'reopened',
    keys,
    by,
    ...(dropped.length === 0 ? {} : { dropped }),
    ...(withheld === undefined ? {} : { withheld }),
  })
  process.replaying = false
  if (control.topUp !== undefined)
    process.record({ type: 'account', op: 'topUp', amounts: control.topUp, by: payerOf(process, control) })
  for (const key of keys) {
    const doubt = doubtOf(state, key)
    if (doubt !== undefined) process.record(doubt)
    if (suffixOf(key) === 'end') reopenChild(process, key, control)
  }
  // The rows of its waits went with its end.
  for (const { key, waiting } of state.effects.values())
    if (waiting !== undefined && process.known.has(baseKey(key))) process.turn.wait(key, waiting)
}

/** What a parent gives is no news to it; what anybody else gives is told with the end. */
function payerOf({ act }: Process, { fromParent, by }: Reopen): string {
  return (fromParent === true ? act.start.parent?.pid : undefined) ?? by
}

/** The child goes on in its turn, from what it failed by; its money goes out again. */
function reopenChild(process: Process, end: EffectKey, { by, dropAfter, from, topUp = {} }: Reopen): void {
  const child = childAwaitedAt(process.state, end)
  if (child?.returned === undefined) return
  const { spent, forfeited } = child.returned
  const { amounts, withheld } = secondCarve(process, child.returned)
  const more = affordable(process, child.returned, amounts, topUp)
  const fact = process.record({
    type: 'account',
    op: 'carve',
    amounts: addAmounts(amounts, more),
    spent: negative(spent),
    forfeited: negative(forfeited),
    other: child.pid,
  })
  process.turn.sent.push({
    type: 'control',
    to: child.pid,
    control: {
      id: `${process.pid}!reopen${fact.seq}`,
      type: 'reopen',
      by,
      fromParent: true,
      ...(dropAfter === undefined ? {} : { dropAfter }),
      ...(from === undefined ? {} : { from }),
      ...(Object.keys(withheld).length === 0 ? {} : { withheld }),
      ...(Object.keys(more).length === 0 ? {} : { topUp: more }),
    },
  })
}

/** What the child had, less what the parent has not any more; never less than the child has used. */
function secondCarve(process: Process, { cap, spent, forfeited }: NonNullable<ChildRecord['returned']>) {
  const amounts: { [D in Dimension]?: number } = {}
  const withheld: { [D in Dimension]?: number } = {}
  for (const dimension of DIMENSIONS) {
    const had = cap[dimension]
    if (had === undefined) continue
    const used = (spent[dimension] ?? 0) + (forfeited[dimension] ?? 0)
    const given = Math.min(had, Math.max(used, process.state.account.available(dimension) + used))
    amounts[dimension] = given
    if (given < had) withheld[dimension] = had - given
  }
  return { amounts, withheld }
}

/** What the parent was given for its children, where they have a limit, as far as it has it still. */
function affordable(
  { state }: Process,
  { cap, spent, forfeited }: NonNullable<ChildRecord['returned']>,
  given: Amounts,
  topUp: Amounts,
): Amounts {
  const more: { [D in Dimension]?: number } = {}
  for (const dimension of DIMENSIONS) {
    const wanted = topUp[dimension] ?? 0
    if (wanted === 0 || cap[dimension] === undefined) continue
    const used = (spent[dimension] ?? 0) + (forfeited[dimension] ?? 0)
    const left = state.account.available(dimension) + used - (given[dimension] ?? 0)
    if (left > 0) more[dimension] = Math.min(wanted, left)
  }
  return more
}

function negative(amounts: Amounts): Amounts {
  return Object.fromEntries(Object.entries(amounts).map(([dimension, amount]) => [dimension, -amount]))
}
