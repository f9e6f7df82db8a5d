import { Output, stepCountIs } from 'ai'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { ModelAnswer } from '../kernel/index.ts'
import { call, calls, drive, echo, errorOf, lastMessages, make, replay, says, script, valueOf } from './loop.fixture.ts'

const output = z.object({ n: z.number() })
const again = calls(call('echo', { text: 'a' }))

describe('the answer of an agent', () => {
  it('marks a text that was cut', async () => {
    const run = await drive(make({}), 'go', script(says('Once upon a', { finishReason: 'length' })))
    expect(valueOf(run)).toEqual({ text: 'Once upon a', truncated: true })
  })

  it('is read as its output, and repaired within bounds', async () => {
    const cut = says('{"n":', { finishReason: 'length' })
    const run = await drive(make({ output }), 'go', script(says('one'), cut, says('{"n":1}')))
    expect(valueOf(run)).toEqual({ n: 1 })
    expect(run.seen.map((seen) => seen.slot)).toEqual(['r1/model', 'r2/model', 'r3/model'])
    expect(lastMessages(run).slice(1)).toEqual([
      { role: 'assistant', content: [{ type: 'text', text: 'one' }] },
      { role: 'user', content: [{ type: 'text', text: expect.stringContaining('Your answer') }] },
      { role: 'assistant', content: [{ type: 'text', text: '{"n":' }] },
      { role: 'user', content: [{ type: 'text', text: expect.stringContaining('Your answer') }] },
    ])
    expect(run.seen[0]?.extra).toMatchObject({ output: { schema: { type: 'object' } } })
  })

  it('fails with the last complaint when it never fits', async () => {
    const run = await drive(make({ output }), 'go', script(says('a'), says(''), says('{"n":true}'), says('{"n":1}')))
    expect(errorOf(run)).toMatchObject({
      code: 'OUTPUT_INVALID',
      message: expect.stringMatching(/"helper".*in 3 attempts: [^]*\$\.n: /),
      data: { text: '{"n":true}' },
    })
    expect(lastMessages(run).map((message) => message.role)).toEqual(['user', 'assistant', 'user', 'user'])
  })

  it('may be any Output of the AI SDK, read by hooks', async () => {
    const agent = make({ output: Output.object({ schema: output, name: 'count' }) })
    const run = await drive(agent, 'go', script(says('{"n":"x"}'), says('{"n":3}')))
    expect(valueOf(run)).toEqual({ n: 3 })
    expect(run.seen.map((seen) => seen.slot)).toEqual(['r0/output', 'r1/model', 'r1/read', 'r2/model', 'r2/read'])
    expect(run.seen[1]?.extra).toMatchObject({ output: { name: 'count', schema: { type: 'object' } } })
    expect(JSON.stringify(lastMessages(run).at(-1)?.content)).toMatch(/could not be used: .*expected number/)
    expect(replay(agent, 'go', run.log)).toEqual({ seen: run.seen, end: run.end })
    const choice = make({ output: Output.choice({ options: ['yes', 'no'] }), instructions: () => 'Choose.' })
    const chosen = await drive(choice, 'go', script(says('{', { finishReason: 'length' }), says('{"result":"yes"}')))
    expect(valueOf(chosen)).toBe('yes')
    expect(chosen.seen.slice(0, 3).map((ask) => ask.slot)).toEqual(['r0/instructions', 'r0/output', 'r1/model'])
    expect(JSON.stringify(lastMessages(chosen).at(-1)?.content)).toContain('cut off')
    expect(valueOf(await drive(make({ output: Output.text() }), 'go', script(says('hi'))))).toEqual({ text: 'hi' })
  })
})

describe('the limits of an agent', () => {
  it('do not count repairs as steps', async () => {
    const agent = make({ output, tools: { echo }, maxSteps: 2 })
    const run = await drive(agent, 'go', script(says('?'), again, says('?'), says('{"n":1}')))
    expect(valueOf(run)).toEqual({ n: 1 })
  })

  it('are maxSteps, and the calls of the last step are not done', async () => {
    const run = await drive(make({ tools: { echo }, maxSteps: 3 }), 'go', script(again, again, again, says('never')))
    const message = expect.stringContaining('agent "helper" still calls tools after 3 steps')
    expect(errorOf(run)).toMatchObject({ code: 'STEPS_EXCEEDED', message })
    expect(run.seen.filter((seen) => seen.type === 'tool')).toHaveLength(2)
    const endless = await drive(
      make({ tools: { echo }, loopDetection: false }),
      'go',
      script(...Array<ModelAnswer>(99).fill(again)),
    )
    expect(errorOf(endless)).toMatchObject({ data: { steps: 20 } })
  })

  it('are stopWhen, as in the AI SDK: it ends with what there is', async () => {
    const talk = { ...again, content: [...says('{"n":7}').content, ...again.content] }
    const agent = make({ tools: { echo }, stopWhen: [() => false, stepCountIs(2)] })
    const run = await drive(agent, 'go', script(talk, talk, talk))
    expect(valueOf(run)).toEqual({ text: '{"n":7}' })
    const slots = ['r1/model', 'r1/tool/0', 'r1/stop', 'r2/model', 'r2/tool/0', 'r2/stop']
    expect(run.seen.map((ask) => ask.slot)).toEqual(slots)
    const typed = make({ tools: { echo }, stopWhen: () => Promise.resolve(true), output })
    expect(valueOf(await drive(typed, 'go', script(talk)))).toEqual({ n: 7 })
    expect(errorOf(await drive(typed, 'go', script(again)))).toMatchObject({
      code: 'OUTPUT_INVALID',
      message: expect.stringContaining('when stopWhen ended it'),
    })
  })

  it('are far away when only stopWhen ends it', async () => {
    const agent = make({ tools: { echo }, stopWhen: stepCountIs(30), loopDetection: false })
    expect(valueOf(await drive(agent, 'go', script(...Array<ModelAnswer>(40).fill(again))))).toEqual({ text: '' })
  })

  it('are the first of stopWhen and maxSteps', async () => {
    const agent = make({ tools: { echo }, stopWhen: () => false, maxSteps: 2 })
    expect(errorOf(await drive(agent, 'go', script(again, again, again)))).toMatchObject({ code: 'STEPS_EXCEEDED' })
  })

  it('show stopWhen the steps in the shape of the AI SDK', async () => {
    const seen: unknown[] = []
    const stopWhen = ({ steps }: { steps: unknown[] }): boolean => seen.push(steps.at(-1)) === 2
    const agent = make({ model: 'openai/gpt', tools: { echo }, stopWhen })
    await drive(agent, 'go', script(again, { ...again, modelId: 'gpt-2' }))
    expect(seen[1]).toEqual({
      stepNumber: 1,
      model: { provider: 'openai', modelId: 'gpt-2' },
      text: '',
      toolCalls: [{ toolCallId: 'c-echo', toolName: 'echo', input: { text: 'a' } }],
      toolResults: [{ toolCallId: 'c-echo', toolName: 'echo', input: { text: 'a' }, output: 'A' }],
      finishReason: 'tool-calls',
      usage: { inputTokens: 10, outputTokens: 5, totalTokens: 15 },
    })
  })

  it('fail the agent when they throw', async () => {
    const stopWhen = (): boolean => {
      throw new Error('my bug')
    }
    const run = await drive(make({ tools: { echo }, stopWhen }), 'go', script(again))
    expect(errorOf(run)).toMatchObject({ message: 'my bug' })
  })
})
