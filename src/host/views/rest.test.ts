import { describe, expect, it } from 'vitest'
import { asEffectKey } from '../../std/index.ts'
import { commandFor } from '../words/command.ts'
import { needCommands, needName } from '../words/need.ts'
import { keptOf, keptWords } from '../words/resumed.ts'
import { approval, begun, done, intended, madeFamily, settled, waiting } from './family.fixture.ts'
import type { Made } from './family.fixture.ts'
import { openNeeds, restExitCode, restOf } from './rest.ts'

const rest = async (...made: Made[]): Promise<string> => {
  const found = restOf(await madeFamily(made))
  return found.type === 'resting'
    ? `${restExitCode(found.needs)} ${found.needs.map((need) => `${need.kind} ${needName(need)}`).join(', ')}`
    : found.type
}
const parent: Made = {
  pid: 'a1',
  status: 'waiting',
  facts: [waiting('run:child:x#0!end', { kind: 'child', pid: 'c1' as never })],
}

describe('whether a run rests', () => {
  it('moves while anything is in flight, queued or due', async () => {
    expect(await rest({ pid: 'a1', status: 'ready' })).toBe('moving')
    expect(await rest({ pid: 'a1', status: 'running', facts: [intended('a', 'look'), begun('a')] })).toBe('moving')
    expect(
      await rest({ pid: 'a1', status: 'waiting', facts: [waiting('sleep::x#0', { kind: 'timer', dueAt: 5 })] }),
    ).toBe('moving')
    expect(
      await rest({
        pid: 'a1',
        status: 'waiting',
        facts: [waiting('receive::x#0', { kind: 'message', pattern: {}, dueAt: 5 })],
      }),
    ).toBe('moving')
    expect(await rest(parent, { pid: 'c1', parent: 'a1', status: 'ready' })).toBe('moving')
    expect(await rest(parent)).toBe('moving')
  })
  it('moves while the end of a child is on its way, or the child itself, whatever else it waits for', async () => {
    const listening = waiting('receive::x#0', { kind: 'message', pattern: {} })
    const both: Made = { ...parent, status: 'running', facts: [...(parent.facts ?? []), listening] }
    expect(await rest(both, { pid: 'c1', parent: 'a1', status: 'done', facts: [done] })).toBe('moving')
    expect(await rest(both)).toBe('moving')
    const asking: Made = { pid: 'c1', parent: 'a1', status: 'waiting', facts: [approval('tool:pay:x#0', 'pay')] }
    expect(await rest(both, asking)).toMatch(/^3 message a1\/.*, approval c1\/pay$/)
  })
  it('moves when what it waits for was given and is not heard yet; not while it is parked', async () => {
    const asking: Made = { pid: 'a1', status: 'waiting', facts: [approval('tool:pay:x#0', 'pay')] }
    const [key, other] = ['tool:pay:x#0', 'tool:mail:x#0'].map(asEffectKey)
    const given = (to = key): NonNullable<Made['pending']> => [
      { id: 'c', type: 'approve', key: to!, verdict: 'approved', by: 'ann' },
    ]
    expect(await rest(asking)).toBe('3 approval a1/pay')
    expect(await rest({ ...asking, pending: given() })).toBe('moving')
    expect(await rest({ ...asking, pending: given(other) })).toBe('3 approval a1/pay')
    const parked = { code: 'CODE_ABSENT', message: 'gone', retryable: false } as const
    expect(await rest({ ...asking, status: 'parked', parked, pending: given() })).toBe('4 parked a1')
  })
  it('ends with its root', async () => {
    expect(await rest({ pid: 'a1', status: 'done', facts: [done] })).toBe('ended')
  })
  it('rests on people, money, operators and messages, each with its exit code', async () => {
    expect(await rest({ pid: 'a1', status: 'waiting', facts: [approval('tool:pay:x#0', 'pay')] })).toBe(
      '3 approval a1/pay',
    )
    expect(
      await rest({
        pid: 'a1',
        status: 'running',
        facts: [waiting('receive:news:x#0', { kind: 'message', pattern: { topic: 'news' } })],
      }),
    ).toBe('3 message a1/news')
    expect(
      await rest({
        pid: 'a1',
        status: 'waiting',
        facts: [
          intended('tool:pay:x#0', 'pay'),
          begun('tool:pay:x#0'),
          { type: 'unknown', key: asEffectKey('tool:pay:x#0'), attempt: 1, why: 'cut off' },
          waiting('tool:pay:x#0!resolve', { kind: 'operator', question: 'was pay done?' }),
        ],
      }),
    ).toBe('4 operator a1/pay')
    expect(
      await rest({
        pid: 'a1',
        status: 'waiting',
        facts: [waiting('tool:pay:x#0!budget', { kind: 'budget', need: { toolCalls: 1 } })],
      }),
    ).toBe('5 budget a1/pay')
    expect(
      await rest(parent, {
        pid: 'c1',
        parent: 'a1',
        status: 'parked',
        parked: { code: 'CODE_ABSENT', message: 'no code', retryable: false },
      }),
    ).toBe('4 parked c1')
  })
  it('does not rest while a sibling moves', async () => {
    expect(
      await rest(
        parent,
        { pid: 'c1', parent: 'a1', status: 'waiting', facts: [approval('tool:pay:x#0', 'pay')] },
        { pid: 'c2', parent: 'a1', status: 'running', facts: [intended('a', 'look'), begun('a')] },
      ),
    ).toBe('moving')
  })
})

describe('what is open', () => {
  it('is nothing that was given already', async () => {
    const asking: Made = { pid: 'a1', status: 'ready', facts: [approval('tool:pay:x#0', 'pay')] }
    const open = async (made: Made): Promise<number> => openNeeds((await madeFamily([made])).root!).length
    expect(await open(asking)).toBe(1)
    expect(
      await open({
        ...asking,
        pending: [{ id: '1', type: 'approve', key: asEffectKey('tool:pay:x#0'), verdict: 'approved', by: 'ann' }],
      }),
    ).toBe(0)
    expect(await open({ ...asking, pending: [{ id: '1', type: 'cancel', reason: '', by: 'ann' }] })).toBe(0)
    expect(await open({ ...asking, pending: [{ id: '1', type: 'topUp', amounts: {}, by: 'ann' }] })).toBe(1)
  })
  it('is shown while something else of the process is under way', async () => {
    const busy: Made = { pid: 'a1', status: 'running', facts: [intended('a', 'look'), approval('tool:pay:x#0', 'pay')] }
    expect(openNeeds((await madeFamily([busy])).root!).map(({ kind }) => kind)).toEqual(['approval'])
  })
  it('comes with commands that a shell takes', async () => {
    const asking: Made = { pid: 'a1', status: 'waiting', facts: [approval('step:x:x#0', `Peter's mail`)] }
    const [need] = openNeeds((await madeFamily([asking])).root!)
    expect(needCommands(need!, commandFor(undefined))[0]).toBe(`npx skein approve 'a1/Peter'\\''s-mail'`)
  })
})

describe('what a resumed run has kept', () => {
  it('counts effects, money, what was cut off and what waits', async () => {
    const family = await madeFamily([
      {
        pid: 'a1',
        status: 'ready',
        facts: [
          intended('a', 'look'),
          settled('a', { microUsd: 310_000 }),
          intended('b', 'pay', { class: 'write' }),
          begun('b'),
        ],
      },
      { pid: 'c1', parent: 'a1', status: 'ready', facts: [intended('a', 'look'), begun('a')] },
      { pid: 'c2', parent: 'a1', status: 'ready', facts: [approval('tool:publish:x#0', 'publish')] },
    ])
    expect(keptWords('a1', keptOf(family))).toBe(
      'a1 resumed: 1 effect kept ($0.31 not paid again), 2 cut off: 1 safe to repeat, ' +
        '1 in doubt (looked up, not repeated blindly). Still waiting for you: c2/publish',
    )
    expect(keptWords('a1', keptOf(await madeFamily([{ pid: 'a1', status: 'ready' }])))).toBe(
      'a1 resumed: 0 effects kept, 0 repeated',
    )
  })
})
