import { Output, hasToolCall, jsonSchema, stepCountIs, tool as aiTool } from 'ai'
import { MockLanguageModelV4 } from 'ai/test'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { z } from 'zod'
import type { AgentDefinition, AnyDefinition, DefinitionInput, DefinitionOutput } from '../kernel/index.ts'
import { createRegistry, workflow } from '../kernel/index.ts'
import { tool } from '../tools/index.ts'
import { agent } from './agent.ts'
import type { AgentInput } from './agent.ts'
import type { ToolApproval } from './approval.ts'
import {
  broken,
  call,
  calls,
  drive,
  echo,
  hash,
  lastMessages,
  lastResults,
  make,
  says,
  script,
  sub,
} from './loop.fixture.ts'
import type { AgentText } from './output.ts'
import type { AgentSettings } from './settings.ts'

const weather = aiTool({
  description: 'Get the weather.',
  inputSchema: z.object({ city: z.string() }),
  execute: async ({ city }) => ({ city, celsius: 21 }),
})
const Text = z.object({ text: z.string() })

describe('agent()', () => {
  it('takes the settings of ToolLoopAgent unchanged, and a name', () => {
    const settings = {
      model: new MockLanguageModelV4({ provider: 'mock', modelId: 'm1' }),
      instructions: 'You are a weather assistant.',
      tools: { weather },
      toolChoice: { type: 'tool' as const, toolName: 'weather' as const },
      stopWhen: [stepCountIs(5), hasToolCall('weather')],
      output: Output.object({ schema: Text }),
      toolApproval: { weather: 'user-approval' as const },
      maxOutputTokens: 500,
      temperature: 0,
      reasoning: 'low' as const,
      providerOptions: { openai: { user: 'u' } },
    }
    const helper = agent({ name: 'helper', ...settings })
    expect(helper).toMatchObject({ kind: 'agent', name: 'helper', version: '1', onUpgrade: 'adopt' })
    expect(agent({ name: 'helper', ...settings, version: '2', onUpgrade: 'pin' })).toMatchObject({
      version: '2',
      onUpgrade: 'pin',
    })
    expectTypeOf(helper).toEqualTypeOf<AgentDefinition<AgentInput, { text: string }>>()
    expectTypeOf(helper).toExtend<AnyDefinition>()
  })

  it('has the types of its input and its answer', () => {
    const plain = agent({ name: 'a', model: 'offline' })
    expectTypeOf<DefinitionOutput<typeof plain>>().toEqualTypeOf<AgentText>()
    expectTypeOf<DefinitionInput<typeof plain>>().toEqualTypeOf<AgentInput>()
    expectTypeOf<{ draft: { text: string }; n: number }>().toExtend<AgentInput>()
    const typed = agent({
      name: 'a',
      model: 'offline',
      input: z.object({ topic: z.string().default('tides') }),
      output: Text,
      instructions: ({ topic }) => topic.toUpperCase(),
    })
    expectTypeOf<DefinitionOutput<typeof typed>>().toEqualTypeOf<{ text: string }>()
    expectTypeOf<DefinitionInput<typeof typed>>().toEqualTypeOf<{ topic?: string | undefined }>()
    const lists = agent({ name: 'a', model: 'offline', output: jsonSchema<number[]>({ type: 'array' }) })
    expectTypeOf<DefinitionOutput<typeof lists>>().toEqualTypeOf<number[]>()
  })

  it('tells the model of its tools', async () => {
    const free = workflow({ name: 'free' }, () => 1)
    const counted = workflow({ name: 'counted', input: z.number(), description: 'Counts.' }, () => 1)
    const research = agent({
      name: 'research',
      model: 'offline',
      input: z.object({ topic: z.string(), deep: z.boolean().default(false) }),
    })
    const run = await drive(make({ tools: { weather, sub, free, counted, research } }), 'go', script(says('ok')))
    expect(run.seen[0]?.extra).toMatchObject({
      tools: [
        { name: 'weather', description: 'Get the weather.', inputSchema: { required: ['city'] } },
        { name: 'sub', description: 'Helps.', inputSchema: { required: ['prompt'] } },
        {
          name: 'free',
          description: 'Runs the workflow "free" and gives its result.',
          inputSchema: { type: 'object' },
        },
        { name: 'counted', description: 'Counts.', inputSchema: { properties: { input: { type: 'number' } } } },
        { name: 'research', inputSchema: { required: ['topic'] } },
      ],
    })
    const asked = calls(
      call('counted', { input: 7 }),
      call('research', { topic: 'tides' }),
      call('free', { a: 1 }),
      call('research', { subject: 1 }),
    )
    const asking = await drive(make({ tools: { free, counted, research } }), 'go', script(asked, says('ok')))
    expect(asking.seen.filter((seen) => seen.type === 'run').map((seen) => seen.input)).toEqual([
      7,
      { topic: 'tides', deep: false },
      { a: 1 },
    ])
    expect(lastResults(asking)[3]?.output.value).toMatch(
      /^INPUT_INVALID: the arguments of research do not fit: \$\.topic/,
    )
  })

  it('is known by its name, and sends its tool choice', async () => {
    const chooser = make({ tools: { echo }, toolChoice: { type: 'tool', toolName: 'echo' } })
    expect(createRegistry({ sha256: hash }).find('helper')?.definition).toBe(chooser)
    const run = await drive(chooser, 'go', script(says('ok')))
    expect(run.seen[0]?.extra).toMatchObject({ toolChoice: { toolName: 'echo' } })
  })

  it('takes a list of things with names', async () => {
    const named = tool({ name: 'add', inputSchema: z.object({ a: z.number() }), execute: ({ a }) => a + 1 })
    const run = await drive(make({ tools: [named, sub] }), 'go', script(calls(call('add', { a: 1 })), says('ok')))
    expect(lastResults(run)[0]?.output).toEqual({ type: 'json', value: 2 })
  })

  it('accepts a schema that is made on first use', async () => {
    const lazy = { ...echo, inputSchema: () => echo.inputSchema }
    const run = await drive(make({ tools: { lazy } }), 'go', script(calls(call('lazy', { text: 'x' })), says('ok')))
    expect(lastMessages(run)).toHaveLength(3)
  })

  it('has a digest that changes with what it is', () => {
    const base: AgentSettings = { name: 'a', model: 'offline', instructions: 'x', tools: { echo }, output: Text }
    const source = (more: Partial<AgentSettings>): string => agent({ ...base, ...more }).source
    expect(source({})).toBe(source({}))
    const changes: Partial<AgentSettings>[] = [
      { model: 'other' },
      { instructions: () => 'x' },
      { tools: { echo: { ...echo, execute: () => 'other' } } },
      { tools: { echo: sub } },
      { output: z.object({ n: z.number() }) },
      { input: Text },
      { maxSteps: 3 },
      { stopWhen: () => true },
      { temperature: 1 },
    ]
    expect(new Set([source({}), ...changes.map(source)]).size).toBe(changes.length + 1)
  })
})

describe('a definition that cannot be meant', () => {
  it.each([
    [{ name: '1x' }, 'an agent is named "1x"'],
    [{ model: '' }, 'has no model'],
    [{ model: { provider: 'p' } }, 'has no model'],
    [{ maxSteps: 0 }, 'has maxSteps 0; give a whole number from 1 to 1000'],
    [{ stopWhen: 5 }, 'has a stopWhen that is no function'],
    [{ instructions: 5 }, 'has instructions that are no text'],
    [{ instructions: { role: 'user' } }, 'are not a text'],
    [{ onUpgrade: 'move' }, 'has onUpgrade "move"'],
    [{ output: 5 }, 'output of agent "helper" is not a schema'],
    [{ input: 5 }, 'input of agent "helper" is not a schema'],
    [{ toolChoice: 'required' }, 'it has none'],
    [{ toolChoice: { toolName: 'x' }, tools: { echo } }, 'name one of its tools: echo'],
    [{ prepareStep: () => ({}) }, 'has a setting prepareStep, which Skein does not have; write a workflow'],
    [{ onStepFinish: () => 1 }, 'follow the run instead'],
    [{ experimental_onStart: () => 1 }, 'follow the run instead'],
    [{ tempreature: 1 }, 'has a setting tempreature, which Skein does not have; leave it out'],
    [{ tools: 5 }, 'neither a record nor a list'],
    [{ tools: { 'a b': echo } }, 'has a tool named "a b"'],
    [{ tools: [echo] }, 'has a tool without a name at tools[0]'],
    [{ tools: [sub, sub] }, 'has two tools named sub'],
    [{ tools: { x: {} } }, 'has a tool x without an inputSchema'],
    [{ tools: { x: { inputSchema: Text } } }, 'without an execute function'],
    [{ tools: { x: { ...echo, type: 'provider' } } }, 'runs at the provider'],
    [{ tools: { x: { ...echo, inputSchema: 5 } } }, 'whose inputSchema is not a schema'],
    [{ tools: { x: { ...echo, inputSchema: jsonSchema(Promise.resolve({})) } } }, 'asynchronously'],
    [{ tools: { x: { ...echo, description: () => 'x' } } }, 'whose description is no text'],
    [{ tools: { echo }, toolApproval: ['ecko'] }, 'names ecko, which it does not have; its tools: echo'],
    [{ tools: { echo, sub }, toolApproval: { sub: true } }, 'a sub-agent is not approved as a whole'],
    [{ tools: { echo, sub }, toolApproval: () => true }, 'a function cannot speak for sub-agents'],
  ])('%j is refused: %s', (settings, what) => {
    const define = () => make(settings as Partial<AgentSettings>)
    expect(define).toThrow(what)
    expect(define).toThrow(expect.objectContaining({ code: 'DEFINITION_INVALID' }))
  })
})

describe('approvals of an agent', () => {
  const needed = async (settings: Partial<AgentSettings>, input: unknown = { text: 'a' }): Promise<unknown> => {
    let verdict: unknown
    const follow = script(calls(call('echo', input)), says('ok'))
    await drive(make({ tools: { echo, broken }, ...settings }), 'go', (ask) => {
      if (ask.type === 'tool') {
        const { needsApproval } = ask.tool
        verdict = typeof needsApproval === 'function' ? needsApproval(ask.input) : needsApproval
      }
      return follow(ask)
    })
    return verdict
  }
  const own = { ...echo, needsApproval: ({ text }: { text: string }) => text === 'big' }

  it('are names, statuses or functions', async () => {
    expect(await needed({})).toBe(undefined)
    expect(await needed({ toolApproval: ['echo'] })).toBe(true)
    expect(await needed({ toolApproval: ['broken'] })).toBe(undefined)
    expect(await needed({ toolApproval: { echo: 'user-approval' } })).toBe(true)
    expect(await needed({ toolApproval: { echo: { type: 'user-approval', reason: 'why not' } } })).toBe(true)
    expect(await needed({ toolApproval: { echo: 'not-applicable' } })).toBe(false)
    expect(await needed({ toolApproval: { echo: (input) => JSON.stringify(input) === '{"text":"a"}' } })).toBe(true)
    const byCall = ({ toolCall, messages }: { toolCall: { toolName: string }; messages: readonly unknown[] }) =>
      toolCall.toolName === 'echo' && messages.length === 2 ? ('user-approval' as const) : undefined
    expect(await needed({ toolApproval: byCall })).toBe(true)
  })

  it('never lift what a tool asks for itself', async () => {
    expect(await needed({ tools: { echo: own }, toolApproval: { echo: 'approved' } }, { text: 'big' })).toBe(true)
    expect(await needed({ tools: { echo: own }, toolApproval: { echo: 'approved' } }, { text: 'small' })).toBe(false)
    expect(await needed({ tools: { echo: { ...echo, needsApproval: true } }, toolApproval: () => false })).toBe(true)
  })

  it('refuse what is denied, and answer at once', async () => {
    const shown = async (toolApproval: ToolApproval): Promise<unknown> => {
      const follow = script(calls(call('echo', { text: 'a' })), says('ok'))
      const run = await drive(make({ tools: { echo }, toolApproval }), 'go', (ask) => {
        if (ask.type === 'tool' && typeof ask.tool.needsApproval === 'function') ask.tool.needsApproval(ask.input)
        return follow(ask)
      })
      return lastResults(run)[0]?.output.value
    }
    expect(await shown({ echo: true })).toBe('A')
    const denied = { type: 'denied' as const, reason: 'not on Sundays' }
    expect(await shown({ echo: denied })).toBe(
      'APPROVAL_DENIED: agent "helper" may not call echo like this: not on Sundays',
    )
    expect(await shown(() => denied)).toContain('not on Sundays')
    expect(await shown({ echo: () => Promise.resolve(true) })).toContain('answers for echo with a promise')
  })
})
