/**
 * Which processes are meant: `agent=helper,status=failed,error=EFFECT_TIMEOUT,older=1h`. A comma is "and"; `a|b` is "or"
 * within one term; `name*` is a beginning. One language for `ps` and all verbs that act on many.
 */
import type { ProcessStatus, ProcessView, Query } from '../../engine/index.ts'
import { durationMs, SkeinError } from '../../std/index.ts'
import { suggestion } from '../words/nearest.ts'
import { failureCode } from '../words/state.ts'
import type { Member } from './family.ts'
import { isEnded } from './rest.ts'

/** The statuses of processes. */
export const STATUSES: readonly ProcessStatus[] = [
  'ready',
  'running',
  'waiting',
  'parked',
  'done',
  'failed',
  'cancelled',
]

/** What each term means; the words of help and errors. */
export const TERMS = {
  agent: 'the name of an agent',
  workflow: 'the name of a workflow',
  status: STATUSES.join(', '),
  error: 'the code it failed or is parked with',
  effect: 'the name of an effect that failed, runs or waits in it',
  waits: 'what it waits for: approval, answer, budget, operator, message, child, timer, promise, switch',
  tenant: 'whose it is',
  root: 'the run it belongs to',
  pid: 'its pid',
  older: 'it has been as it is for longer than that: 1h, 30m, 2d',
  newer: 'it began less than that ago',
} as const

type Term = keyof typeof TERMS

/** Terms that only the journal answers. */
const OF_JOURNAL: readonly Term[] = ['effect', 'tenant']

/** A filter, ready to judge. */
export type Filter = {
  readonly text: string
  /** The part that the store can answer by itself. */
  readonly query: Query
  readonly matches: (member: Member, nowMs: number) => boolean
}

/** Reads a filter. Throws `USAGE` with the nearest right word. */
export function parseFilter(text: string): Filter {
  const terms = text
    .split(',')
    .map((term) => term.trim())
    .filter((term) => term !== '')
    .map(readTerm)
  if (terms.length === 0)
    throw new SkeinError('USAGE', 'the filter says nothing; write one like status=failed,error=EFFECT_TIMEOUT')
  const statuses = terms.filter(({ term }) => term === 'status').map(({ words }) => words as ProcessStatus[])
  const status =
    statuses.length === 0 ? undefined : STATUSES.filter((one) => statuses.every((some) => some.includes(one)))
  return {
    text,
    query: status === undefined ? {} : { status },
    // A journal that cannot be read is asked for only where the rest fits.
    matches: (member, nowMs) =>
      terms
        .toSorted((a, b) => Number(OF_JOURNAL.includes(a.term)) - Number(OF_JOURNAL.includes(b.term)))
        .every(({ term, words }) => words.some((word) => holds(term, word, member, nowMs))),
  }
}

function readTerm(text: string): { readonly term: Term; readonly words: readonly string[] } {
  const at = text.indexOf('=')
  const name = (at < 0 ? text : text.slice(0, at)).trim()
  const known = Object.keys(TERMS) as Term[]
  const term = known.find((one) => one === name)
  if (term === undefined)
    throw new SkeinError(
      'USAGE',
      `a filter has no term ${name}.${suggestion(name, known)} They are ${known.join(', ')}, as in status=failed,older=1h`,
    )
  const words = (at < 0 ? '' : text.slice(at + 1)).split('|').map((word) => word.trim())
  if (words.some((word) => word === '')) throw new SkeinError('USAGE', `${term}= needs a value: ${TERMS[term]}`)
  for (const word of words) checkWord(term, word)
  return { term, words }
}

function checkWord(term: Term, word: string): void {
  if (term === 'older' || term === 'newer') durationMs(word)
  if (term !== 'status' || (STATUSES as readonly string[]).includes(word)) return
  throw new SkeinError('USAGE', `there is no status ${word}.${suggestion(word, STATUSES)} They are ${TERMS.status}`)
}

function holds(term: Term, word: string, member: Member, nowMs: number): boolean {
  const { view } = member
  switch (term) {
    case 'agent':
    case 'workflow':
      return view.kind === term && fits(word, view.workflow)
    case 'status':
      return view.status === word
    case 'error':
      return fits(word, view.parked?.code ?? failureCode(member) ?? '')
    case 'effect':
      return [...member.story.entries.values()].some((entry) => {
        const isLoose = entry.outcome === undefined ? !isEnded(view.status) : entry.outcome.type !== 'ok'
        return isLoose && fits(word, entry.name)
      })
    case 'waits':
      return view.waits.some(({ on }) => on.kind === word)
    case 'tenant':
      return fits(word, member.story.born?.tenant ?? '')
    case 'root':
      return fits(word, view.root)
    case 'pid':
      return fits(word, view.pid)
    case 'older':
      return nowMs - since(view) > durationMs(word)
    case 'newer':
      return nowMs - view.createdAt < durationMs(word)
  }
}

const since = (view: ProcessView): number => view.endedAt ?? view.updatedAt

function fits(word: string, text: string): boolean {
  return word.endsWith('*') ? text.startsWith(word.slice(0, -1)) : text === word
}
