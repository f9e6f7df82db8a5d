/** What a process is doing, in a word or two. */
import type { ProcessStatus } from '../../engine/index.ts'
import { failureOf } from '../../kernel/index.ts'
import { unreachable } from '../../std/index.ts'
import type { Member } from '../views/family.ts'
import { isForPerson, openNeeds } from '../views/rest.ts'

/** How a row is painted. */
export type Tone = 'plain' | 'ask' | 'bad' | 'dim'

/** The state of a process, and how loud it is. */
export function stateWords(member: Member): { readonly text: string; readonly tone: Tone } {
  const { view, story } = member
  const needs = view.status === 'parked' ? [] : openNeeds(member)
  if (needs.length > 0) {
    if (needs.some((need) => need.kind === 'operator')) return { text: 'OUTCOME UNKNOWN', tone: 'bad' }
    if (needs.some(isForPerson)) return { text: 'WAITING FOR YOU', tone: 'ask' }
    if (needs.some((need) => need.kind === 'switch')) return { text: 'SWITCHED OFF', tone: 'bad' }
    if (needs.some((need) => need.kind === 'budget')) return { text: 'OUT OF BUDGET', tone: 'bad' }
    if (needs.some((need) => need.kind === 'pending')) return { text: 'pending', tone: 'plain' }
    return { text: 'listening', tone: 'plain' }
  }
  if (view.status === 'waiting' && story.waiting().some((entry) => entry.wait?.on.kind === 'timer'))
    return { text: 'sleeping', tone: 'plain' }
  return statusWords(view.status)
}

/** A status, with no journal at hand. */
export function statusWords(status: ProcessStatus): { readonly text: string; readonly tone: Tone } {
  switch (status) {
    case 'ready':
      return { text: 'queued', tone: 'plain' }
    case 'running':
      return { text: 'running', tone: 'plain' }
    case 'waiting':
      return { text: 'waiting', tone: 'plain' }
    case 'parked':
      return { text: 'PARKED', tone: 'bad' }
    case 'done':
      return { text: 'done', tone: 'dim' }
    case 'failed':
      return { text: 'failed', tone: 'bad' }
    case 'cancelled':
      return { text: 'cancelled', tone: 'dim' }
    default:
      return unreachable(status, 'status')
  }
}

/** The code of a failed process's error. */
export function failureCode(member: Member): string | undefined {
  const result = member.view.result
  return result === undefined ? undefined : failureOf(result)?.code
}
