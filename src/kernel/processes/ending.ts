/** How a process comes to its end: floating calls, children, lingering writes, then one fact (rules C3, S5, X5). */
import { limits, toSkeinError } from '../../std/index.ts'
import type { Amounts } from '../accounts/amounts.ts'
import { parse } from '../definitions/schema.ts'
import { failure, payloadOf } from '../journal/outcome.ts'
import type { Outcome } from '../journal/outcome.ts'
import { suffixOf } from '../keys/key.ts'
import type { BodyEnd } from './body.ts'
import { isBackground } from '../effects/ask.ts'
import type { Ask } from '../effects/ask.ts'
import { giveUpAll } from '../upgrade/give-up.ts'
import { CANCEL_KEY, cancelChild, stopAsk } from './cancel.ts'
import { letLinger } from './pending-wait.ts'
import { ORPHANS_KEY } from './take-back.ts'
import type { Process } from './process.ts'
import { isShielded } from '../scopes/scope.ts'
import { lostCompensations, shieldBeforeEnd } from './shield.ts'
import { startSegment } from './segment.ts'
import { hasBegun } from './snapshot-moment.ts'

const NAMED_MAX = 5

/**
 * `open`: not at its end · `asks`: a compensation is to be run first · `ended`: the fact is recorded · `continued`: a new
 * segment has begun, its body to be started.
 */
export type Ending = 'open' | 'ended' | 'continued' | 'asks'

/** Moves the process as far towards its end as it can go now. */
export function moveToEnd(process: Process): Ending {
  const { state, body } = process
  if (state.ended !== undefined) return 'ended'
  const isGoingOn = body?.end?.type === 'continue'
  const cancelled = state.cancelled !== undefined && (isGoingOn || !process.open.has(CANCEL_KEY))
  if (!cancelled && body?.end === undefined) return 'open'
  if (!cancelled && body?.end?.type === 'continue') {
    giveUpAll(process)
    // What lingers of a closed scope belongs to this segment: it comes to its end first.
    const isHeld = state.openChildren().length > 0 && !areOverdue(process)
    if (process.inFlight > 0 || isHeld || hasBegun(process) || process.shield.isBusy(state)) return 'open'
    startSegment(process, body.end.state)
    return 'continued'
  }
  dropUnbegun(process)
  giveUpAll(process)
  const failed = cancelled || body?.end?.type === 'error'
  const children = state.openChildren()
  if (failed) for (const child of children) cancelChild(process, child.key, child.pid)
  const isHeld = children.length > 0 && !(failed && areOverdue(process))
  if (process.inFlight > 0 || process.switchedOff.length > 0 || isHeld || hasBegun(process)) return 'open'
  const shield = shieldBeforeEnd(process, failed)
  if (shield !== 'none') return shield === 'asks' ? 'asks' : 'open'
  const result: Outcome = cancelled
    ? { type: 'cancelled' }
    : resultOf(process, body?.end as Exclude<BodyEnd, { type: 'continue' }>)
  const warning = [
    ...warningsOf(
      cancelled ? [] : [...process.floating],
      children.map((child) => child.pid),
    ),
    ...shieldWarnings(process, failed),
  ].join('; ')
  process.record({ type: 'ended', result, ...(warning === '' ? {} : { warning }) })
  const { reopens } = process.state
  tellParent(process, { outcome: result, again: reopens === 0 ? '' : `@${reopens}`, toppedUp: process.state.toppedUp })
  return 'ended'
}

/** Whether children that were told to end have had their time; the first look sets the clock. */
function areOverdue(process: Process): boolean {
  const clock = process.state.effects.get(ORPHANS_KEY)
  if (clock !== undefined) return clock.outcome !== undefined
  const dueAt = process.deps.clock.now() + limits.CANCEL_CHILDREN_MS_DEFAULT
  process.record({ type: 'waiting', key: ORPHANS_KEY, on: { kind: 'timer', dueAt } })
  return false
}

function warningsOf(floating: readonly string[], orphans: readonly string[]): readonly string[] {
  const some = (names: readonly string[]): string => names.slice(0, NAMED_MAX).join(', ')
  const parts: string[] = []
  if (floating.length > 0) parts.push(`FLOATING_CALL: ended with open calls: ${some(floating)}`)
  if (orphans.length > 0) parts.push(`ORPHANS: ended before children that were told to: ${some(orphans)}`)
  return parts
}

function shieldWarnings(process: Process, failed: boolean): readonly string[] {
  const lost = failed ? lostCompensations(process) : []
  return [
    ...process.shield.warnings(process.state),
    ...(lost.length === 0
      ? []
      : [`COMPENSATION_LOST: not run, for lack of code: ${lost.slice(0, NAMED_MAX).join(', ')}`]),
  ]
}

/** Open asks that have not begun are dropped, and what floats is noted by name (rule S5). */
export function dropUnbegun(process: Process): void {
  process.asked = process.asked.filter((ask) => isRepeat(process, ask) || isShielded(ask.key))
  if (process.state.cancelled !== undefined)
    process.asked.push(...process.switchedOff.filter(({ key }) => isShielded(key)))
  const isLeaving = process.state.cancelled !== undefined
  process.switchedOff = isLeaving
    ? []
    : process.switchedOff.filter((ask) => isRepeat(process, ask) || isShielded(ask.key))
  for (const ask of process.open.values()) {
    if (ask.key === CANCEL_KEY || ask.op === 'close' || ask.op === 'join' || ask.op === 'start') continue
    if (isShielded(ask.key)) continue
    if (!isBackground(ask)) process.floating.add(ask.key)
    const phase = process.state.effects.get(ask.key)?.phase
    if (ask.op === 'effect' && (phase === 'begun' || phase === 'intended')) {
      letLinger(process, ask)
      continue
    }
    if (ask.op === 'send' || ask.op === 'hook' || process.asked.includes(ask) || process.switchedOff.includes(ask))
      continue
    stopAsk(process, ask)
    process.open.delete(ask.key)
  }
}

/** A write that was begun and is to be begun again, a child that a fork starts afresh: both are waited for like one that runs. */
function isRepeat(process: Process, ask: Ask): boolean {
  if (ask.op === 'start') return suffixOf(ask.key) === 'afresh'
  return ask.op === 'effect' && ask.class === 'write' && (process.state.effects.get(ask.key)?.attempt ?? 0) > 0
}

function resultOf(process: Process, end: Exclude<BodyEnd, { type: 'continue' }>): Outcome {
  if (end.type === 'error')
    return end.error.code === 'CANCELLED' && process.state.cancelled !== undefined
      ? { type: 'cancelled' }
      : failure(end.error)
  const { definition } = process
  try {
    const value =
      definition?.output === undefined || definition.kind === 'agent'
        ? end.value
        : parse(definition.output, end.value, `the value of ${definition.name}`, 'OUTPUT_INVALID')
    return { type: 'ok', value: payloadOf(value) }
  } catch (thrown) {
    return failure(toSkeinError(thrown).toJSON())
  }
}

/** An end as it is told: `again` tells one from another, `toppedUp` comes home with it, once. */
type ToldEnd = { readonly outcome: Outcome; readonly again: string; readonly toppedUp: Amounts }

/** Says how it ended, and what comes home. */
export function tellParent(process: Process, { outcome, again, toppedUp }: ToldEnd): void {
  const { start } = process.act
  if (start.parent === undefined) return
  const { spent, forfeited } = process.state.account.data
  process.turn.sent.push({
    type: 'control',
    to: start.parent.pid,
    control: {
      id: `${process.pid}!ended${again}`,
      type: 'childEnded',
      child: process.pid,
      key: start.parent.key,
      outcome,
      cap: start.cap,
      spent,
      forfeited,
      toppedUp,
    },
  })
}
