import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ChatMessage, ModelRequest } from '../kernel/index.ts'
import { costMicroUsd, inputTokensBound, priceOf, reservation } from './prices.ts'
import { callOptions } from './request.ts'

const text = fc.string({ unit: 'grapheme' })
const message: fc.Arbitrary<ChatMessage> = fc.oneof(
  text.map((content) => ({ role: 'system' as const, content })),
  fc
    .array(text)
    .map((texts) => ({ role: 'user' as const, content: texts.map((part) => ({ type: 'text' as const, text: part })) })),
  fc.jsonValue().map((input) => ({
    role: 'assistant' as const,
    content: [{ type: 'tool-call' as const, toolCallId: 'c', toolName: 't', input }],
  })),
  fc.jsonValue().map((value) => ({
    role: 'tool' as const,
    content: [
      { type: 'tool-result' as const, toolCallId: 'c', toolName: 't', output: { type: 'json' as const, value } },
    ],
  })),
)
const price = fc.record({
  inputPerMTokUsd: fc.nat(50),
  outputPerMTokUsd: fc.nat(100),
  cachedInputPerMTokUsd: fc.nat(50),
  cacheWritePerMTokUsd: fc.nat(60),
})

describe('a reservation', () => {
  it('covers every byte that a tokenizer could make a token of', () => {
    fc.assert(
      fc.property(fc.array(message), (messages) => {
        const request: ModelRequest = { model: 'm', messages }
        const { prompt } = callOptions(request, { maxOutputTokens: 1, abortSignal: new AbortController().signal })
        const contents = prompt.flatMap(({ content }): readonly (string | { readonly type: string })[] =>
          typeof content === 'string' ? [content] : content,
        )
        const said = contents.map((part) =>
          typeof part === 'string' ? part : 'text' in part ? String(part.text) : JSON.stringify(part),
        )
        const bytes = said.reduce((sum, one) => sum + Buffer.byteLength(one), 0)
        expect(inputTokensBound(request)).toBeGreaterThanOrEqual(bytes)
        expect(inputTokensBound(request)).toBe(inputTokensBound({ model: 'm', messages: structuredClone(messages) }))
      }),
    )
  })

  it('of a list that has grown, or whose end was taken back, is that of its messages', () => {
    fc.assert(
      fc.property(fc.array(fc.array(message), { minLength: 1 }), fc.nat(3), (appended, takenBack) => {
        const messages: ChatMessage[] = []
        for (const more of appended) {
          messages.splice(Math.max(0, messages.length - takenBack), takenBack, ...more)
          expect(inputTokensBound({ model: 'm', messages })).toBe(
            inputTokensBound({ model: 'm', messages: [...messages] }),
          )
        }
      }),
    )
  })

  it('is never less than what such a call can cost', () => {
    fc.assert(
      fc.property(
        fc.array(message),
        price,
        fc.nat(10_000),
        fc.tuple(fc.nat(100), fc.nat(100), fc.nat(100)),
        (messages, prices, output, parts) => {
          const request: ModelRequest = { model: 'm', messages }
          const [share, read, written] = parts
          const input = Math.floor((inputTokensBound(request) * share) / 100)
          const usage = {
            total: input,
            noCache: undefined,
            cacheRead: Math.floor((input * read) / 100),
            cacheWrite: Math.floor((input * written) / 100),
          }
          const reserved = reservation(request, output, prices)
          expect(costMicroUsd(prices, input, output, usage)).toBeLessThanOrEqual(reserved.microUsd ?? 0)
          expect(input + output).toBeLessThanOrEqual(reserved.tokens ?? 0)
        },
      ),
    )
  })

  it('counts tools, typed output and files', () => {
    const bare: ModelRequest = { model: 'm', messages: [] }
    const least = inputTokensBound(bare)
    expect(inputTokensBound({ ...bare, tools: [{ name: 'look', inputSchema: { type: 'object' } }] })).toBeGreaterThan(
      least + 40,
    )
    expect(inputTokensBound({ ...bare, output: { schema: { type: 'object' } } })).toBeGreaterThan(least + 20)
    const file = { type: 'file' as const, mediaType: 'image/png', data: 'https://example.com/a.png' }
    expect(inputTokensBound({ ...bare, messages: [{ role: 'user', content: [file] }] })).toBeGreaterThan(30_000)
  })
})

it('a price goes by provider/model, also for the names of provider objects', () => {
  const own = { inputPerMTokUsd: 1, outputPerMTokUsd: 2 }
  const models = { prices: { 'openai/gpt-5.4': own } }
  expect(priceOf('openai/gpt-5.4', models)).toBe(own)
  expect(priceOf('openai.responses/gpt-5.4', models)).toBe(own)
  expect(priceOf('openai/gpt-5.4-mini', models)).toBeUndefined()
  expect(priceOf('constructor', models)).toBeUndefined()
})
