/** Facts of a journal in words, as `skein log` and plain progress show them. */
import type { Born, Fact } from '../../kernel/index.ts'
import { unreachable } from '../../std/index.ts'
import type { Story } from '../views/story.ts'
import { amountsWords } from './amounts.ts'
import { shortPid } from './pid.ts'
import { oneLine, outcomeWords, payloadWords } from './value.ts'

/** What happened (`begun`), to what (`publish`), and more about it. */
export type FactLine = { readonly verb: string; readonly subject: string; readonly detail: string }

const DETAIL_MAX = 100
const HASH_SHOWN = 12

/** One fact; `story` has folded it already, so that effects have their names. */
export function factWords(fact: Fact, story: Story): FactLine {
  const [verb, subject, ...details] = words(fact, (key) => story.find(key)?.name ?? key)
  const origin = fact.shared === undefined ? undefined : `shared, fact ${fact.shared} of ${story.born?.lineage?.pid}`
  const said = [...details, origin].filter((detail) => detail !== undefined && detail !== '')
  return { verb, subject, detail: said.join(', ') }
}

type Words = readonly [verb: string, subject: string, ...details: (string | undefined)[]]

function words(fact: Fact, nameOf: (key: string) => string): Words {
  switch (fact.type) {
    case 'born':
      return [
        'born',
        fact.workflow,
        `${fact.kind} ${fact.version}`,
        forkWords(fact),
        `input ${payloadWords(fact.input, DETAIL_MAX)}`,
      ]
    case 'intended': {
      const args = fact.args === undefined ? undefined : payloadWords(fact.args, DETAIL_MAX)
      const kind = `${fact.kind} ${fact.class}`
      return ['allowed', nameOf(fact.key), kind, attemptWords(fact.attempt), byWords(fact.verdict.approvedBy), args]
    }
    case 'shown':
      return ['shows', fact.what, fact.hash.slice(0, HASH_SHOWN), payloadWords(fact.text, DETAIL_MAX)]
    case 'begun':
      return ['begun', nameOf(fact.key), attemptWords(fact.attempt)]
    case 'settled': {
      const cost = fact.actual === undefined ? undefined : amountsWords(fact.actual)
      return [settledVerb(fact.outcome.type), nameOf(fact.key), outcomeWords(fact.outcome, DETAIL_MAX), cost, fact.note]
    }
    case 'unknown':
      return ['unknown', nameOf(fact.key), fact.why]
    case 'resolved':
      return ['resolved', nameOf(fact.key), fact.how, byWords(fact.by)]
    case 'waiting':
      return ['waits', nameOf(fact.key), waitWords(fact.on)]
    case 'answered':
      return ['answered', nameOf(fact.key), outcomeWords(fact.outcome, DETAIL_MAX), byWords(fact.by)]
    case 'closed':
      return [
        'closed',
        fact.scope === '' ? 'the process' : fact.scope,
        fact.why,
        oneLine(fact.reason ?? '', DETAIL_MAX),
      ]
    case 'dropped':
      return ['let go', fact.keys.map(nameOf).join(', '), goingWords(fact.going.map(nameOf))]
    case 'sent':
      return sentWords(fact)
    case 'account':
      return ['account', fact.op, amountsWords(fact.amounts), otherWords(fact), byWords(fact.by)]
    case 'snapshot':
      return ['snapshot', `segment ${fact.segment}`, payloadWords(fact.state, DETAIL_MAX), letGoWords(fact.letGo)]
    case 'adopted':
      return ['adopted', `version ${fact.version}`, codeWords(fact), orphanWords(fact.orphans.length), byWords(fact.by)]
    case 'erased':
      return ['erased', fact.key === undefined ? 'all payloads' : nameOf(fact.key), byWords(fact.by)]
    case 'ended':
      return ['ended', settledVerb(fact.result.type), outcomeWords(fact.result, DETAIL_MAX), fact.warning]
    case 'reopened':
      return [
        'reopened',
        'the process',
        fact.keys.map(nameOf).join(' '),
        byWords(fact.by),
        fact.dropped === undefined ? undefined : `left behind: ${fact.dropped.map(nameOf).join(' ')}`,
      ]
    default:
      return unreachable(fact, 'fact')
  }
}

const DIGEST_SHOWN = 8

function codeWords({ from, to }: Extract<Fact, { type: 'adopted' }>): string {
  return from === to ? 'the same code' : `code ${from.slice(0, DIGEST_SHOWN)} → ${to.slice(0, DIGEST_SHOWN)}`
}

function orphanWords(count: number): string | undefined {
  return count === 0 ? undefined : `${count} left over`
}
/** Of a fork, what it branched off from and what is other in it: `fork of a1@12, writes refused`. */
export function forkWords({ fork }: Pick<Born, 'fork'>): string | undefined {
  if (fork === undefined) return undefined
  const { model, instructions, answers, input } = fork.overrides ?? {}
  const changed = [
    ...(model === undefined ? [] : [`model ${model}`]),
    ...(instructions === undefined ? [] : ['other instructions']),
    ...Object.keys(answers ?? {}).map((key) => `another outcome of ${key}`),
    ...(input === undefined ? [] : ['another input']),
  ]
  return [`fork of ${shortPid(fork.from)}@${fork.seq}`, WRITES_WORDS[fork.writes], ...changed].join(', ')
}

const WRITES_WORDS = { refuse: 'writes refused', stub: 'writes stubbed', live: 'writes live' } as const

function attemptWords(attempt: number): string | undefined {
  return attempt > 1 ? `attempt ${attempt}` : undefined
}

function goingWords(names: readonly string[]): string | undefined {
  return names.length === 0 ? undefined : `begun, and waited for: ${names.join(', ')}`
}

function letGoWords(names: readonly string[] | undefined): string | undefined {
  return names === undefined ? undefined : `compensations let go: ${names.join(', ')}`
}

function byWords(by: string | undefined): string | undefined {
  return by === undefined ? undefined : `by ${by}`
}

function otherWords(fact: Extract<Fact, { type: 'account' }>): string | undefined {
  if (fact.other === undefined) return undefined
  return `${fact.op === 'return' ? 'from' : 'to'} ${shortPid(fact.other)}`
}

function settledVerb(type: string): string {
  switch (type) {
    case 'ok':
      return 'done'
    case 'error':
      return 'failed'
    default:
      return type
  }
}

function sentWords(fact: Extract<Fact, { type: 'sent' }>): Words {
  const to = shortPid(fact.to)
  switch (fact.what) {
    case 'start':
      return ['started', to, fact.detached === true ? 'detached' : undefined]
    case 'cancel':
      return ['cancels', to]
    case 'message':
      return ['sent', `to ${to}`, fact.body === undefined ? undefined : payloadWords(fact.body, DETAIL_MAX)]
    default:
      return unreachable(fact.what, 'kind of message')
  }
}

function reasonWords(reason: string | undefined): string {
  return reason === undefined ? '' : `: ${oneLine(reason, DETAIL_MAX)}`
}

/** What a wait is for. */
export function waitWords(on: Extract<Fact, { type: 'waiting' }>['on']): string {
  switch (on.kind) {
    case 'timer':
      return `until ${new Date(on.dueAt).toISOString()}`
    case 'message':
      return `for a message${on.pattern.topic === undefined ? '' : ` on ${on.pattern.topic}`}`
    case 'child':
      return `for ${shortPid(on.pid)}`
    case 'approval':
      return `for approval${on.dueAt === undefined ? '' : ` until ${new Date(on.dueAt).toISOString()}`}`
    case 'answer':
      return `for an answer${on.title === undefined ? '' : `: ${oneLine(on.title, DETAIL_MAX)}`}`
    case 'promise':
      return `for the promise ${on.name}`
    case 'budget':
      return `for ${amountsWords(on.need)}`
    case 'grace':
      return 'a moment, before looking at the far side again'
    case 'upgrade':
      return 'to move to other code, when nothing is under way'
    case 'pending': {
      const refused = on.refused === undefined ? '' : `; ${payloadWords(on.refused, DETAIL_MAX)}`
      const until = on.dueAt === undefined ? '' : ` until ${new Date(on.dueAt).toISOString()}`
      return `to be settled as ${oneLine(on.token, DETAIL_MAX)}${until}${refused}`
    }
    case 'switch':
      return `until ${on.target} is switched on again (off by ${on.by}${reasonWords(on.reason)})`
    case 'operator':
      return `for an operator: ${oneLine(on.question, DETAIL_MAX)}`
    default:
      return unreachable(on, 'wait')
  }
}
