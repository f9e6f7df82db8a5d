/** The oracles notice what they are there for: each is shown a planted offence. */
import { describe, expect, it } from 'vitest'
import { FACT_VERSION, NOTHING, payloadOf } from '../../kernel/index.ts'
import type { Fact, FactBody } from '../../kernel/index.ts'
import { asEffectKey, asMessageId, asOwnerId, asPid, asScopePath, asSeq } from '../../std/index.ts'
import type { Deed } from '../world/world.ts'
import { conservationOffences } from './conservation.ts'
import { journalOffences } from './journal-laws.ts'
import type { Journal } from './journal.ts'
import { messageOffences } from './message-laws.ts'
import { compareWithWorld } from './world-laws.ts'

const PID = asPid('p')
const KEY = asEffectKey('tool:pay:1#0')
const ok = { type: 'ok' as const, value: payloadOf('paid') }
const born: FactBody = {
  type: 'born',
  kind: 'workflow',
  workflow: 'w',
  version: '1',
  codeDigest: 'd',
  input: NOTHING,
  root: PID,
  depth: 0,
  cap: { toolCalls: 1 },
  strict: false,
  incarnation: 0,
}
const intended = (attempt = 1): FactBody => ({
  type: 'intended',
  key: KEY,
  attempt,
  class: 'write',
  kind: 'tool',
  name: 'pay',
  argsHash: '',
  verdict: {},
  reserve: { toolCalls: 1 },
  timeoutMs: 1_000,
})
const begun = (attempt = 1): FactBody => ({ type: 'begun', key: KEY, attempt, owner: asOwnerId('o') })
const settled = (attempt = 1, outcome: Extract<FactBody, { type: 'settled' }>['outcome'] = ok): FactBody => ({
  type: 'settled',
  key: KEY,
  attempt,
  outcome,
  actual: { toolCalls: 1 },
})
const ended: FactBody = { type: 'ended', result: ok }

const journal = (...bodies: readonly FactBody[]): Journal => ({
  pid: PID,
  facts: bodies.map((body, seq): Fact => ({ ...body, v: FACT_VERSION, seq: asSeq(seq), at: 0 })),
})
const deed = (more: Partial<Deed> = {}): Deed => ({
  at: 0,
  what: 'done',
  service: 'pay',
  key: `p/0/0/${KEY}`,
  attempt: 1,
  input: {},
  value: 'paid',
  ...more,
})
const sound = journal(born, intended(), begun(), settled(), ended)

describe('journalOffences', () => {
  it('finds nothing where all is well', () => expect(journalOffences(sound)).toEqual([]))

  it.each<readonly [string, Journal]>([
    ['J1', { pid: PID, facts: sound.facts.toSpliced(2, 1) }],
    ['J2', journal(intended(), begun(), settled())],
    ['J2', journal(born, ended, intended())],
    ['J4', journal(born, intended(), begun(), settled(), settled())],
    ['E2', journal(born, intended(), settled())],
    ['E2', journal(born, intended(), begun(2))],
    ['E4', journal(born, intended(2), begun(2), settled(2))],
    ['C3', journal(born, intended(), begun(), ended)],
    ['X6', journal(born, { type: 'closed', scope: asScopePath(''), why: 'cancelled' }, intended())],
    [
      'M4',
      journal(
        born,
        ...['a', 'b'].map((key): FactBody => ({
          type: 'answered',
          key: asEffectKey(key),
          outcome: ok,
          messageId: asMessageId('m'),
        })),
      ),
    ],
  ])('%s is noticed', (rule, broken) =>
    expect(journalOffences(broken).map((line) => line.split(':')[0])).toContain(rule),
  )
})

describe('compareWithWorld', () => {
  const offences = (ledger: readonly Deed[], ...bodies: readonly FactBody[]): string =>
    compareWithWorld([bodies.length === 0 ? sound : journal(...bodies)], ledger).offences.join('\n')
  const failed = { type: 'error' as const, error: payloadOf({ code: 'EFFECT_FAILED', message: '', retryable: false }) }

  it('finds nothing where all is well', () => expect(offences([deed()])).toBe(''))
  it('lost: what the world did and no journal knows', () =>
    expect(offences([deed(), deed({ key: 'p/0/0/other' })])).toMatch(/^lost/))
  it('skipped: what is settled and was never done', () => expect(offences([])).toMatch(/^skipped/))
  it('wrong: another answer than the world’s', () => expect(offences([deed({ value: 'refused' })])).toMatch(/^wrong/))
  it('wrong: settled as failed, and done', () =>
    expect(offences([deed()], born, intended(), begun(), settled(1, failed), ended)).toMatch(/^wrong/))
  it('repeated: a write done twice', () => expect(offences([deed(), deed()])).toMatch(/^repeated/))
  it('E2: an attempt the world saw before it had begun', () => expect(offences([deed({ attempt: 2 })])).toMatch(/^E2/))
})

describe('conservationOffences', () => {
  const offences = (...bodies: readonly FactBody[]): string =>
    conservationOffences([journal(...bodies)], ['toolCalls']).join('\n')

  it('finds nothing where all is well', () => expect(conservationOffences([sound], ['toolCalls'])).toEqual([]))
  it('a reservation left over', () => expect(offences(born, intended(), begun(), ended)).toMatch(/reserved/))
  it('an overdraft', () =>
    expect(offences(born, intended(), begun(), { ...settled(), actual: { toolCalls: 2 } } as FactBody, ended)).toMatch(
      /used 2/,
    ))
  it('money that did not come home', () =>
    expect(
      offences(born, { type: 'account', op: 'carve', amounts: { toolCalls: 1 }, other: asPid('c') }, ended),
    ).toMatch(/delegated/))
})

describe('messageOffences', () => {
  const took = (key: string, id: string): FactBody => ({
    type: 'answered',
    key: asEffectKey(key),
    outcome: { type: 'ok', value: payloadOf({ id, topic: 't' }) },
    messageId: asMessageId(id),
  })
  const rank = (id: string): number => Number(id)

  it('the order of a sender', () => {
    expect(messageOffences([journal(born, took('a', '1'), took('b', '2'))], rank)).toEqual([])
    expect(messageOffences([journal(born, took('a', '2'), took('b', '1'))], rank).join()).toMatch(/^P5/)
  })
})
