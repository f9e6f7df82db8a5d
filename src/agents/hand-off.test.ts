import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { AgentDefinition } from '../kernel/index.ts'
import { agent } from './agent.ts'
import {
  call,
  calls,
  drive,
  echo,
  errorOf,
  lastMessages,
  lastResults,
  make,
  replay,
  says,
  script,
  valueOf,
} from './loop.fixture.ts'
import { Talk } from './talk.fixture.ts'

const Refund = z.object({ refunded: z.number() })
const refunds = agent({
  name: 'refund.desk',
  model: 'provider/big',
  description: 'Pays back.',
  instructions: async () => 'You pay back.',
  tools: { echo },
  output: Refund,
  temperature: 0,
})
const desk = make({ instructions: 'You sort.', handoffs: [refunds] })
const transfer = calls(call('transfer_to_refund_desk', {}, 't1'))

describe('hand-off', () => {
  it('goes on with the same conversation, and the other agent’s instructions, model, tools and output', async () => {
    const run = await drive(
      desk,
      'my money!',
      script(transfer, calls(call('echo', { text: 'a' })), says('{"refunded":5}')),
    )
    expect(valueOf(run)).toEqual({ refunded: 5 })
    expect(run.seen.map(({ slot }) => slot)).toEqual([
      'r1/model',
      'r1/handoff/0',
      'r1/instructions',
      'r2/model',
      'r2/tool/0',
      'r3/model',
    ])
    expect(run.seen[0]?.extra).toMatchObject({
      model: 'offline',
      tools: [{ name: 'transfer_to_refund_desk', description: expect.stringContaining('refund.desk') }],
    })
    expect(run.seen[3]?.extra).toMatchObject({
      model: 'provider/big',
      tools: [{ name: 'echo' }],
      sampling: { temperature: 0 },
      output: { schema: expect.anything() },
    })
    expect(lastMessages(run).slice(0, 4)).toEqual([
      { role: 'system', content: 'You pay back.' },
      { role: 'user', content: [{ type: 'text', text: 'my money!' }] },
      {
        role: 'assistant',
        content: [{ type: 'tool-call', toolCallId: 't1', toolName: 'transfer_to_refund_desk', input: {} }],
      },
      {
        role: 'tool',
        content: [
          {
            type: 'tool-result',
            toolCallId: 't1',
            toolName: 'transfer_to_refund_desk',
            output: { type: 'json', value: { assistant: 'refund.desk' } },
          },
        ],
      },
    ])
    expect(replay(desk, 'my money!', run.log)).toEqual({ seen: run.seen, end: run.end })
  })

  it('happens once in a step, after its other calls', async () => {
    const other = make({ name: 'other' })
    const sorter = make({ tools: { echo }, handoffs: [refunds, other] })
    const step = calls(
      call('echo', { text: 'a' }, 'c1'),
      call('transfer_to_other', {}, 'c2'),
      call('transfer_to_refund_desk', {}, 'c3'),
    )
    const run = await drive(sorter, 'go', script(step, says('hello from other')))
    expect(valueOf(run)).toEqual({ text: 'hello from other' })
    expect(lastResults(run).map(({ output }) => output.value)).toEqual([
      'A',
      { assistant: 'other' },
      expect.stringContaining('handed over once'),
    ])
  })

  it('may go back: agents name each other by a function, and going round in circles is noticed', async () => {
    const a: AgentDefinition = make({ name: 'a', handoffs: () => [b] })
    const b: AgentDefinition = make({ name: 'b', handoffs: [a], tools: { echo } })
    const [toA, toB] = [calls(call('transfer_to_a')), calls(call('transfer_to_b'))]
    const once = await drive(a, 'go', script(toB, calls(call('echo', { text: 'x' })), toA, says('back at a')))
    expect(valueOf(once)).toEqual({ text: 'back at a' })
    const circle = await drive(a, 'go', script(...Array.from({ length: 12 }, (_, i) => (i % 2 === 0 ? toB : toA))))
    expect(errorOf(circle)).toMatchObject({ code: 'LOOP_DETECTED' })
    const bounded = make({ name: 'a', handoffs: () => [bounded], maxSteps: 4, loopDetection: false })
    expect(errorOf(await drive(bounded, 'go', script(...Array(9).fill(toA))))).toMatchObject({ code: 'STEPS_EXCEEDED' })
  })

  it('stays where it is in the next turn, and hears who speaks meanwhile', () => {
    const talk = new Talk(
      make({ handoffs: [make({ name: 'other', instructions: () => 'You are other.' })], onIdle: 'wait' }),
    )
    talk.model(calls(call('transfer_to_other')))
    expect(talk.work).toEqual(['r1/handoff/0'])
    talk.say('hurry', { whenBusy: 'steer' })
    talk.hooks().hooks()
    expect(talk.told.slice(-2)).toEqual(['result transfer_to_other: [object Object]', 'user: hurry'])
    expect(talk.told[0]).toBe('system: You are other.')
    talk.model(says('ok')).say('and now?')
    expect(talk.told[0]).toBe('system: You are other.')
  })

  it('is part of what the agent is', () => {
    const source = (handoffs: AgentDefinition[]): string => make({ handoffs }).source
    expect(source([])).toBe(make({}).source)
    expect(source([refunds])).not.toBe(source([]))
    expect(source([make({ name: 'x', instructions: 'one' })])).not.toBe(
      source([make({ name: 'x', instructions: 'two' })]),
    )
  })

  it.each([
    [{ handoffs: [{ name: 'x' }] }, 'handoffs[0] of agent "helper" is no agent'],
    [{ handoffs: 5 }, 'has handoffs that are no list'],
    [{ handoffs: [refunds], tools: { transfer_to_refund_desk: echo } }, 'has two tools named transfer_to_refund_desk'],
    [{ whenBusy: 'ignore' }, 'has whenBusy "ignore"; give one of steer, queue, reject, replace'],
    [{ onIdle: 'sleep' }, 'has onIdle "sleep"'],
    [{ loopDetection: { repeats: 1 } }, 'give false, or { repeats } with a whole number from 2'],
    [{ loopDetection: true }, 'has loopDetection true'],
  ])('%j is refused: %s', (settings, what) => {
    expect(() => make(settings as never)).toThrow(what)
  })
})
