import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { asEffectKey, asMessageId, asOwnerId, asPid, asScopePath, asSeq } from '../../std/index.ts'
import type { EffectKey } from '../../std/index.ts'
import type { Fact, FactBody, WaitOn } from '../journal/facts.ts'
import { payloadOf } from '../journal/outcome.ts'
import { maskedFact } from './masked-fact.ts'
import { Masker } from './masker.ts'
import { Pseudonyms } from './pseudonym.ts'

/** What somebody has said; it is in every place of a fact that can hold such a thing. */
const SAID = 'Amaranth'
const said = payloadOf({ of: SAID })
const ok = { type: 'ok', value: said } as const
const by = SAID
const pid = asPid(SAID)
/** Keys are made of values. */
const key = asEffectKey('tool:pay:Amaranth#0')
const scope = asScopePath('all:Amaranth#0')
const erased = { erased: true, digest: 'd', bytes: 3 } as never
const carried = payloadOf({ account: {}, children: [{ key, pid, cap: {} }], shown: [SAID] })
const carriedLess = payloadOf({ account: {}, children: [] })

const born = {
  type: 'born',
  kind: 'workflow',
  workflow: 'w',
  version: '1',
  codeDigest: 'c',
  input: said,
  root: asPid('root'),
  depth: 0,
  cap: {},
  strict: false,
  incarnation: 0,
} as const
const intended = {
  type: 'intended',
  key,
  attempt: 1,
  class: 'write',
  kind: 'step',
  name: SAID,
  argsHash: SAID,
  verdict: {},
  reserve: {},
  timeoutMs: 1,
} as const

/** Of every type: with all that it can have, and with as little. */
const FACTS: { readonly [T in FactBody['type']]: readonly Extract<FactBody, { type: T }>[] } = {
  born: [born, { ...born, parent: { pid, key }, tenant: SAID }, { ...born, input: erased }],
  intended: [intended, { ...intended, args: said, prompt: SAID, tools: SAID, verdict: { approvedBy: by } }],
  shown: [{ type: 'shown', what: 'prompt', hash: SAID, text: said }],
  begun: [{ type: 'begun', key, attempt: 1, owner: asOwnerId(SAID) }],
  settled: [
    { type: 'settled', key, attempt: 1, outcome: ok },
    { type: 'settled', key, attempt: 1, outcome: { type: 'error', error: said }, actual: { tokens: 2 }, note: SAID },
    { type: 'settled', key, attempt: 1, outcome: { type: 'unknown', why: SAID } },
    { type: 'settled', key, attempt: 0, outcome: { type: 'cancelled' } },
  ],
  unknown: [{ type: 'unknown', key, attempt: 1, why: SAID }],
  resolved: [
    { type: 'resolved', key, how: 'again', by },
    { type: 'resolved', key, how: 'done', by, outcome: ok },
  ],
  waiting: [],
  answered: [
    { type: 'answered', key, outcome: ok },
    { type: 'answered', key, outcome: ok, by, messageId: asMessageId(SAID) },
  ],
  closed: [
    { type: 'closed', scope: asScopePath(''), why: 'cancelled', reason: SAID },
    { type: 'closed', scope, why: 'won', key },
  ],
  dropped: [{ type: 'dropped', key, keys: [key], going: [key] }],
  sent: [
    { type: 'sent', key, id: asMessageId(SAID), to: pid, what: 'cancel' },
    { type: 'sent', key, id: asMessageId(SAID), to: pid, what: 'message', name: SAID, body: said },
  ],
  account: [
    { type: 'account', op: 'topUp', amounts: { tokens: 1 } },
    { type: 'account', op: 'carve', key, amounts: { tokens: 1 }, other: pid, by },
  ],
  snapshot: [
    { type: 'snapshot', state: said, version: '1', segment: 1, carried },
    { type: 'snapshot', state: said, version: '1', segment: 1, carried: carriedLess },
    { type: 'snapshot', state: erased, version: '1', segment: 1, carried: erased },
  ],
  adopted: [
    { type: 'adopted', from: 'a', to: 'b', version: '2', orphans: [], by },
    {
      type: 'adopted',
      from: 'a',
      to: 'b',
      version: '2',
      orphans: [key],
      gone: [key],
      fresh: [key],
      reused: [{ key, from: key }],
      failed: [key],
      open: [scope],
      ahead: [scope],
      undrawn: [key],
      by,
    },
  ],
  ended: [
    { type: 'ended', result: ok },
    { type: 'ended', result: { type: 'error', error: said }, warning: SAID },
  ],
  reopened: [
    { type: 'reopened', keys: [key], by },
    { type: 'reopened', keys: [key], by, dropped: [key], withheld: { tokens: 1 } },
  ],
  erased: [
    { type: 'erased', by },
    { type: 'erased', by, key },
  ],
}

const WAITS: { readonly [K in WaitOn['kind']]: readonly Extract<WaitOn, { kind: K }>[] } = {
  timer: [{ kind: 'timer', dueAt: 7 }],
  budget: [{ kind: 'budget', need: { tokens: 5 } }],
  grace: [{ kind: 'grace', dueAt: 7 }],
  message: [{ kind: 'message', pattern: { topic: SAID, from: pid, topics: [SAID, SAID] } }],
  child: [{ kind: 'child', pid }],
  approval: [
    { kind: 'approval', title: SAID, argsHash: SAID },
    { kind: 'approval', title: SAID, argsHash: SAID, show: said, dueAt: 7 },
  ],
  answer: [{ kind: 'answer' }, { kind: 'answer', title: SAID, show: said }],
  promise: [{ kind: 'promise', name: SAID }],
  operator: [{ kind: 'operator', question: SAID, held: 1 }],
  pending: [
    { kind: 'pending', token: SAID, actual: {} },
    { kind: 'pending', token: SAID, actual: { tokens: 1 }, refused: said },
  ],
  upgrade: [
    { kind: 'upgrade', by, verdicts: [] },
    {
      kind: 'upgrade',
      by,
      verdicts: [
        { key, how: 'new' },
        { key, how: 'reuse', from: key },
      ],
    },
  ],
  switch: [
    { kind: 'switch', target: `tenant:${SAID}`, by },
    { kind: 'switch', target: `tenant:${SAID}`, by, reason: SAID },
  ],
}

const waits = Object.values(WAITS).flatMap((kind: readonly WaitOn[]) =>
  kind.map((on) => ({ type: 'waiting', key, on }) as const),
)
const all: readonly FactBody[] = [...Object.values(FACTS).flat(), ...waits]

const pseudonyms = new Pseudonyms('secret', {
  sha256: (text: string) => createHash('sha256').update(text).digest('hex'),
})
const masker = new Masker({ pseudonyms, sources: [], names: new Set(['root']), children: new Set() })
const masked = (fact: FactBody): Fact =>
  maskedFact(
    { ...fact, v: 1, seq: asSeq(3), at: 9 },
    {
      masker,
      key: (old) => old.replaceAll(SAID, 'other') as EffectKey,
      asks: new Map(),
    },
  )

/** A fact with `…` for every string but its own words: what may not change. */
const shapeOf = (value: unknown): unknown => {
  if (typeof value === 'string') return '…'
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(shapeOf)
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, shapeOf(member)]))
}

describe('a masked fact', () => {
  it.each(all.map((fact) => [JSON.stringify(fact), fact] as const))('says nothing of what was said: %s', (_, fact) => {
    expect(JSON.stringify(masked(fact))).not.toContain(SAID)
  })

  it.each(all.map((fact) => [JSON.stringify(fact), fact] as const))('has all members and numbers of: %s', (_, fact) => {
    const { v, seq, at, ...body } = masked(fact)
    expect([v, seq, at, body.type]).toEqual([1, 3, 9, fact.type])
    expect(shapeOf(body)).toEqual(shapeOf(fact))
  })

  it('keeps what an operator has erased as it is', () => {
    expect(masked({ ...born, input: erased })).toMatchObject({ input: erased })
    expect(masked({ type: 'snapshot', state: erased, version: '1', segment: 1, carried: erased })).toMatchObject({
      state: erased,
      carried: erased,
    })
  })

  it('takes its key from the code, and the same words for the same words', () => {
    expect(masked({ type: 'begun', key, attempt: 1, owner: asOwnerId('o') })).toMatchObject({
      key: 'tool:pay:other#0',
    })
    const open = masked({ type: 'adopted', from: 'a', to: 'b', version: '2', orphans: [], open: [scope], by })
    expect(open).toMatchObject({ open: ['all:other#0'], by: masker.text(SAID) })
    const held = masked({ type: 'waiting', key, on: { kind: 'switch', target: `tenant:${SAID}`, by } })
    expect(held).toMatchObject({ on: { target: `tenant:${masker.text(SAID)}`, by: masker.text(SAID) } })
  })

  it('names effects, children and promises as the code that asks for them does', () => {
    const asking = (ask: object, fact: FactBody): Fact =>
      maskedFact(
        { ...fact, v: 1, seq: asSeq(3), at: 9 },
        {
          masker,
          key: (old) => old,
          asks: new Map([[key, ask as never]]),
        },
      )
    expect(asking({ op: 'effect', name: 'in code' }, intended)).toMatchObject({ name: 'in code' })
    const start = { type: 'sent', key, id: asMessageId('m'), to: pid, what: 'start', name: SAID } as const
    expect(asking({ op: 'start', name: 'in code' }, start)).toMatchObject({ name: 'in code' })
    expect(asking({ op: 'send', to: 'p' }, { ...start, what: 'message' })).toMatchObject({ to: 'p' })
    const promise = { type: 'waiting', key, on: { kind: 'promise', name: SAID } } as const
    expect(asking({ op: 'promise', name: 'in code' }, promise)).toMatchObject({ on: { name: 'in code' } })
  })
})
