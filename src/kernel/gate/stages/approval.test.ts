import { describe, expect, it } from 'vitest'
import { asEffectKey, SkeinError } from '../../../std/index.ts'
import type { EffectAsk } from '../../effects/ask.ts'
import type { FactBody } from '../../journal/facts.ts'
import { failure, NOTHING, payloadOf } from '../../journal/outcome.ts'
import { suffixed } from '../../keys/key.ts'
import { foldAt } from '../../processes/process-state.fixture.ts'
import { PASS } from '../stage.ts'
import type { StageInput } from '../stage.ts'
import { approval, approvalVerdict } from './approval.ts'

const key = asEffectKey('tool:pay:=k#0')
const wait = suffixed(key, 'approval')
const NOW = 1_000

/** A call that must be approved, of these arguments and this version of its tool. */
const call = (argsHash: string, version?: string, expiresMs?: number): EffectAsk =>
  ({
    op: 'effect',
    key,
    name: 'pay',
    argsHash,
    approval: { needed: true, expiresMs },
    work: { kind: 'tool', tool: { name: 'pay', version }, rawInput: payloadOf({ argsHash }) },
  }) as unknown as EffectAsk

function judged(stage: typeof approval, ask: EffectAsk, facts: readonly FactBody[]) {
  const state = foldAt(NOW, ...facts)
  const process = { state, deps: { clock: { now: () => NOW } } }
  return stage.judge({ process, ask, record: state.effects.get(key) } as unknown as StageInput)
}

const waiting = (argsHash: string, toolVersion?: string): FactBody => ({
  type: 'waiting',
  key: wait,
  on: { kind: 'approval', title: 'pay', argsHash, ...(toolVersion === undefined ? {} : { toolVersion }) },
})
const approved: FactBody = { type: 'answered', key: wait, outcome: { type: 'ok', value: NOTHING }, by: 'ann' }
const denied: FactBody = {
  type: 'answered',
  key: wait,
  outcome: failure(new SkeinError('APPROVAL_DENIED', 'denied by ann').toJSON()),
}

describe('an approval', () => {
  it('E1: is asked for once, and shows what is to be approved, and until when', () => {
    const verdict = judged(approval, call('a', '1', 500), [])
    expect(verdict).toEqual({
      type: 'wait',
      facts: [
        {
          type: 'waiting',
          key: wait,
          on: {
            kind: 'approval',
            title: 'pay',
            argsHash: 'a',
            toolVersion: '1',
            show: payloadOf({ argsHash: 'a' }),
            dueAt: NOW + 500,
          },
        },
      ],
    })
    expect(judged(approval, call('a'), [waiting('a')])).toEqual({ type: 'wait', facts: [] })
  })

  it('E1: is of these arguments and no others, under whatever key', () => {
    expect(judged(approval, call('a'), [waiting('a'), approved])).toBe(PASS)
    expect(judged(approval, call('b'), [waiting('a'), approved])).toMatchObject({
      type: 'wait',
      facts: [{ on: { argsHash: 'b' } }],
    })
  })

  it('E1: is of this version of the tool and no other', () => {
    expect(judged(approval, call('a', '2'), [waiting('a', '2'), approved])).toBe(PASS)
    for (const old of [waiting('a', '1'), waiting('a')])
      expect(judged(approval, call('a', '2'), [old, approved])).toMatchObject({
        type: 'wait',
        facts: [{ on: { toolVersion: '2' } }],
      })
  })

  it('E1: one that was denied refuses, one that was given does not', () => {
    expect(judged(approvalVerdict, call('a'), [waiting('a'), denied])).toMatchObject({
      type: 'refuse',
      error: { code: 'APPROVAL_DENIED', message: 'denied by ann' },
    })
    expect(judged(approvalVerdict, call('a'), [waiting('a'), approved])).toBe(PASS)
    expect(judged(approvalVerdict, call('a'), [])).toBe(PASS)
  })
})
