import { describe, expect, it } from 'vitest'
import { asEffectKey } from '../../std/index.ts'
import type { EffectAsk } from '../effects/ask.ts'
import { stopAsk } from './cancel.ts'
import type { EffectRecord } from './effect-record.ts'
import type { Process } from './process.ts'

const key = asEffectKey('tool:pay:-#0')

/** What is recorded when an effect is given up that waits for its next attempt. */
function recorded(of: Partial<EffectRecord>): readonly unknown[] {
  const facts: unknown[] = []
  const nothing = (): void => undefined
  const record = { key, class: 'write', phase: 'waiting', attempt: 1, inDoubt: true, outcome: undefined, ...of }
  const process = {
    turn: { unwait: nothing },
    act: { abort: nothing },
    releaseSlot: nothing,
    state: { effects: new Map([[key, record]]) },
    record: (fact: unknown) => facts.push(fact),
  }
  stopAsk(process as unknown as Process, { op: 'effect', key, class: record.class, name: 'pay' } as EffectAsk)
  return facts
}

describe('an effect that is given up before it is repeated', () => {
  it('E6: is unknown when it is a write that an earlier attempt may have done, and nothing otherwise', () => {
    expect(recorded({})).toMatchObject([{ type: 'unknown', key, attempt: 1 }])
    expect(recorded({ class: 'read' })).toEqual([])
    expect(recorded({ inDoubt: false })).toEqual([])
    expect(recorded({ phase: 'unknown' })).toEqual([])
    expect(recorded({ outcome: { type: 'cancelled' } })).toEqual([])
  })
})
