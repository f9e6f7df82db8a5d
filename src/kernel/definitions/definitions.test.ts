import { createHash } from 'node:crypto'
import { jsonSchema } from 'ai'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { definedAs } from './defined.ts'
import { createRegistry } from './registry.ts'
import { check, isSchema, jsonSchemaOf, parse } from './schema.ts'
import type { StandardSchema } from './schema.ts'
import { checkName, workflow } from './workflow.ts'

const hash = { sha256: (text: string) => createHash('sha256').update(text).digest('hex') }

describe('schemas', () => {
  const City = z.object({ city: z.string(), days: z.number().default(1) })

  it('parse what fits and say where it does not', () => {
    expect(check(City, { city: 'Paris' }, 'input')).toEqual({ ok: true, value: { city: 'Paris', days: 1 } })
    const wrong = check(z.object({ items: z.array(z.object({ id: z.string() })) }), { items: [{ id: 5 }] }, 'input')
    expect(wrong.ok ? [] : wrong.issues[0]).toContain('$.items[0].id')
    expect(() => parse(City, {}, 'input of weather')).toThrow('input of weather does not fit its schema: $.city')
    expect(() => parse(City, {}, 'x', 'OUTPUT_INVALID')).toThrow(expect.objectContaining({ code: 'OUTPUT_INVALID' }))
  })

  it('E1: an asynchronous schema is refused', () => {
    expect(() =>
      check(
        z.string().refine(async () => true),
        'a',
        'input',
      ),
    ).toThrow('validates asynchronously')
  })

  it('take the AI SDK’s jsonSchema, with and without a validator', () => {
    const loose = jsonSchema<{ a: string }>({ type: 'object' })
    expect(check(loose, { a: 1 }, 'input')).toEqual({ ok: true, value: { a: 1 } })
    const strict = {
      jsonSchema: {},
      validate: (value: unknown) =>
        value === 1 ? { success: true, value } : { success: false, error: new Error('not one') },
    }
    expect(check(strict, 1, 'input')).toEqual({ ok: true, value: 1 })
    expect(check(strict, 2, 'input')).toEqual({ ok: false, issues: ['not one'] })
    const terse = { jsonSchema: {}, validate: () => ({ success: false, error: 'no' }) }
    expect(check(terse, 2, 'input')).toEqual({ ok: false, issues: ['no'] })
  })

  it('show themselves as JSON Schema, or say why not', () => {
    expect(jsonSchemaOf(City, 'x')).toMatchObject({ type: 'object', properties: { city: { type: 'string' } } })
    expect(jsonSchemaOf({ jsonSchema: { type: 'string' } }, 'x')).toEqual({ type: 'string' })
    expect(() => jsonSchemaOf(z.object({ f: z.map(z.string(), z.string()) }), 'tool x')).toThrow(
      'the schema of tool x cannot be shown',
    )
    const mute: StandardSchema = { '~standard': { version: 1, vendor: 'tiny', validate: (value) => ({ value }) } }
    expect(() => jsonSchemaOf(mute, 'tool x')).toThrow('(tiny) renders no JSON Schema')
  })

  it('are told from other things', () => {
    expect([City, { jsonSchema: {} }].every(isSchema)).toBe(true)
    expect([undefined, null, 5, 'x', {}, () => 1].some(isSchema)).toBe(false)
  })
})

describe('workflow()', () => {
  it('refuses what cannot be a definition, naming the mend', () => {
    expect(() => workflow({ name: '9 lives' }, async () => 1)).toThrow('a name begins with a letter')
    expect(() => workflow({ name: 'x' }, undefined as never)).toThrow('workflow x has no function')
    expect(() => workflow({ name: 'x', input: {} as never }, async () => 1)).toThrow(
      'input of workflow x is not a schema',
    )
    expect(() => checkName('a'.repeat(65), 'a tool')).toThrow('a tool is named')
  })

  it('pins by default and carries what it was given', () => {
    const definition = workflow(
      { name: 'w', version: '7', description: 'd', input: z.number(), output: z.string(), onUpgrade: 'adopt' },
      async () => 'x',
    )
    expect(definition).toMatchObject({
      kind: 'workflow',
      name: 'w',
      version: '7',
      description: 'd',
      input: expect.anything(),
      output: expect.anything(),
      onUpgrade: 'adopt',
    })
    expect(workflow({ name: 'plain' }, async () => 'x')).not.toHaveProperty('output')
    expect(workflow({ name: 'plain' }, async () => 'x')).toMatchObject({ version: '1', onUpgrade: 'pin' })
  })
})

describe('a registry', () => {
  it('U1: tells code of one name apart, and knows what it was given', () => {
    const registry = createRegistry(hash)
    const old = workflow({ name: 'registry-test' }, async () => 'old')
    const young = workflow({ name: 'registry-test' }, async () => 'young')
    const digestOf = (name: string): string => registry.find(name)?.codeDigest ?? ''
    registry.register(old)
    const oldDigest = digestOf('registry-test')
    registry.register(young)
    expect(registry.find('registry-test')).toMatchObject({ definition: young, isRegistered: true })
    expect(digestOf('registry-test')).not.toBe(oldDigest)
    expect(registry.exact('registry-test', oldDigest)).toBe(old)
    expect(registry.exact('registry-test', 'none')).toBeUndefined()
    expect(registry.find('nobody')).toBeUndefined()
    expect(registry.names()).toEqual(['registry-test'])
  })

  it('finds what this realm has defined, as the second choice', () => {
    const made = workflow({ name: 'registry-made' }, async () => 'made')
    const registry = createRegistry(hash)
    const found = registry.find('registry-made')
    expect(found).toMatchObject({ definition: made, isRegistered: false })
    expect(registry.exact('registry-made', found?.codeDigest ?? '')).toBe(made)
  })

  it('U2: code of one name lives side by side with all that differs from it, and equal code once', () => {
    const make = (version: string, run: () => Promise<unknown>) => workflow({ name: 'side-by-side', version }, run)
    const one = async (): Promise<number> => 1
    make('1', one)
    const [first, second, third] = [make('1', one), make('2', one), make('2', async () => 2)]
    expect(definedAs('side-by-side')).toEqual([first, second, third])
  })
})

describe('how long a run is kept', () => {
  it('is for ever, or so many milliseconds; nothing is said where nothing was', () => {
    expect(workflow({ name: 'kept', retention: 'forever' }, async () => 1)).toMatchObject({ retentionMs: Infinity })
    expect(workflow({ name: 'kept', retention: '2s' }, async () => 1)).toMatchObject({ retentionMs: 2_000 })
    expect(workflow({ name: 'kept' }, async () => 1)).not.toHaveProperty('retentionMs')
  })
})
