import { jsonSchema } from 'ai'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { jsonSchemaOf } from '../kernel/index.ts'
import type { Schema } from '../kernel/index.ts'
import { strictForm } from './strict-schema.ts'

const strict = (schema: Schema): Record<string, unknown> | undefined => strictForm(jsonSchemaOf(schema, 'it'))

describe('the strict form of a schema', () => {
  it('closes every object, however deep', () => {
    const form = strict(
      z.object({
        list: z.array(z.object({ a: z.string().nullable(), b: z.enum(['x']) })),
        either: z.union([z.object({}), z.int()]),
      }),
    )
    expect(JSON.stringify(form).match(/"additionalProperties":false/g)).toHaveLength(3)
  })
  it.each([
    ['an optional property', z.object({ a: z.string().optional() })],
    ['a record', z.object({ a: z.record(z.string(), z.string()) })],
    ['an open object', z.looseObject({ a: z.string() })],
    ['a keyword it lacks', z.object({ a: z.string().max(3) })],
    ['a default', z.object({ a: z.boolean().default(false) })],
    ['alternatives of which one must hold', jsonSchema({ type: 'object', oneOf: [] })],
    ['a root that is no object', z.array(z.string())],
  ])('is absent for %s', (_, schema) => {
    expect(strict(schema)).toBeUndefined()
  })
})
