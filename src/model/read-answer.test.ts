import fc from 'fast-check'
import { jsonSchema } from 'ai'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { FinishReason, ModelAnswer, Schema } from '../kernel/index.ts'
import { readAnswer } from './index.ts'

const City = z.object({ city: z.string(), people: z.number(), tags: z.array(z.string()) })
const answer = (text: string, finishReason: FinishReason = 'stop'): ModelAnswer => ({
  content: [{ type: 'text', text }],
  finishReason,
  usage: { inputTokens: 1, outputTokens: 1 },
})
const read = (text: string, schema: Schema = City, finishReason: FinishReason = 'stop'): unknown => {
  const result = readAnswer(answer(text, finishReason), schema, 'city')
  return result.ok ? result.value : result.complaint
}

const city = fc.record({
  city: fc.string(),
  people: fc.double({ noNaN: true, noDefaultInfinity: true }),
  tags: fc.array(fc.string()),
})
/** Prose may hold anything but what begins JSON. */
const prose = fc.string().map((text) => text.replaceAll(/[{[`]/g, '('))
const asJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

describe('JSON that fits', () => {
  it('is read plain, fenced, and with prose around it', () => {
    fc.assert(
      fc.property(city, prose, prose, fc.constantFrom(0, 2), (value, before, after, indent) => {
        const json = JSON.stringify(value, null, indent)
        for (const text of [
          json,
          `  ${json}\n`,
          `\`\`\`json\n${json}\n\`\`\``,
          `\`\`\`\n${json}`,
          `${before}\n${json}\n${after}`,
          `${before}\n\`\`\`json\n${json}\n\`\`\`\n${after}`,
        ]) {
          expect(read(text)).toEqual(asJson(value))
        }
      }),
    )
  })

  it('is the last of several, and never one from the thoughts', () => {
    const final = { city: 'Rome', people: 1, tags: [] }
    const draft = '{"city":"Paris","people":2,"tags":[]}'
    expect(read(`First ${draft}, but better: ${JSON.stringify(final)}.`)).toEqual(final)
    expect(read(`<think>${draft} or {"a</think>${JSON.stringify(final)}`)).toEqual(final)
    expect(read(`As in [1] and {braces}: ${JSON.stringify(final)}`)).toEqual(final)
  })

  it('may be a scalar, or plain text for a schema of text', () => {
    expect(read('42', z.number())).toBe(42)
    expect(read('```json\n"x"\n```', z.string())).toBe('x')
    expect(read(' Just so. ', z.string())).toBe('Just so.')
    expect(read('[1, 2]', z.array(z.number()))).toEqual([1, 2])
  })

  it('is the parsed value, with defaults and transforms', () => {
    expect(read('{}', z.object({ n: z.number().default(3) }))).toEqual({ n: 3 })
  })

  it('goes by the AI SDK schema too; without a validator the kind of value must be right', () => {
    const schema = jsonSchema({ type: 'object', properties: { a: { type: 'number' } } })
    expect(read('see [1]: {"a": 1} and [2, 3]', schema)).toEqual({ a: 1 })
    expect(read('[1]', schema)).toContain('expected object')
    expect(read('Sorry, no.', schema)).toContain('contains no JSON')
  })
})

describe('a complaint', () => {
  it('about what was cut off, of which no part is ever taken', () => {
    const Loose = z.object({ items: z.array(z.unknown()).optional(), a: z.number().optional() })
    const json = JSON.stringify({ items: [{ a: 1 }, { items: [{ a: 2 }] }], a: 3 })
    for (let length = 1; length < json.length; length++) {
      expect(read(`Here: ${json.slice(0, length)}`, Loose)).toMatch(/cut off after \d+ characters/)
      expect(read(json.slice(0, length), Loose, 'length')).toContain('cut off')
    }
    expect(read('123', z.number(), 'length')).toContain('cut off')
    expect(read('A sentence that', z.string(), 'length')).toContain('cut off')
  })

  it('about what is broken, of which no part is ever taken', () => {
    expect(read('{"a": {"b": 1},}', z.object({ b: z.number().optional() }))).toContain('not valid JSON')
    expect(read('{"city":"Rome","people":1,"tags":[]} no: {"city": Rome}')).toContain('not valid JSON')
  })

  it('names what does not fit, by its place', () => {
    const complaint = String(read('{"city": 3, "people": 1, "tags": [1]}'))
    expect(complaint).toContain('$.city')
    expect(complaint).toContain('$.tags[0]')
    expect(complaint).toContain('Answer again')
  })

  it('about nothing at all, and about values that are not data', () => {
    expect(read('')).toContain('empty')
    expect(read('I cannot do that.')).toContain('contains no JSON')
    expect(read('{"n": 1e999}', z.object({ n: z.number() }))).toContain('too large')
    expect(read(`${'['.repeat(5_000)}${']'.repeat(5_000)}`, z.unknown())).toContain('nested too deep')
  })

  it('never a throw, whatever the model says, and in linear time', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: 'grapheme' }), fc.json(), fc.stringMatching(/^[{}[\]",:\\ `a1]*$/)),
        (text) => void read(text),
      ),
    )
    const began = performance.now()
    for (const text of [
      '{ '.repeat(200_000),
      '[['.repeat(200_000),
      '{"a":1} '.repeat(100_000),
      `\`\`\`${' '.repeat(400_000)}x`,
      '"{'.repeat(200_000),
    ])
      read(text)
    expect(performance.now() - began).toBeLessThan(4_000)
  })

  it('an async schema is its author’s error', () => {
    expect(() =>
      read(
        '{}',
        z.object({}).refine(async () => true),
      ),
    ).toThrow(expect.objectContaining({ code: 'SCHEMA_ASYNC' }))
  })
})
