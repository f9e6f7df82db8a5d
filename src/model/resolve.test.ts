import { generateText } from 'ai'
import { MockLanguageModelV4 } from 'ai/test'
import { describe, expect, it } from 'vitest'
import { ask } from '../../test/fixtures/model-call.ts'
import { openaiServer } from '../../test/fixtures/openai-server.ts'
import type { ModelSources } from './index.ts'
import { resolveModel } from './index.ts'

const key = { OPENAI_API_KEY: 'sk-test' }
const resolve = (
  name: string,
  sources: Partial<ModelSources> = {},
): { readonly provider: string; readonly modelId: string } => {
  const { provider, modelId } = resolveModel(name, { env: {}, ...sources })
  return { provider, modelId }
}

describe('a name', () => {
  it('is provider/model, where the model may have slashes', () => {
    expect(resolve('openai/gpt-5.4', { env: key })).toEqual({ provider: 'openai', modelId: 'gpt-5.4' })
    const providers = { router: { baseUrl: 'https://router.example/v1' } }
    expect(resolve('router/meta/llama-4', { models: { providers } })).toEqual({
      provider: 'router',
      modelId: 'meta/llama-4',
    })
    expect(resolve('offline')).toEqual({ provider: 'offline', modelId: 'stand-in' })
    expect(resolve('offline/writer')).toEqual({ provider: 'offline', modelId: 'writer' })
  })

  it('may be an alias, of an alias, of a provider object', () => {
    const mock = new MockLanguageModelV4({ provider: 'mine', modelId: 'm' })
    const models = { aliases: { fast: 'quick', quick: 'openai/mini', own: mock } }
    expect(resolve('fast', { env: key, models })).toEqual({ provider: 'openai', modelId: 'mini' })
    expect(resolveModel('own', { env: {}, models })).toBe(mock)
  })

  it.each([
    ['acme/large', /no provider is named "acme".*known providers: openai, offline, x.*"acme": \{ baseUrl/],
    ['gpt-5.4', /neither provider\/model nor an alias.*aliases: a, b/],
    ['openai/', /is unknown/],
    ['', /is unknown/],
    ['constructor/x', /no provider is named "constructor"/],
    ['a', /the model alias a → b → a goes in a circle/],
  ])('%j that means nothing is MODEL_UNKNOWN, with the mend', (name, message) => {
    const models = { providers: { x: { baseUrl: 'http://x/v1' } }, aliases: { a: 'b', b: 'a' } }
    expect(() => resolve(name, { env: key, models })).toThrow(
      expect.objectContaining({ code: 'MODEL_UNKNOWN', message: expect.stringMatching(message) }),
    )
  })

  it('of a provider without its key is MODEL_AUTH, naming the variable', () => {
    expect(() => resolve('openai/gpt-5.4', { env: { OPENAI_API_KEY: ' ' } })).toThrow(
      expect.objectContaining({ code: 'MODEL_AUTH', message: expect.stringContaining('OPENAI_API_KEY') }),
    )
    const providers = { acme: { baseUrl: 'https://acme.example/v1', apiKeyEnv: 'ACME_KEY' } }
    expect(() => resolve('acme/x', { models: { providers } })).toThrow('ACME_KEY')
  })

  it('of a provider whose address is none is INPUT_INVALID', () => {
    expect(() => resolve('openai/x', { env: { ...key, OPENAI_BASE_URL: 'localhost' } })).toThrow('OPENAI_BASE_URL')
    expect(() => resolve('acme/x', { models: { providers: { acme: { baseUrl: 'ftp://x' } } } })).toThrow(
      'models.providers.acme.baseUrl',
    )
  })
})

describe('a configured server', () => {
  it('answers the ai package too, without a stream', async () => {
    await using server = await openaiServer([{ type: 'text', text: 'Hello.' }])
    const model = resolveModel('openai/gpt-5.4', { env: { ...key, OPENAI_BASE_URL: server.baseUrl } })
    expect((await generateText({ model, prompt: 'Hi' })).text).toBe('Hello.')
    expect(server.requests[0]?.body.stream).toBeUndefined()
  })

  it('gets its key, its headers, and its own limit', async () => {
    await using server = await openaiServer()
    const acme = { baseUrl: server.baseUrl, apiKey: 'k', headers: { 'x-team': 'tides' }, maxOutputTokens: 100 }
    const { reserved } = await ask('fast', 'Hello?', {
      models: { providers: { acme }, aliases: { fast: 'acme/large' } },
    })
    expect(server.requests[0]?.headers).toMatchObject({ authorization: 'Bearer k', 'x-team': 'tides' })
    expect(server.requests[0]?.body).toMatchObject({ model: 'large', max_tokens: 100 })
    expect(reserved.tokens).toBeLessThan(1_000)
  })

  it('without a key is asked without one', async () => {
    await using server = await openaiServer()
    await ask('local/m', 'Hello?', { models: { providers: { local: { baseUrl: server.baseUrl } } } })
    expect(server.requests[0]?.headers.authorization).toBeUndefined()
  })

  it('that takes no schema gets it in words', async () => {
    await using server = await openaiServer()
    const models = { providers: { plain: { baseUrl: server.baseUrl, structuredOutputs: false } } }
    const { answer } = await ask(
      'plain/m',
      { messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }], output: { schema: { type: 'object' } } },
      { models },
    )
    expect(server.requests[0]?.body).toMatchObject({ response_format: { type: 'json_object' } })
    expect(server.requests[0]?.body.messages[0]).toMatchObject({
      role: 'system',
      content: expect.stringContaining('{"type":"object"}'),
    })
    expect(answer.notes).toBeUndefined()
  })

  it('that is OpenAI itself gets the new name of the output limit', async () => {
    let sent: Record<string, unknown> = {}
    const fetch = async (_: unknown, init?: { body?: unknown }): Promise<Response> => {
      sent = JSON.parse(String(init?.body)) as Record<string, unknown>
      return new Response('data: {"choices":[{"delta":{"content":"Hi"},"finish_reason":"stop"}]}\n\n', {
        headers: { 'content-type': 'text/event-stream' },
      })
    }
    await ask('openai/gpt-5.4', 'Hello?', { env: key, fetch })
    expect(sent['max_completion_tokens']).toBe(8192)
    expect(sent).not.toHaveProperty('max_tokens')
  })
})
