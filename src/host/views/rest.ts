/** What a run waits for when nothing in it moves by itself. */
import type { ProcessView } from '../../engine/index.ts'
import type { Control } from '../../kernel/index.ts'
import type { ErrorData } from '../../std/index.ts'
import type { Family, Member } from './family.ts'
import type { Entry } from './entry.ts'

/** One thing that only somebody outside can give. */
export type Need =
  | {
      readonly kind: 'approval' | 'answer' | 'budget' | 'operator' | 'message' | 'promise' | 'pending' | 'switch'
      readonly member: Member
      readonly entry: Entry
    }
  | { readonly kind: 'parked'; readonly member: Member; readonly error: ErrorData }

/** `moving`: something is in flight or due · `ended` · `resting`: nothing happens until a need is met. */
export type Rest =
  | { readonly type: 'moving' }
  | { readonly type: 'ended' }
  | { readonly type: 'resting'; readonly needs: readonly Need[] }

/** True for a status after which nothing comes. */
export function isEnded(status: ProcessView['status']): boolean {
  return status === 'done' || status === 'failed' || status === 'cancelled'
}

/** Judges a whole run. */
export function restOf(family: Family): Rest {
  if (family.root === undefined) return { type: 'moving' }
  if (isEnded(family.root.view.status)) return { type: 'ended' }
  const needs: Need[] = []
  for (const member of family.members.values()) {
    if (isEnded(member.view.status)) continue
    const own = needsOf(member)
    if (own === 'moving' || isAnswered(member) || awaitsNews(family, member)) return { type: 'moving' }
    needs.push(...own)
  }
  // Only waits on children, and no child that waits for anything: the news of an end is on its way.
  return needs.length === 0 ? { type: 'moving' } : { type: 'resting', needs }
}

/** It waits for a child that has ended, or is not there yet: either is on its way. */
function awaitsNews(family: Family, { view, story }: Member): boolean {
  if (view.status === 'parked') return false
  return story.waiting().some(({ wait }) => {
    if (wait?.on.kind !== 'child') return false
    const child = family.members.get(wait.on.pid)
    return child === undefined ? family.isWhole : isEnded(child.view.status)
  })
}

/** What one process needs from outside, or that it moves by itself. */
export function needsOf(member: Member): readonly Need[] | 'moving' {
  const { view, story } = member
  if (view.status === 'parked') {
    const unknown: ErrorData = { code: 'INTERNAL', message: 'parked without a reason', retryable: false }
    const operators = entryNeeds(member).filter((need) => need.kind === 'operator')
    return operators.length > 0 ? operators : [{ kind: 'parked', member, error: view.parked ?? unknown }]
  }
  if (view.status === 'ready' || story.inFlight().some((entry) => entry.kind !== 'child')) return 'moving'
  const waiting = story.waiting().filter((entry) => !isAside(entry))
  if (waiting.length === 0 || waiting.some(isDue)) return 'moving'
  return entryNeeds(member)
}

/** Everything in one process that somebody outside could give now, moving or not. */
export function entryNeeds(member: Member): Need[] {
  const needs: Need[] = []
  for (const entry of member.story.waiting()) {
    const kind = entry.wait?.on.kind
    if (isAside(entry)) continue
    switch (kind) {
      case 'approval':
      case 'answer':
      case 'budget':
      case 'operator':
      case 'pending':
      case 'message':
      case 'promise':
      case 'switch':
        needs.push({ kind, member, entry })
        break
      default:
        break
    }
  }
  return needs
}

/** What somebody outside could give and has not given yet, whatever else the process does meanwhile. */
export function openNeeds(member: Member): readonly Need[] {
  if (isEnded(member.view.status)) return []
  if (member.view.status === 'parked') return needsOf(member) as readonly Need[]
  return entryNeeds(member).filter((need) => need.kind === 'parked' || !isGiven(need, member.pending ?? []))
}

/** Something it waits for was given: it moves as soon as somebody runs it. */
function isAnswered(member: Member): boolean {
  const { view, pending = [] } = member
  return view.status !== 'parked' && entryNeeds(member).some((need) => need.kind !== 'parked' && isGiven(need, pending))
}

function isGiven(need: Exclude<Need, { kind: 'parked' }>, pending: readonly Control[]): boolean {
  return pending.some((control) => {
    switch (control.type) {
      case 'cancel':
        return true
      case 'approve':
      case 'answer':
      case 'resolve':
      case 'settle':
        return control.key === need.entry.key
      case 'topUp':
        return need.kind === 'budget'
      default:
        return false
    }
  })
}

/** An agent hears its mail while it does other things: nobody has to write to it. */
function isAside(entry: Entry): boolean {
  return entry.wait?.on.kind === 'message' && entry.wait.on.aside === true
}

/** Timers come by themselves; an approval that expires is still for a person. */
function isDue(entry: Entry): boolean {
  const on = entry.wait?.on
  if (on === undefined) return false
  switch (on.kind) {
    case 'timer':
    case 'grace':
      return true
    case 'message':
    case 'promise':
      return on.dueAt !== undefined
    default:
      return false
  }
}

/** True when a person is asked, rather than another program. */
export function isForPerson(need: Need): boolean {
  return need.kind === 'approval' || need.kind === 'answer'
}

/** The exit code of a run that rests: parked before budget before waiting. */
export function restExitCode(needs: readonly Need[]): number {
  if (needs.some((need) => need.kind === 'parked' || need.kind === 'operator')) return 4
  if (needs.some((need) => need.kind === 'budget')) return 5
  return 3
}
