import { describe, expect, it } from 'vitest'
import { fastClock } from '../../test/fixtures/fast-clock.ts'
import { ask, failureOfAsk } from '../../test/fixtures/model-call.ts'
import { openaiServer } from '../../test/fixtures/openai-server.ts'
import type { OpenaiServer } from '../../test/fixtures/openai-server.ts'
import { asEffectId } from '../std/index.ts'
import type { ModelDriverOptions } from './index.ts'
import { modelDriver } from './index.ts'

const MODEL = 'openai/gpt-5.4'
const NOW_MS = 1_700_000_000_000
const at = (server: OpenaiServer): Pick<ModelDriverOptions, 'env'> => ({
  env: { OPENAI_API_KEY: 'sk-test', OPENAI_BASE_URL: server.baseUrl },
})

describe('a streamed answer', () => {
  it('comes as text deltas and as data, with its usage and cost', async () => {
    await using server = await openaiServer([
      {
        type: 'text',
        text: 'The tide is high, but I am holding on.',
        usage: { input: 100, cached: 40, output: 20, reasoning: 5 },
      },
    ])
    const prices = { [MODEL]: { inputPerMTokUsd: 2, outputPerMTokUsd: 10, cachedInputPerMTokUsd: 0.5 } }
    const { answer, actual, reserved, heard } = await ask(MODEL, 'Sing.', { ...at(server), models: { prices } })
    expect(heard).toBe('The tide is high, but I am holding on.')
    expect(answer).toEqual({
      content: [{ type: 'text', text: heard }],
      finishReason: 'stop',
      usage: { inputTokens: 100, outputTokens: 20, cachedInputTokens: 40, reasoningTokens: 5 },
      modelId: 'gpt-5.4',
      costMicroUsd: 60 * 2 + 40 * 0.5 + 20 * 10,
    })
    expect(actual).toEqual({ modelCalls: 1, tokens: 120, microUsd: 340 })
    expect(reserved.tokens).toBeGreaterThanOrEqual(server.meter.outputTokens)
  })

  it('sends messages, tools, sampling, typed output, the key and the limit that was reserved', async () => {
    await using server = await openaiServer()
    await ask(
      MODEL,
      {
        messages: [
          { role: 'system', content: 'Be brief.' },
          {
            role: 'user',
            content: [
              { type: 'text', text: 'Look' },
              { type: 'file', mediaType: 'image/png', data: 'https://example.com/a.png' },
            ],
          },
          {
            role: 'assistant',
            content: [{ type: 'tool-call', toolCallId: 'c1', toolName: 'look', input: { deep: true } }],
          },
          {
            role: 'tool',
            content: [
              {
                type: 'tool-result',
                toolCallId: 'c1',
                toolName: 'look',
                output: { type: 'json', value: { n: 3n, at: new Date(0) } },
              },
            ],
          },
        ],
        tools: [{ name: 'look', inputSchema: { type: 'object' } }],
        toolChoice: { toolName: 'look' },
        sampling: { temperature: 0.5, seed: 7, stopSequences: ['END'] },
        output: {
          name: 'my answer!',
          schema: { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] },
        },
      },
      at(server),
    )
    const [request] = server.requests
    expect(request?.headers.authorization).toBe('Bearer sk-test')
    expect(request?.body).toMatchObject({
      model: 'gpt-5.4',
      stream: true,
      max_tokens: 8192,
      temperature: 0.5,
      seed: 7,
      stop: ['END'],
      tool_choice: { type: 'function', function: { name: 'look' } },
      response_format: {
        type: 'json_schema',
        json_schema: { name: 'my_answer_', strict: true, schema: { additionalProperties: false } },
      },
    })
    expect(request?.body.messages[1]?.content).toEqual([
      { type: 'text', text: 'Look' },
      { type: 'image_url', image_url: { url: 'https://example.com/a.png' } },
    ])
    expect(request?.body.messages[3]?.content).toBe('{"n":"3","at":"1970-01-01T00:00:00.000Z"}')
  })

  it('defines the tools of a conversation whose agent has none, by the choice of which providers keep them', async () => {
    await using server = await openaiServer()
    const call = (toolCallId: string, toolName: string) => [
      { role: 'assistant' as const, content: [{ type: 'tool-call' as const, toolCallId, toolName, input: {} }] },
      {
        role: 'tool' as const,
        content: [
          { type: 'tool-result' as const, toolCallId, toolName, output: { type: 'text' as const, value: 'fine' } },
        ],
      },
    ]
    const user = { role: 'user' as const, content: [{ type: 'text' as const, text: 'And?' }] }
    const messages = [...call('c1', 'look'), ...call('c2', 'hand_over'), ...call('c3', 'look'), user]
    const spec = (name: string) => ({ name, inputSchema: { type: 'object' } })
    await ask(MODEL, { messages }, at(server))
    await ask(MODEL, { messages, tools: [spec('other')] }, at(server))
    await ask(MODEL, { messages: [user] }, at(server))
    const sent = server.requests.map(({ body }) => [
      (body['tools'] as { function: { name: string } }[] | undefined)?.map((tool) => tool.function.name),
      body['tool_choice'],
    ])
    expect(sent).toEqual([
      [['look', 'hand_over'], undefined],
      [['other'], undefined],
      [undefined, undefined],
    ])
  })

  it('gives tool calls with parsed arguments; what is not JSON stays text, and is noted', async () => {
    await using server = await openaiServer([
      {
        type: 'tools',
        text: 'Let me see.',
        calls: [
          { name: 'weather', arguments: { city: 'Paris', deep: [1] } },
          { name: 'stop', arguments: '' },
        ],
      },
      { type: 'tools', calls: [{ name: 'weather', arguments: '{"city": Paris}' }] },
      { type: 'tools', calls: [{ name: 'weather', arguments: '{"n": 1e999}' }] },
    ])
    const { answer } = await ask(MODEL, 'Weather?', at(server))
    expect(answer.finishReason).toBe('tool-calls')
    expect(answer.content).toEqual([
      { type: 'text', text: 'Let me see.' },
      { type: 'tool-call', toolCallId: 'call_0', toolName: 'weather', input: { city: 'Paris', deep: [1] } },
      { type: 'tool-call', toolCallId: 'call_1', toolName: 'stop', input: {} },
    ])
    const garbled = await ask(MODEL, 'Weather?', at(server))
    expect(garbled.answer.content).toEqual([
      { type: 'tool-call', toolCallId: 'call_0', toolName: 'weather', input: '{"city": Paris}' },
    ])
    expect(garbled.answer.notes?.join()).toContain('arguments of weather (call_0) are not JSON')
    const endless = await ask(MODEL, 'Weather?', at(server))
    expect(endless.answer.content).toMatchObject([{ input: '{"n": 1e999}' }])
  })

  it('keeps reasoning, and names what a provider ignored', async () => {
    await using server = await openaiServer([{ type: 'text', reasoning: 'Hm, let me think about it.', text: 'Yes.' }])
    const { answer } = await ask(
      MODEL,
      { messages: [{ role: 'user', content: [{ type: 'text', text: 'Well?' }] }], sampling: { topK: 3 } },
      at(server),
    )
    expect(answer.content).toEqual([
      { type: 'reasoning', text: 'Hm, let me think about it.' },
      { type: 'text', text: 'Yes.' },
    ])
    expect(answer.notes).toEqual(['ignored by the provider: topK'])
  })

  it('says that an answer was cut by the default limit, and counts bytes where no usage is reported', async () => {
    await using server = await openaiServer([
      { type: 'text', text: 'Once upon a', finishReason: 'length', usage: 'none' },
    ])
    const { answer, actual, reserved } = await ask(MODEL, 'A story.', at(server))
    expect(answer.finishReason).toBe('length')
    expect(answer.notes?.join()).toMatch(/cut at 8192 output tokens, the default.*reported no usage/)
    expect(actual.tokens).toBeLessThanOrEqual(reserved.tokens ?? 0)
    expect(actual.tokens).toBeGreaterThanOrEqual(server.meter.inputTokens + server.meter.outputTokens)
  })
})

it('has 64 calls in flight at once, as many as the config says, or as many as its host says', () => {
  const ports = { env: {}, clock: fastClock(), random: { next: () => 0, hex: () => '' } }
  const models = { concurrency: 500 }
  expect(modelDriver(ports).concurrencyMax).toBe(64)
  expect(modelDriver({ ...ports, models }).concurrencyMax).toBe(500)
  expect(modelDriver({ ...ports, models, concurrencyMax: 2 }).concurrencyMax).toBe(2)
})

it('a reservation never throws, whatever the name', () => {
  const driver = modelDriver({
    env: {},
    models: { aliases: { a: 'b', b: 'a' } },
    clock: fastClock(),
    random: { next: () => 0, hex: () => '' },
  })
  const call = {
    kind: 'model' as const,
    id: asEffectId('p/1/0/m'),
    attempt: 1,
    timeoutMs: 1,
    request: { model: 'a', messages: [] },
  }
  for (const ref of ['a', 'nobody/x', '', '/']) expect(driver.reserve({ ...call, ref }).modelCalls).toBe(1)
})

describe('a refusal before any work', () => {
  it.each([
    ['seconds', '2', 2_000],
    ['an HTTP date', new Date(NOW_MS + 9_000).toUTCString(), 9_000],
  ])('waits as long as Retry-After asks, in %s', async (_, retryAfter, leastMs) => {
    await using server = await openaiServer([
      { type: 'error', status: 429, headers: { 'retry-after': retryAfter } },
      { type: 'text', text: 'ok' },
    ])
    const clock = { ...fastClock(200), now: () => NOW_MS }
    const { answer } = await ask(MODEL, 'Go.', { ...at(server), clock, timeoutMs: 60_000 })
    expect(answer.notes?.join()).toMatch(/refused 1 times .* waited \d+ ms/)
    expect(clock.delaysMs[1]).toBeGreaterThanOrEqual(leastMs)
    expect(server.meter).toMatchObject({ requests: 2, served: 1 })
  })

  it('backs off with jitter, and gives up after a bounded number of tries', async () => {
    await using server = await openaiServer([{ type: 'error', status: 503, message: 'loading the model' }])
    const clock = fastClock(1_000)
    const error = await failureOfAsk(ask(MODEL, 'Go.', { ...at(server), clock, timeoutMs: 600_000 }))
    expect(error).toMatchObject({
      code: 'MODEL_UNAVAILABLE',
      retryable: true,
      data: { actual: { modelCalls: 1 }, status: 503 },
    })
    expect(error.message).toContain('openai/gpt-5.4 answered 503: loading the model; try later (tried 6 times)')
    expect(clock.delaysMs.slice(1)).toEqual([375, 750, 1500, 3000, 6000])
    expect(server.meter.requests).toBe(6)
  })

  it('does not wait longer than the call may take, and says what the server asks', async () => {
    await using server = await openaiServer([
      { type: 'error', status: 429, code: 'rate_limit_exceeded', headers: { 'retry-after': '3600' } },
    ])
    const error = await failureOfAsk(ask(MODEL, 'Go.', at(server)))
    expect(error).toMatchObject({
      code: 'MODEL_RATE_LIMITED',
      retryable: true,
      data: { retryAfterMs: 3_600_000, providerCode: 'rate_limit_exceeded' },
    })
    expect(error.message).toContain('it asks to wait 3600 s')
    expect(server.meter.requests).toBe(1)
  })

  it('tries a server that is not there again, then says so', async () => {
    const gone = await openaiServer()
    await gone[Symbol.asyncDispose]()
    const error = await failureOfAsk(ask(MODEL, 'Go.', { ...at(gone), clock: fastClock(1_000), timeoutMs: 600_000 }))
    expect(error).toMatchObject({ code: 'MODEL_UNAVAILABLE', data: { actual: { modelCalls: 1 } } })
    expect(error.message).toMatch(/could not be reached.*is the server up.*tried 6 times/)
  })

  it.each([
    [MODEL, 'MODEL_AUTH', /OPENAI_API_KEY/],
    ['nobody/x', 'MODEL_UNKNOWN', /no provider is named "nobody"/],
  ])('charges nothing for %s, which cannot be called at all', async (model, code, message) => {
    const error = await failureOfAsk(ask(model, 'Go.', { env: {} }))
    expect(error).toMatchObject({ code, retryable: false, data: { actual: { modelCalls: 1 } } })
    expect(error.message).toMatch(message)
  })
})

describe('a failure', () => {
  it.each([
    [401, undefined, 'MODEL_AUTH', false],
    [403, undefined, 'MODEL_AUTH', false],
    [404, undefined, 'MODEL_UNKNOWN', false],
    [400, 'context_length_exceeded', 'MODEL_REQUEST_INVALID', false],
    [422, undefined, 'MODEL_REQUEST_INVALID', false],
    [429, 'insufficient_quota', 'MODEL_RATE_LIMITED', false],
    [402, undefined, 'MODEL_RATE_LIMITED', false],
    [500, undefined, 'MODEL_UNAVAILABLE', true],
    [504, undefined, 'MODEL_UNAVAILABLE', true],
  ])('with status %i %s is %s, asked once', async (status, code, expected, retryable) => {
    await using server = await openaiServer([
      { type: 'error', status, message: 'Because.', ...(code === undefined ? {} : { code }) },
    ])
    const error = await failureOfAsk(ask(MODEL, 'Go.', at(server)))
    expect(error).toMatchObject({ code: expected, retryable, data: { status } })
    expect(error.message).toContain('Because.')
    expect(server.meter.requests).toBe(1)
    const inDoubt = status >= 500
    expect((error.data as { actual?: unknown }).actual === undefined).toBe(inDoubt)
  })

  it('that is a page of HTML says that this may be the wrong server', async () => {
    await using server = await openaiServer([
      { type: 'raw', contentType: 'text/html', body: '<html>Hello</html>' },
      { type: 'raw', status: 502, contentType: 'text/html', body: '<html>Bad gateway</html>' },
    ])
    expect((await failureOfAsk(ask(MODEL, 'Go.', at(server)))).message).toMatch(
      /answered with text\/html.*is baseUrl right/,
    )
    expect(await failureOfAsk(ask(MODEL, 'Go.', at(server)))).toMatchObject({ code: 'MODEL_UNAVAILABLE' })
  })

  it.each([['cut'], ['end']] as const)(
    'in the middle of a stream (%s) is MODEL_STREAM_CUT, and not asked again here',
    async (type) => {
      await using server = await openaiServer([
        { type: 'text', text: 'A long answer that will not arrive.', fault: { type, after: 2 } },
      ])
      let heard = ''
      const error = await failureOfAsk(ask(MODEL, 'Go.', { ...at(server), onText: (text) => void (heard += text) }))
      expect(error).toMatchObject({ code: 'MODEL_STREAM_CUT', retryable: true, data: undefined })
      expect('A long answer th').toContain(heard)
      expect(server.meter.requests).toBe(1)
    },
  )

  it('of a connection that drops without a word leaves the cost open', async () => {
    await using server = await openaiServer([{ type: 'drop' }])
    const error = await failureOfAsk(ask(MODEL, 'Go.', at(server)))
    expect(error).toMatchObject({ code: 'MODEL_UNAVAILABLE', retryable: true, data: {} })
    expect(error.data).not.toHaveProperty('actual')
  })

  it('of garbage in the stream is MODEL_BAD_ANSWER', async () => {
    await using server = await openaiServer([
      { type: 'text', text: 'Hello there', fault: { type: 'garbage', after: 1, text: '{"choices": oops' } },
    ])
    expect(await failureOfAsk(ask(MODEL, 'Go.', at(server)))).toMatchObject({
      code: 'MODEL_BAD_ANSWER',
      retryable: true,
    })
  })

  it('told inside the stream is sent again only before the first word', async () => {
    const overloaded = { message: 'Overloaded', code: 'overloaded_error' }
    await using server = await openaiServer([
      { type: 'text', text: 'x', fault: { type: 'error', after: 0, error: overloaded } },
      { type: 'text', text: 'Fine now.' },
      { type: 'text', text: 'Half an answer', fault: { type: 'error', after: 1, error: overloaded } },
    ])
    const clock = fastClock(1_000)
    const { answer } = await ask(MODEL, 'Go.', { ...at(server), clock, timeoutMs: 600_000 })
    expect(answer.content).toEqual([{ type: 'text', text: 'Fine now.' }])
    const error = await failureOfAsk(ask(MODEL, 'Go.', { ...at(server), clock, timeoutMs: 600_000 }))
    expect(error).toMatchObject({ code: 'MODEL_UNAVAILABLE', data: { providerCode: 'overloaded_error' } })
    expect(error.data).not.toHaveProperty('actual')
    expect(server.meter.requests).toBe(3)
  })

  it('by a content filter or a refusal is MODEL_REFUSED, with what it cost', async () => {
    await using server = await openaiServer([
      { type: 'text', text: 'I will', finishReason: 'content_filter', usage: { input: 10, output: 2 } },
      { type: 'text', text: '', refusal: 'I cannot help with that.' },
    ])
    expect(await failureOfAsk(ask(MODEL, 'Go.', at(server)))).toMatchObject({
      code: 'MODEL_REFUSED',
      retryable: false,
      data: { actual: { modelCalls: 1, tokens: 12 } },
    })
    expect((await failureOfAsk(ask(MODEL, 'Go.', at(server)))).message).toContain('I cannot help with that.')
  })
})

describe('the end of a call that does not end', () => {
  it.each([
    ['says nothing', { type: 'hang' } as const],
    ['never stops', { type: 'endless', pieceDelayMs: 1 } as const],
    ['stops in the middle', { type: 'text', text: 'A long answer', fault: { type: 'hang', after: 1 } } as const],
  ])('EFFECT_TIMEOUT for a model that %s', async (_, reply) => {
    await using server = await openaiServer([reply])
    const error = await failureOfAsk(ask(MODEL, 'Go.', { ...at(server), timeoutMs: 150 }))
    expect(error).toMatchObject({ code: 'EFFECT_TIMEOUT', retryable: true })
    await expect.poll(() => server.meter.abandoned).toBe(1)
  })

  it('an abort is heard at once, by us and by the server, and nothing is heard after it', async () => {
    await using server = await openaiServer([{ type: 'endless', pieceDelayMs: 1 }])
    const abort = new AbortController()
    let words = 0
    const began = performance.now()
    const asking = failureOfAsk(
      ask(MODEL, 'Go.', { ...at(server), signal: abort.signal, onText: () => void (++words === 3 && abort.abort()) }),
    )
    expect(await asking).toMatchObject({ code: 'CANCELLED' })
    expect(performance.now() - began).toBeLessThan(1_000)
    expect(words).toBe(3)
    await expect.poll(() => server.meter.abandoned).toBe(1)
  })

  it('an abort ends a pause between two tries', async () => {
    await using server = await openaiServer([{ type: 'error', status: 429, headers: { 'retry-after': '3' } }])
    const abort = new AbortController()
    const asking = failureOfAsk(ask(MODEL, 'Go.', { ...at(server), signal: abort.signal }))
    await expect.poll(() => server.meter.requests).toBe(1)
    abort.abort()
    expect(await asking).toMatchObject({ code: 'CANCELLED' })
  })
})
