import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { SkeinError } from '../std/index.ts'
import type { AgentDefinition, ModelAnswer, ToolCallPart } from '../kernel/index.ts'
import { CALLS_PER_STEP_MAX, RESULT_CHARS_MAX } from './limits.ts'
import {
  broken,
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
  sub,
  valueOf,
} from './loop.fixture.ts'

const countOnly = ({ output }: { output: unknown }) =>
  Promise.resolve({ type: 'text', value: `(${String(output).length})` })

const codeOf = async (agent: AgentDefinition, input: unknown, ...answers: readonly (ModelAnswer | SkeinError)[]) =>
  errorOf(await drive(agent, input, script(...answers)))

describe('the agent loop', () => {
  it('answers a text in one step', async () => {
    const run = await drive(make({ instructions: 'Be kind.', temperature: 0 }), 'Hello?', script(says('Hi!')))
    expect(valueOf(run)).toEqual({ text: 'Hi!' })
    expect(run.seen).toHaveLength(1)
    expect(run.seen[0]).toMatchObject({ slot: 'r1/model', extra: { model: 'offline', sampling: { temperature: 0 } } })
    expect(lastMessages(run)).toEqual([
      { role: 'system', content: 'Be kind.' },
      { role: 'user', content: [{ type: 'text', text: 'Hello?' }] },
    ])
  })

  it('A2: asks the calls of a step in one turn and goes on when the last has settled, in call order', async () => {
    const order = [0, 1, 0, 0]
    const step = calls(call('echo', { text: 'a' }), call('broken'), call('sub', { prompt: 'b' }))
    const agent = make({ tools: { echo, broken, sub } })
    const run = await drive(agent, 'go', script(step, says('done')), () => order.shift() ?? 0)
    expect(run.seen.map((seen) => seen.slot)).toEqual(['r1/model', 'r1/tool/0', 'r1/tool/1', 'r1/run/2', 'r2/model'])
    expect(run.log.map(([slot]) => slot)).toEqual(['r1/model', 'r1/tool/1', 'r1/tool/0', 'r1/run/2', 'r2/model'])
    expect(run.seen[3]).toMatchObject({ type: 'run', name: 'sub', input: 'b' })
    expect(lastResults(run)).toEqual([
      { type: 'tool-result', toolCallId: 'c-echo', toolName: 'echo', output: { type: 'text', value: 'A' } },
      {
        type: 'tool-result',
        toolCallId: 'c-broken',
        toolName: 'broken',
        output: { type: 'error-text', value: 'EXEC_FAILED: exit 3' },
      },
      {
        type: 'tool-result',
        toolCallId: 'c-sub',
        toolName: 'sub',
        output: { type: 'json', value: { text: 'sub ran "b"' } },
      },
    ])
  })

  it('A3: shows the model what it called in vain, and goes on', async () => {
    const vain = calls(
      call('serch'),
      call('echo', '{"text": "a', 'b'),
      call('echo', [1], 'c'),
      call('sub', {}),
      call('echo', null, 'd'),
      call('echo', '', 'e'),
    )
    const run = await drive(make({ tools: { echo, sub } }), 'go', script(vain, says('sorry')))
    expect(run.seen.map((seen) => `${seen.type} ${seen.slot}`)).toEqual([
      'model r1/model',
      'absent r1/tool/0',
      'tool r1/tool/4',
      'tool r1/tool/5',
      'model r2/model',
    ])
    expect(lastResults(run).map((result) => result.output.value)).toEqual([
      'TOOL_GONE: serch is not (or no longer) a tool of agent "helper"; its tools are echo, sub',
      'INPUT_INVALID: the arguments of echo are not a JSON object: {"text": "a',
      'INPUT_INVALID: the arguments of echo are not a JSON object: 1',
      'INPUT_INVALID: sub needs the argument "prompt"',
      expect.stringContaining('EFFECT_FAILED'),
      expect.stringContaining('EFFECT_FAILED'),
    ])
    const said = lastMessages(run).find((message) => message.role === 'assistant')?.content as ToolCallPart[]
    expect(said.map((part) => part.input)).toEqual([{}, {}, {}, {}, {}, {}])
    expect(valueOf(run)).toEqual({ text: 'sorry' })
  })

  it('A3: says that a tool of the past is gone, also where there are no tools any more', async () => {
    const past = [
      { role: 'user', content: 'Look it up.' },
      { role: 'assistant', content: [call('look', { at: 1 })] },
      {
        role: 'tool',
        content: [
          { type: 'tool-result', toolCallId: 'c-look', toolName: 'look', output: { type: 'text', value: 'seen' } },
        ],
      },
      { role: 'user', content: 'And again.' },
    ]
    const run = await drive(make({}), past, script(calls(call('look', { at: 2 }, 'again')), says('I cannot.')))
    expect(run.seen.map((seen) => `${seen.type} ${seen.slot}`)).toEqual([
      'model r1/model',
      'absent r1/tool/0',
      'model r2/model',
    ])
    expect(lastResults(run)).toMatchObject([
      {
        toolCallId: 'again',
        output: { value: 'TOOL_GONE: look is not (or no longer) a tool of agent "helper"; it has none' },
      },
    ])
    expect(valueOf(run)).toEqual({ text: 'I cannot.' })
  })

  it('gives every call an id of its own', async () => {
    const step = calls(
      call('echo', { text: 'a' }, ''),
      call('echo', { text: 'b' }, 'x'),
      call('echo', { text: 'c' }, 'x'),
    )
    const run = await drive(make({ tools: { echo } }), 'go', script(step, says('ok')))
    const ids = ['r1-call-0', 'x', 'r1-call-2']
    expect(run.seen.filter((seen) => seen.type === 'tool').map((seen) => seen.extra)).toEqual(ids)
    expect(lastResults(run).map((result) => result.toolCallId)).toEqual(ids)
  })

  it('bounds what the model is shown, and how much it may call at once', async () => {
    const big = { inputSchema: z.object({}), execute: () => 'x'.repeat(RESULT_CHARS_MAX * 2) }
    const many = Array.from({ length: CALLS_PER_STEP_MAX + 2 }, (_, i) => call('echo', { text: 'a' }, `c${i}`))
    const answers = script(calls(call('big')), calls(...many), says('ok'))
    const run = await drive(make({ tools: { big, echo } }), 'go', answers)
    expect(run.seen.filter((seen) => seen.slot.startsWith('r2/tool'))).toHaveLength(CALLS_PER_STEP_MAX)
    expect(lastResults(run).at(-1)?.output.value).toMatch(/^VALUE_TOO_LARGE: more than 128 calls/)
    const first = lastMessages(run)[2]?.content as { output: { value: string } }[]
    expect(first[0]?.output.value.length).toBeLessThan(RESULT_CHARS_MAX + 200)
  })

  it('lets a tool say what the model sees', async () => {
    const shy = { ...echo, toModelOutput: countOnly }
    const loud = { ...echo, toModelOutput: () => ({ type: 'content', value: [] }) }
    const own = {
      ...echo,
      toModelOutput() {
        return { type: 'text', value: this.description }
      },
    }
    const step = calls(...['shy', 'loud', 'own'].map((name) => call(name, { text: 'abc' })))
    const run = await drive(make({ tools: { shy, loud, own } }), 'go', script(step, says('ok')))
    expect(lastResults(run).map((result) => result.output.value)).toEqual(['(3)', 'ABC', 'Echoes.'])
    expect(run.seen.map((seen) => seen.slot)).toContain('r1/show/0')
  })
})

describe('what goes wrong around an agent', () => {
  it('ends it, without a throw', async () => {
    expect(await codeOf(make({}), 'go', new SkeinError('MODEL_AUTH', 'no key'))).toMatchObject({ code: 'MODEL_AUTH' })
    expect(await codeOf(make({}), '')).toMatchObject({ code: 'INPUT_INVALID' })
    const refusal = says('', { finishReason: 'content-filter' })
    expect(await codeOf(make({}), 'go', refusal)).toMatchObject({ code: 'MODEL_REFUSED' })
  })

  it('is asked again when the model broke off, a bounded number of times', async () => {
    const cut = says('half', { finishReason: 'error' })
    const once = await drive(make({}), 'go', script(cut, says('whole')))
    expect(valueOf(once)).toEqual({ text: 'whole' })
    expect(lastMessages(once)).toHaveLength(1)
    const never = await drive(make({}), 'go', script(cut, cut, cut, says('never')))
    expect(errorOf(never)).toMatchObject({ code: 'MODEL_BAD_ANSWER' })
  })

  it('is asked for instructions once, and what it says is recorded', async () => {
    let asked = 0
    const instructions = async (input: unknown) => `About ${JSON.stringify(input)}, ${++asked}.`
    const agent = make({ instructions })
    const run = await drive(agent, { topic: 'tides' }, script(says('ok')))
    expect(lastMessages(run)[0]).toEqual({ role: 'system', content: 'About {"topic":"tides"}, 1.' })
    expect(replay(agent, { topic: 'tides' }, run.log).seen).toEqual(run.seen)
    expect(asked).toBe(1)
    const failing = make({
      instructions: () => {
        throw new SkeinError('FILE_UNREADABLE', 'no prompt.md')
      },
    })
    expect(errorOf(await drive(failing, 'go', script()))).toMatchObject({ code: 'FILE_UNREADABLE' })
    const odd = make({ instructions: () => 7 as never })
    expect(errorOf(await drive(odd, 'go', script()))).toMatchObject({ code: 'DEFINITION_INVALID' })
  })
})
