import { describe, expect, it } from 'vitest'
import { asEffectKey } from '../../std/index.ts'
import { NOTHING } from '../journal/outcome.ts'
import { handleEvent } from './events.ts'
import type { Process } from './process.ts'

const key = asEffectKey('hook:-:-#0')

/** What is recorded when a local act of this kind has ended. */
function recorded(op: string, isOpen: boolean): readonly unknown[] {
  const facts: unknown[] = []
  const ask = { op, key }
  const known = new Map([[key, ask]])
  const process = { inFlight: 1, known, open: isOpen ? known : new Map(), record: (fact: unknown) => facts.push(fact) }
  const settled = { outcome: { type: 'ok', value: NOTHING } } as const
  handleEvent(process as unknown as Process, { type: 'settled', key, attempt: 1, settled })
  return facts
}

describe('the end of a local act', () => {
  it('A1: of a hook is a fact while it is waited for, and is nothing afterwards', () => {
    expect(recorded('hook', true)).toMatchObject([{ type: 'settled', key, attempt: 0 }])
    expect(recorded('hook', false)).toEqual([])
    expect(recorded('receive', true)).toEqual([])
  })
})
