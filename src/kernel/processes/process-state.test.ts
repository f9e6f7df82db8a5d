import { describe, expect, it } from 'vitest'
import { asEffectKey, asMessageId, asPid, asScopePath, asSeq } from '../../std/index.ts'
import type { FactBody } from '../journal/facts.ts'
import { NOTHING, payloadOf, valueOf } from '../journal/outcome.ts'
import { fold } from './process-state.fixture.ts'

const ok = { type: 'ok', value: payloadOf(1) } as const
const key = asEffectKey('tool:pay:x#0')
const child = asPid('child')

const born: FactBody = {
  type: 'born',
  kind: 'workflow',
  workflow: 'w',
  version: '1',
  codeDigest: 'd',
  input: NOTHING,
  root: asPid('p'),
  depth: 0,
  cap: { toolCalls: 5 },
  strict: true,
  incarnation: 0,
}
const intended: FactBody = {
  type: 'intended',
  key,
  attempt: 1,
  class: 'write',
  kind: 'tool',
  name: 'pay',
  argsHash: 'h',
  args: payloadOf({}),
  verdict: {},
  reserve: { toolCalls: 1 },
  timeoutMs: 5,
}

describe('the state of a process', () => {
  it('J4: the first outcome of a key counts, a later one is dropped', () => {
    const state = fold(
      born,
      intended,
      { type: 'settled', key, attempt: 1, outcome: ok, actual: { toolCalls: 1 } },
      { type: 'answered', key, outcome: { type: 'cancelled' } },
    )
    expect(state.record(key).outcome).toEqual(ok)
    expect(state.dropped).toBe(1)
    expect(state.summary()).toMatchObject({ effects: { write: 1 }, spent: { toolCalls: 1 } })
  })

  it('facts out of order are a defect', () => {
    const state = fold(born)
    expect(() => state.apply({ ...intended, v: 1, seq: asSeq(5), at: 1 })).toThrow('facts in order')
  })

  it('G2: money that is carved comes home with what was used', () => {
    const state = fold(
      born,
      { type: 'sent', key, id: asMessageId('m'), to: child, what: 'start', name: 'c' },
      { type: 'account', op: 'carve', key, amounts: { toolCalls: 3 }, spent: { processes: 1 }, other: child },
    )
    expect(state.account.available('toolCalls')).toBe(2)
    expect(state.openChildren().map((record) => record.pid)).toEqual([child])
    state.apply({
      type: 'account',
      op: 'return',
      amounts: { toolCalls: 3 },
      spent: { toolCalls: 1 },
      other: child,
      v: 1,
      seq: asSeq(3),
      at: 1,
    })
    expect(state.account.available('toolCalls')).toBe(4)
    expect(state.openChildren()).toEqual([])
  })

  it('a top-up raises the cap; a cancelled root is remembered with its reason', () => {
    const state = fold(
      born,
      { type: 'account', op: 'topUp', amounts: { toolCalls: 2 }, by: 'ann' },
      { type: 'closed', scope: asScopePath(''), why: 'cancelled', reason: 'enough' },
    )
    expect(state.account.available('toolCalls')).toBe(7)
    expect(state.cancelled).toEqual({ reason: 'enough' })
    expect(state.isWithinClosed(key)).toBe(true)
  })

  it('A4: a snapshot starts anew with its state, and keeps the books', () => {
    const before = fold(born, intended, { type: 'settled', key, attempt: 1, outcome: ok, actual: { toolCalls: 1 } })
    const carried = payloadOf(before.carried())
    before.apply({
      type: 'snapshot',
      state: payloadOf({ n: 1 }),
      version: '1',
      segment: 1,
      carried,
      v: 1,
      seq: asSeq(3),
      at: 1,
    })
    expect(before.segment).toBe(1)
    expect(before.effects.size).toBe(0)
    expect(before.account.available('toolCalls')).toBe(4)
    expect(valueOf({ text: before.input })).toEqual({ n: 1 })
  })

  it('E6: what only waits has no attempt, is no keyed write and leaves no doubt', () => {
    const wait = asEffectKey('tool:pay:x#0!approval')
    const state = fold(born, { type: 'waiting', key: wait, on: { kind: 'approval', title: 'pay?', argsHash: 'h' } })
    expect(state.record(wait)).toMatchObject({ attempt: 0, argsAreRaw: false, idempotent: false, inDoubt: false })
    expect(state.record(wait)).toMatchObject({ isSharedSend: false, outcome: undefined, outcomeSeq: -1 })
    expect(fold(born, intended).record(key).idempotent).toBe(false)
    expect(fold(born, { ...intended, idempotent: true }).record(key).idempotent).toBe(true)
  })

  it('G5: what is withheld at a reopening is not there to be spent, and no wait for money outlives its segment', () => {
    const reopened: FactBody = { type: 'reopened', keys: [], by: 'ann', withheld: { toolCalls: 2 } }
    expect(fold(born, { type: 'ended', result: ok }, reopened).account.available('toolCalls')).toBe(3)
    const wait = asEffectKey('tool:pay:x#0!budget')
    const waiting: FactBody = { type: 'waiting', key: wait, on: { kind: 'budget', need: { toolCalls: 9 } } }
    const state = fold(born, waiting)
    expect([...state.budgetWaits]).toEqual([wait])
    const carried = payloadOf(state.carried())
    const snapshot: FactBody = { type: 'snapshot', state: NOTHING, version: '1', segment: 1, carried }
    expect([...fold(born, waiting, snapshot).budgetWaits]).toEqual([])
  })

  it('nothing was asked for under a key of which there is only an answer', () => {
    const state = fold(born, { type: 'answered', key, outcome: ok })
    expect(state.record(key)).toMatchObject({ demandSeq: -1, outcomeSeq: 1 })
  })

  const start: FactBody = {
    type: 'sent',
    key,
    id: asMessageId('m'),
    to: child,
    what: 'start',
    name: 'child',
    body: NOTHING,
  }

  it('G2, C3: what a child was given later comes home with the rest', () => {
    const give = (toolCalls: number): FactBody => ({
      type: 'account',
      op: 'carve',
      amounts: { toolCalls },
      other: child,
    })
    const state = fold(born, start, give(1), give(2))
    expect(state.children.get(child)?.cap).toEqual({ toolCalls: 3 })
    expect(state.account.data.delegated).toEqual({ toolCalls: 3 })
  })

  it('G2: a reservation ends once: what was forfeited is not released by a settlement as well', () => {
    const state = fold(
      born,
      intended,
      { type: 'begun', key, attempt: 1, owner: 'o' as never },
      { type: 'account', op: 'forfeit', key, amounts: {} },
      { type: 'settled', key, attempt: 1, outcome: { type: 'cancelled' }, actual: {} },
    )
    expect(state.account.data.reserved.toolCalls ?? 0).toBe(0)
    expect(state.account.available('toolCalls')).toBe(5)
  })

  it('A4, C3: a snapshot carries the children that have not ended, and their money comes home after it', () => {
    const state = fold(
      born,
      {
        type: 'sent',
        key,
        id: asMessageId('m'),
        to: child,
        what: 'start',
        name: 'child',
        body: NOTHING,
        detached: true,
      },
      { type: 'account', op: 'carve', key, amounts: { toolCalls: 3 }, spent: { processes: 1 }, other: child },
    )
    const snapshot: FactBody = {
      type: 'snapshot',
      state: NOTHING,
      version: '1',
      segment: 1,
      carried: payloadOf(state.carried()),
    }
    for (const body of [
      snapshot,
      {
        type: 'account',
        op: 'return',
        amounts: { toolCalls: 3 },
        spent: { toolCalls: 1 },
        forfeited: {},
        other: child,
      },
    ] as const)
      state.apply({ ...body, v: 1, seq: asSeq(state.nextSeq), at: 20 })
    expect(state.children.get(child)).toMatchObject({ ended: true, carried: true, spent: { toolCalls: 1 } })
    expect(state.account.available('toolCalls')).toBe(4)
  })

  it('E7: what was unknown is remembered after it was resolved', () => {
    const state = fold(
      born,
      intended,
      { type: 'begun', key, attempt: 1, owner: 'o' as never },
      { type: 'unknown', key, attempt: 1, why: 'cut' },
      { type: 'resolved', key, how: 'again', by: 'ann' },
    )
    expect([...state.unknowns]).toEqual([key])
    expect(state.record(key).outcome).toBeUndefined()
    const done = fold(
      born,
      intended,
      { type: 'unknown', key, attempt: 1, why: 'cut' },
      { type: 'resolved', key, how: 'done', by: 'ann', outcome: ok },
    )
    expect(done.record(key).outcome).toEqual(ok)
  })
})
