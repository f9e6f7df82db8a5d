import { jsonSchema } from 'ai'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { ask } from '../../test/fixtures/model-call.ts'
import { jsonSchemaOf } from '../kernel/index.ts'
import type { Schema } from '../kernel/index.ts'
import { readAnswer } from './index.ts'

const STORY = 'The tide rose 3.5 metres on 2026-11-20. Nobody was hurt. Write to help@harbour.example for refunds.'

async function fill<T>(schema: Schema<T>, prompt: string): Promise<T> {
  const { answer } = await ask('offline', {
    messages: [{ role: 'user', content: [{ type: 'text', text: prompt }] }],
    output: { schema: jsonSchemaOf(schema, 'it') },
  })
  const result = readAnswer(answer, schema, 'it')
  if (!result.ok) throw new Error(`${result.complaint} ${JSON.stringify(answer.content)}`)
  return result.value as T
}

/** Schemas of the kinds that people write for typed output. */
const schemas = fc.letrec<{ any: z.ZodType }>((tie) => {
  const name = fc.stringMatching(/^[a-z]{1,8}$/)
  const range = fc
    .tuple(fc.integer({ min: -50, max: 50 }), fc.nat(50))
    .map(([least, span]) => [least, least + span] as const)
  return {
    any: fc.oneof(
      { maxDepth: 3 },
      fc.tuple(fc.nat(20), fc.nat(20)).map(([least, span]) =>
        z
          .string()
          .min(least)
          .max(least + span),
      ),
      range.map(([least, most]) => z.int().min(least).max(most)),
      range.map(([least, most]) => z.number().min(least).max(most)),
      fc.integer({ min: 1, max: 9 }).map((step) => z.int().multipleOf(step)),
      fc.constantFrom(
        z.boolean(),
        z.null(),
        z.literal('x'),
        z.iso.date(),
        z.iso.datetime(),
        z.email(),
        z.url(),
        z.number().positive(),
        z.number().negative(),
      ),
      fc.uniqueArray(name, { minLength: 1, maxLength: 4 }).map((names) => z.enum(names)),
      tie('any').map((inner) => inner.nullable()),
      fc.tuple(tie('any'), tie('any')).map(([a, b]) => z.union([a, b])),
      fc.tuple(tie('any'), tie('any')).map(([a, b]) => z.tuple([a, b])),
      fc.tuple(tie('any'), fc.nat(3), fc.nat(3)).map(([item, least, span]) =>
        z
          .array(item)
          .min(least)
          .max(least + span),
      ),
      fc.dictionary(name, tie('any'), { maxKeys: 4 }).map((shape) => z.object(shape)),
      fc.dictionary(name, tie('any'), { maxKeys: 4 }).map((shape) => z.object(shape).partial()),
      tie('any').map((value) => z.record(z.string(), value)),
    ),
  }
}).any

describe('the offline stand-in', () => {
  it('fills any schema, the same way every time', async () => {
    await fc.assert(
      fc.asyncProperty(schemas, fc.oneof(fc.string(), fc.json(), fc.constant(STORY)), async (schema, prompt) => {
        expect(await fill(schema, prompt)).toEqual(await fill(schema, prompt))
      }),
      { numRuns: 200 },
    )
  })

  it('picks what the prompt says', async () => {
    const Report = z.object({
      tide: z.string(),
      metres: z.number(),
      date: z.iso.date(),
      contact: z.email(),
      mood: z.enum(['calm', 'hurt']),
      facts: z.array(z.string()),
      note: z.string().optional(),
    })
    expect(await fill(Report, STORY)).toEqual({
      tide: 'The tide rose 3.5 metres on 2026-11-20.',
      metres: 3.5,
      date: '2026-11-20',
      contact: 'help@harbour.example',
      mood: 'hurt',
      facts: [
        'The tide rose 3.5 metres on 2026-11-20.',
        'Nobody was hurt.',
        'Write to help@harbour.example for refunds.',
      ],
    })
  })

  it('takes members by their names where the prompt is JSON', async () => {
    const Order = z.object({ id: z.string(), count: z.int(), paid: z.boolean(), topic: z.string() })
    const order = { topic: 'tides', order: { id: 'o-1', count: 4, paid: true } }
    expect(await fill(Order, JSON.stringify(order))).toEqual({ id: 'o-1', count: 4, paid: true, topic: 'tides' })
  })

  it('follows references, as far as they end', async () => {
    const Tree = z.object({
      name: z.string(),
      get children() {
        return z.array(Tree)
      },
    })
    await expect(fill(Tree, STORY)).resolves.toMatchObject({ name: expect.any(String) })
    const both = jsonSchema<{ a: number; b: number }>({
      allOf: [{ $ref: '#/definitions/a' }, { type: 'object', properties: { b: { type: 'integer' } }, required: ['b'] }],
      definitions: { a: { type: 'object', properties: { a: { type: 'integer' } }, required: ['a'] } },
    })
    expect(await fill(both, 'Take 7.')).toEqual({ a: 7, b: 7 })
  })

  it('says what it is, in text and in notes, streams, and calls no tools', async () => {
    const { answer, heard, actual } = await ask('offline', {
      messages: [{ role: 'user', content: [{ type: 'text', text: STORY }] }],
      tools: [{ name: 't', inputSchema: {} }],
      toolChoice: 'required',
    })
    expect(heard).toBe(`[offline stand-in, no model] ${STORY}`)
    expect(answer).toMatchObject({ content: [{ type: 'text', text: heard }], finishReason: 'stop', modelId: 'offline' })
    expect(answer.notes).toEqual([expect.stringContaining('offline stand-in'), 'the offline stand-in calls no tools'])
    expect(actual.tokens).toBe(answer.usage.inputTokens + answer.usage.outputTokens)
  })
})
