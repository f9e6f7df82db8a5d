import { UnsupportedFunctionalityError } from '@ai-sdk/provider'
import type { LanguageModelV2, LanguageModelV2StreamPart, LanguageModelV4StreamPart } from '@ai-sdk/provider'
import { generateText } from 'ai'
import { convertArrayToReadableStream as streamOf, MockLanguageModelV3, MockLanguageModelV4 } from 'ai/test'
import { describe, expect, it, vi } from 'vitest'
import { ask, failureOfAsk } from '../../test/fixtures/model-call.ts'
import { offlineModel } from './index.ts'

const usage = {
  inputTokens: { total: 7, noCache: 7, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: 3, text: 3, reasoning: 0 },
}
const stop = { unified: 'stop' as const, raw: 'stop' }
const text = (delta: string, id = '1'): LanguageModelV4StreamPart[] => [
  { type: 'text-start', id },
  { type: 'text-delta', id, delta },
  { type: 'text-end', id },
]
const finish: LanguageModelV4StreamPart = { type: 'finish', usage, finishReason: stop }
const streaming = (...parts: LanguageModelV4StreamPart[]): MockLanguageModelV4 =>
  new MockLanguageModelV4({ doStream: async () => ({ stream: streamOf(parts) }) })

describe('a provider object of the AI SDK', () => {
  it('goes in unchanged, in its current version', async () => {
    const model = streaming({ type: 'stream-start', warnings: [] }, ...text('Hi.'), finish)
    const { answer, actual } = await ask(model, 'Hello?')
    expect(answer.content).toEqual([{ type: 'text', text: 'Hi.' }])
    expect(actual).toEqual({ modelCalls: 1, tokens: 10 })
    expect(model.doStreamCalls[0]?.prompt).toEqual([{ role: 'user', content: [{ type: 'text', text: 'Hello?' }] }])
  })

  it('goes in with only doGenerate, as most mocks are', async () => {
    const generated = { content: [{ type: 'text' as const, text: 'Hi.' }], finishReason: stop, usage, warnings: [] }
    expect((await ask(new MockLanguageModelV4({ doGenerate: generated }), 'Hello?')).answer.content).toEqual([
      { type: 'text', text: 'Hi.' },
    ])
    const cannot = new MockLanguageModelV4({
      doGenerate: generated,
      doStream: () => Promise.reject(new UnsupportedFunctionalityError({ functionality: 'streaming' })),
    })
    expect((await ask(cannot, 'Hello?')).answer.finishReason).toBe('stop')
  })

  it('goes in unchanged, in version 3', async () => {
    const model = new MockLanguageModelV3({
      doStream: async () => ({ stream: streamOf([...text('Hi.'), finish] as never[]) }),
    })
    const { answer } = await ask(model, {
      messages: [{ role: 'user', content: [{ type: 'file', mediaType: 'image/png', data: 'AAAA' }] }],
    })
    expect(answer).toMatchObject({ finishReason: 'stop', usage: { inputTokens: 7, outputTokens: 3 } })
    expect(model.doStreamCalls[0]?.prompt[0]?.content).toEqual([{ type: 'file', mediaType: 'image/png', data: 'AAAA' }])
  })

  it('goes in unchanged, in version 3, with only doGenerate', async () => {
    const file = { type: 'file' as const, mediaType: 'image/png', data: 'AAAA' }
    const warnings = [
      { type: 'compatibility' as const, feature: 'json', details: 'by a tool' },
      { type: 'other' as const, message: 'use b' },
    ]
    const content = [{ type: 'text' as const, text: 'Hi.' }, file]
    const model = new MockLanguageModelV3({ doGenerate: { content, finishReason: stop, usage, warnings } })
    const { answer } = await ask(model, 'Hello?')
    expect(answer.content).toEqual([{ type: 'text', text: 'Hi.' }])
    expect(answer.notes).toEqual([
      'only emulated by the provider: json (by a tool)',
      'use b',
      'not kept of the answer: a part of type file',
    ])
  })

  it('goes in unchanged, in version 2', async () => {
    const parts: LanguageModelV2StreamPart[] = [
      {
        type: 'stream-start',
        warnings: [
          { type: 'unsupported-setting', setting: 'seed' },
          { type: 'other', message: 'old' },
        ],
      },
      { type: 'text-start', id: '1' },
      { type: 'text-delta', id: '1', delta: 'Hi.' },
      { type: 'text-end', id: '1' },
      {
        type: 'finish',
        finishReason: 'unknown',
        usage: { inputTokens: 5, outputTokens: 2, totalTokens: 7, cachedInputTokens: 1 },
      },
    ]
    const model: LanguageModelV2 = {
      specificationVersion: 'v2',
      provider: 'old',
      modelId: 'one',
      supportedUrls: {},
      doGenerate: () => Promise.reject(new Error('not this one')),
      doStream: async () => ({ stream: streamOf(parts) }),
    }
    const { answer } = await ask(model, 'Hello?')
    expect(answer).toEqual({
      content: [{ type: 'text', text: 'Hi.' }],
      finishReason: 'other',
      usage: { inputTokens: 5, outputTokens: 2, cachedInputTokens: 1 },
      notes: ['ignored by the provider: seed', 'old'],
    })
  })

  it('that is none is MODEL_UNKNOWN', async () => {
    const error = await failureOfAsk(ask({ specificationVersion: 'v9', provider: 'x', modelId: 'y' }, 'Hello?'))
    expect(error).toMatchObject({ code: 'MODEL_UNKNOWN' })
    expect(error.message).toContain('x/y (specification v9)')
  })

  it('gets back at the next turn what it attached to its parts', async () => {
    const signed = { acme: { signature: 's1' } }
    const model = streaming(
      { type: 'reasoning-start', id: '1' },
      { type: 'reasoning-delta', id: '1', delta: 'Hm.' },
      { type: 'reasoning-end', id: '1', providerMetadata: signed },
      { type: 'text-start', id: '1', providerMetadata: { acme: { itemId: 'i1' } } },
      { type: 'text-delta', id: '1', delta: 'So.' },
      { type: 'text-end', id: '1', providerMetadata: { other: { a: 1 } } },
      { type: 'tool-call', toolCallId: 'c', toolName: 't', input: '{}', providerMetadata: { acme: { thought: 'x' } } },
      { ...finish, finishReason: { unified: 'tool-calls', raw: undefined } },
    )
    const { answer } = await ask(model, 'Hello?')
    expect(answer.content).toEqual([
      { type: 'reasoning', text: 'Hm.', providerOptions: signed },
      { type: 'text', text: 'So.', providerOptions: { acme: { itemId: 'i1' }, other: { a: 1 } } },
      { type: 'tool-call', toolCallId: 'c', toolName: 't', input: {}, providerOptions: { acme: { thought: 'x' } } },
    ])
    const next = streaming(...text('Done.'), finish)
    await ask(next, { messages: [{ role: 'assistant', content: answer.content }] })
    expect(next.doStreamCalls[0]?.prompt[0]?.content).toEqual(answer.content)
  })

  it('that runs tools itself, or gives files, has that noted', async () => {
    const { answer } = await ask(
      streaming(
        { type: 'tool-call', toolCallId: 'c', toolName: 'search', input: '{}', providerExecuted: true },
        { type: 'tool-result', toolCallId: 'c', toolName: 'search', result: {} },
        { type: 'source', sourceType: 'url', id: 's', url: 'https://example.com' },
        ...text('Found.'),
        finish,
      ),
      'Search.',
    )
    expect(answer.content).toEqual([{ type: 'text', text: 'Found.' }])
    expect(answer.notes).toHaveLength(3)
  })

  it('that ignores its signal does not hold the call', async () => {
    const deaf = new MockLanguageModelV4({ doStream: () => new Promise(() => undefined) })
    expect(await failureOfAsk(ask(deaf, 'Hello?', { timeoutMs: 20 }))).toMatchObject({ code: 'EFFECT_TIMEOUT' })
    const mute = new MockLanguageModelV4({ doStream: async () => ({ stream: new ReadableStream({}) }) })
    expect(await failureOfAsk(ask(mute, 'Hello?', { timeoutMs: 20 }))).toMatchObject({ code: 'EFFECT_TIMEOUT' })
    expect(await failureOfAsk(ask(mute, 'Hello?', { signal: AbortSignal.abort() }))).toMatchObject({
      code: 'CANCELLED',
    })
  })

  it('that throws, or ends without an end, fails with a code', async () => {
    expect(await failureOfAsk(ask(new MockLanguageModelV4(), 'Hello?'))).toMatchObject({ code: 'MODEL_UNAVAILABLE' })
    const boom = new MockLanguageModelV4({ doStream: () => Promise.reject(new TypeError('boom')) })
    expect(await failureOfAsk(ask(boom, 'Hello?'))).toMatchObject({ code: 'MODEL_UNAVAILABLE' })
    expect(await failureOfAsk(ask(streaming(...text('Hi.')), 'Hello?'))).toMatchObject({ code: 'MODEL_STREAM_CUT' })
    for (const unified of ['interrupted', 'error'] as const) {
      const ended = streaming(...text('Hi.'), { ...finish, finishReason: { unified, raw: undefined } })
      expect(await failureOfAsk(ask(ended, 'Hello?'))).toMatchObject({
        code: unified === 'error' ? 'MODEL_UNAVAILABLE' : 'MODEL_STREAM_CUT',
      })
    }
    const unfit = new MockLanguageModelV4({
      doStream: () => Promise.reject(new UnsupportedFunctionalityError({ functionality: 'audio' })),
    })
    expect(await failureOfAsk(ask(unfit, 'Hello?'))).toMatchObject({ code: 'MODEL_REQUEST_INVALID', retryable: false })
  })
})

it('our own stand-in runs in the ai package unchanged', async () => {
  vi.stubGlobal('AI_SDK_LOG_WARNINGS', false)
  const { text: said } = await generateText({ model: offlineModel(), prompt: 'The moon pulls the sea. Tides follow.' })
  vi.unstubAllGlobals()
  expect(said).toContain('The moon pulls the sea.')
})
