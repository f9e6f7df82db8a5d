import { describe, expect, expectTypeOf, it } from 'vitest'
import { check, jsonSchemaOf } from '../../kernel/index.ts'
import { flag, optional, shape, text, texts, whole } from './input-shape.ts'
import type { ShapeOf } from './input-shape.ts'

const sample = shape({
  path: text('where', 10),
  depth: optional(whole('how deep', 1, 9)),
  all: optional(flag('all')),
  argv: texts('command', 1),
})
const given = { path: 'src', argv: ['ls'] }

describe('shape', () => {
  it('has the type of its members', () => {
    expectTypeOf<ShapeOf<typeof sample>>().toEqualTypeOf<{
      readonly path: string
      readonly argv: readonly string[]
      readonly depth?: number
      readonly all?: boolean
    }>()
  })
  it('takes what fits and drops absent members', () => {
    expect(check(sample, { ...given, depth: 2, all: null }, 'x')).toEqual({ ok: true, value: { ...given, depth: 2 } })
  })
  it.each([
    [{ ...given, path: 7 }, '$.path: expected a text'],
    [{ ...given, path: 'x'.repeat(11) }, '$.path: expected at most 10 characters, got 11'],
    [{ argv: ['ls'] }, '$.path: missing'],
    [{ ...given, depth: 10 }, '$.depth: expected a whole number from 1 to 9'],
    [{ ...given, depth: 1.5 }, '$.depth: expected a whole number from 1 to 9'],
    [{ ...given, all: 'yes' }, '$.all: expected true or false'],
    [{ ...given, argv: [] }, '$.argv: expected a list of texts, at least 1'],
    [{ ...given, argv: [1] }, '$.argv: expected a list of texts, at least 1'],
    [{ ...given, file: 'a' }, '$.file: unknown member; there are path, depth, all, argv'],
    [{ ...given, toString: 'a' }, '$.toString: unknown member; there are path, depth, all, argv'],
    ['text', '$: expected an object'],
    [[given], '$: expected an object'],
  ])('refuses %j', (value, issue) => {
    expect(check(sample, value, 'x')).toEqual({ ok: false, issues: [issue] })
  })
  it('renders JSON Schema', () => {
    expect(jsonSchemaOf(sample, 'x')).toMatchObject({
      type: 'object',
      properties: {
        path: { type: 'string', description: 'where' },
        depth: { type: 'integer', minimum: 1, maximum: 9 },
      },
      required: ['path', 'argv'],
      additionalProperties: false,
    })
  })
})
