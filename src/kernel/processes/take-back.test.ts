import { describe, expect, it } from 'vitest'
import { asEffectKey, asMessageId, asPid } from '../../std/index.ts'
import type { EffectKey } from '../../std/index.ts'
import type { FactBody } from '../journal/facts.ts'
import { NOTHING } from '../journal/outcome.ts'
import { suffixed } from '../keys/key.ts'
import { fold } from './process-state.fixture.ts'
import { takeBack } from './take-back.ts'

const cancelled = { type: 'cancelled' } as const
const start = asEffectKey('run:child:-#0')
const sleep = asEffectKey('sleep::-#0')
const child = asPid('child')

const waits = (key: EffectKey): FactBody => ({ type: 'waiting', key, on: { kind: 'timer', dueAt: 5 } })
const answered = (key: EffectKey): FactBody => ({ type: 'answered', key, outcome: cancelled })
const began: FactBody = {
  type: 'sent',
  key: start,
  id: asMessageId('m'),
  to: child,
  what: 'start',
  name: 'c',
  body: NOTHING,
}
const cameHome: FactBody = { type: 'account', op: 'return', amounts: {}, spent: {}, forfeited: {}, other: child }

describe('what is taken back when a run goes on after its end', () => {
  it('is the wait for a switch, which is waited for anew, and no other wait', () => {
    const off = suffixed(sleep, 'switch')
    const state = fold(waits(sleep), { type: 'waiting', key: off, on: { kind: 'switch', target: 'tool:x', by: 'ann' } })
    takeBack(state, { keys: [] })
    expect([...state.effects.keys()]).toEqual([sleep])
  })

  it('is the outcome of each key, and nothing of a key that has none', () => {
    const open = asEffectKey('sleep::-#1')
    const state = fold(waits(sleep), answered(sleep), waits(open))
    const before = structuredClone(state.record(open))
    takeBack(state, { keys: [sleep, open, asEffectKey('never asked for')] })
    expect(state.record(sleep)).toMatchObject({ outcome: undefined, outcomeSeq: -1 })
    expect(state.record(open)).toEqual(before)
    // Doing it twice is doing it once.
    const once = structuredClone([...state.effects])
    takeBack(state, { keys: [sleep] })
    expect([...state.effects]).toEqual(once)
  })

  it('C3: is the end of a child where that was awaited, not where the child was started', () => {
    const end = suffixed(start, 'end')
    const isOver = (keys: readonly EffectKey[]): boolean | undefined => {
      const state = fold(began, answered(start), cameHome, waits(end), answered(end))
      takeBack(state, { keys })
      return state.children.get(child)?.ended
    }
    expect(isOver([])).toBe(true)
    expect(isOver([start])).toBe(true)
    expect(isOver([end])).toBe(false)
  })

  it('FK5: is the end of a child that a fork has begun afresh, and of no other', () => {
    const end = suffixed(start, 'end')
    const other = asPid('other')
    const areOver = (keys: readonly EffectKey[]): readonly (boolean | undefined)[] => {
      const state = fold(waits(start), answered(start), waits(end), answered(end))
      state.inherited.set(child, { key: start, cancelled: false, ended: true })
      state.inherited.set(other, { key: asEffectKey('run:child:-#1'), cancelled: false, ended: true })
      takeBack(state, { keys })
      return [child, other].map((pid) => state.inherited.get(pid)?.ended)
    }
    expect(areOver([start])).toEqual([true, true])
    expect(areOver([end])).toEqual([false, true])
  })
})
