import type { LanguageModelV4CallOptions } from '@ai-sdk/provider'
import { describe, expect, it } from 'vitest'
import type { ModelRequest } from '../kernel/index.ts'
import { callOptions } from './request.ts'

const optionsOf = (request: ModelRequest): LanguageModelV4CallOptions =>
  callOptions(request, { maxOutputTokens: 1, abortSignal: new AbortController().signal })

const call = { type: 'tool-call', toolCallId: 'c1', toolName: 'look', input: { at: [1] } } as const
const told = {
  type: 'tool-result',
  toolCallId: 'c1',
  toolName: 'look',
  output: { type: 'text', value: 'fine' },
} as const
const request: ModelRequest = {
  model: 'm',
  messages: [
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: [{ type: 'text', text: 'Look', providerOptions: { a: { seen: [] } } }] },
    { role: 'assistant', content: [{ type: 'text', text: 'So.' }, call] },
    { role: 'tool', content: [told, { ...told, output: { type: 'json', value: { n: [1] } } }] },
  ],
  tools: [{ name: 'look', inputSchema: { type: 'object' } }],
  sampling: { providerOptions: { a: { deep: true } } },
}

/** Marks whatever is an object, all the way down, as a middleware with cache breakpoints does. */
function mark(value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  Object.values(value).forEach(mark)
  if (Array.isArray(value)) value.push('marked')
  else Object.assign(value, { marked: true })
}

describe('call options', () => {
  it('are the provider’s own: what it writes on them is neither in the request nor in the next call', () => {
    const before = structuredClone(request)
    const first = optionsOf(request)
    const fresh = structuredClone([first.prompt, first.tools, first.providerOptions])
    mark([first.prompt, first.providerOptions])
    for (const tool of first.tools ?? []) Object.assign(tool, { marked: true })
    first.tools?.pop()
    expect(request).toEqual(before)
    const second = optionsOf(request)
    expect([second.prompt, second.tools, second.providerOptions]).toEqual(fresh)
  })

  it('leave out no member that is not ours, wherever it stands and whatever is missing for it', () => {
    const options = { a: { seen: [] } }
    const messages = [
      { role: 'system', content: 'Be brief.', providerOptions: options },
      { role: 'user', content: [{ type: 'text', text: 'Look', own: 1 }], providerOptions: options },
      {
        role: 'assistant',
        content: [
          { type: 'text', text: 'So.', providerOptions: options },
          { ...call, providerOptions: options },
          { type: 'tool-call', toolCallId: 'c2', toolName: 'look', providerOptions: options },
        ],
      },
      {
        role: 'tool',
        content: [
          { ...told, providerOptions: options },
          { ...told, output: { type: 'execution-denied', reason: 'no' } },
          { ...told, output: { type: 'text', value: 'fine', own: 2 } },
        ],
      },
    ] as unknown as ModelRequest['messages']
    expect(optionsOf({ ...request, messages }).prompt).toEqual(messages)
  })

  it('say what the messages and the tools say now', () => {
    const content = [{ type: 'text' as const, text: 'a' }]
    const tools = [{ name: 'look', inputSchema: {} }]
    const growing: ModelRequest = { model: 'm', messages: [{ role: 'user', content }], tools }
    optionsOf(growing)
    content.push({ type: 'text', text: 'b' })
    tools.push({ name: 'find', inputSchema: {} })
    const { prompt, tools: sent } = optionsOf(growing)
    expect(prompt[0]?.content).toHaveLength(2)
    expect(sent?.map(({ name }) => name)).toEqual(['look', 'find'])
  })
})
