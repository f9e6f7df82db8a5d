/** Facts of a journal in words, as `skein log` and plain progress show them. */
import type { Fact } from '../../kernel/index.ts'
import { unreachable } from '../../std/index.ts'
import type { Story } from '../views/story.ts'
import { amountsWords } from './amounts.ts'
import { shortPid } from './pid.ts'
import { oneLine, outcomeWords, payloadWords } from './value.ts'

/** What happened (`begun`), to what (`publish`), and more about it. */
export type FactLine = { readonly verb: string; readonly subject: string; readonly detail: string }

const DETAIL_MAX = 100

/** One fact; `story` has folded it already, so that effects have their names. */
export function factWords(fact: Fact, story: Story): FactLine {
  switch (fact.type) {
    case 'born':
      return {
        verb: 'born',
        subject: fact.workflow,
        detail: `${fact.kind} ${fact.version}, input ${payloadWords(fact.input, DETAIL_MAX)}`,
      }
    case 'intended': {
      const attempt = fact.attempt > 1 ? `, attempt ${fact.attempt}` : ''
      const by = fact.verdict.approvedBy === undefined ? '' : `, approved by ${fact.verdict.approvedBy}`
      const args = fact.args === undefined ? '' : ` ${payloadWords(fact.args, DETAIL_MAX)}`
      return {
        verb: 'allowed',
        subject: nameOf(fact.key, story),
        detail: `${fact.kind}, ${fact.class}${attempt}${by}${args}`,
      }
    }
    case 'begun':
      return {
        verb: 'begun',
        subject: nameOf(fact.key, story),
        detail: fact.attempt > 1 ? `attempt ${fact.attempt}` : '',
      }
    case 'settled': {
      const cost = fact.actual === undefined ? '' : ` (${amountsWords(fact.actual)})`
      return {
        verb: settledVerb(fact.outcome.type),
        subject: nameOf(fact.key, story),
        detail: `${outcomeWords(fact.outcome, DETAIL_MAX)}${cost}${fact.note === undefined ? '' : `, ${fact.note}`}`,
      }
    }
    case 'unknown':
      return { verb: 'unknown', subject: nameOf(fact.key, story), detail: fact.why }
    case 'resolved':
      return { verb: 'resolved', subject: nameOf(fact.key, story), detail: `${fact.how}, by ${fact.by}` }
    case 'waiting':
      return { verb: 'waits', subject: nameOf(fact.key, story), detail: waitWords(fact.on) }
    case 'answered':
      return {
        verb: 'answered',
        subject: nameOf(fact.key, story),
        detail: `${outcomeWords(fact.outcome, DETAIL_MAX)}${fact.by === undefined ? '' : `, by ${fact.by}`}`,
      }
    case 'closed':
      return {
        verb: 'closed',
        subject: fact.scope === '' ? 'the process' : fact.scope,
        detail: `${fact.why}${fact.reason === undefined ? '' : `: ${oneLine(fact.reason, DETAIL_MAX)}`}`,
      }
    case 'sent':
      return sentWords(fact)
    case 'account': {
      const other = fact.other === undefined ? '' : ` ${fact.op === 'return' ? 'from' : 'to'} ${shortPid(fact.other)}`
      return {
        verb: 'account',
        subject: fact.op,
        detail: `${amountsWords(fact.amounts)}${other}${fact.by === undefined ? '' : `, by ${fact.by}`}`,
      }
    }
    case 'snapshot':
      return { verb: 'snapshot', subject: `segment ${fact.segment}`, detail: payloadWords(fact.state, DETAIL_MAX) }
    case 'ended':
      return {
        verb: 'ended',
        subject: fact.result.type === 'ok' ? 'done' : fact.result.type === 'cancelled' ? 'cancelled' : 'failed',
        detail: `${outcomeWords(fact.result, DETAIL_MAX)}${fact.warning === undefined ? '' : ` (${fact.warning})`}`,
      }
    default:
      return unreachable(fact, 'fact')
  }
}

function nameOf(key: string, story: Story): string {
  return story.find(key)?.name ?? key
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

function sentWords(fact: Extract<Fact, { type: 'sent' }>): FactLine {
  const to = shortPid(fact.to)
  switch (fact.what) {
    case 'start':
      return { verb: 'started', subject: to, detail: fact.detached === true ? 'detached' : '' }
    case 'cancel':
      return { verb: 'cancels', subject: to, detail: '' }
    case 'message':
      return {
        verb: 'sent',
        subject: `to ${to}`,
        detail: fact.body === undefined ? '' : payloadWords(fact.body, DETAIL_MAX),
      }
    default:
      return unreachable(fact.what, 'kind of message')
  }
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
      return `for an answer: ${oneLine(on.title, DETAIL_MAX)}`
    case 'promise':
      return `for the promise ${on.name}`
    case 'budget':
      return `for ${amountsWords(on.need)}`
    case 'grace':
      return 'a moment, before looking at the far side again'
    case 'operator':
      return `for an operator: ${oneLine(on.question, DETAIL_MAX)}`
    default:
      return unreachable(on, 'wait')
  }
}
