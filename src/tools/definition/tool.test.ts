import { jsonSchema } from 'ai'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { z } from 'zod'
import type { AnyTool, Ctx, Tool, ToolExecutionOptions } from '../../kernel/index.ts'
import { tool } from './tool.ts'

const City = z.object({ city: z.string(), days: z.number().default(3) })
const options: ToolExecutionOptions = { toolCallId: 'call-1', messages: [] }

describe('tool', () => {
  it('infers input and output from the schema and the body', () => {
    const weather = tool({
      name: 'weather',
      inputSchema: City,
      execute: async ({ city, days }) => ({ city, days, celsius: 21 }),
    })
    expectTypeOf(weather).toExtend<AnyTool>()
    expectTypeOf(weather.execute).parameter(0).toEqualTypeOf<{ city: string; days: number }>()
    const call = (ctx: Ctx) => ctx.tool(weather, { city: 'Paris' })
    expectTypeOf(call).returns.resolves.toEqualTypeOf<{ city: string; days: number; celsius: number }>()
  })

  it('takes the output from outputSchema, and a stream by its last value', () => {
    const typed = tool({
      inputSchema: City,
      outputSchema: z.object({ text: z.string() }),
      execute: () => ({ text: 'sun' }),
    })
    const streamed = tool({
      inputSchema: City,
      async *execute() {
        yield 'half'
        yield 'whole'
      },
    })
    expectTypeOf((ctx: Ctx) => ctx.tool(typed, { city: 'x' })).returns.resolves.toEqualTypeOf<{ text: string }>()
    expectTypeOf((ctx: Ctx) => ctx.tool(streamed, { city: 'x' })).returns.resolves.toExtend<string>()
    expectTypeOf(typed).toExtend<AnyTool>()
    expectTypeOf(streamed).toExtend<Tool<unknown, string>>()
    // @ts-expect-error the body must return what outputSchema says
    tool({ inputSchema: City, outputSchema: z.object({ text: z.string() }), execute: () => ({ text: 1 }) })
  })

  it('gives the body a key always, typed as text', async () => {
    const keyed = tool({
      inputSchema: City,
      execute: (_, { idempotencyKey }) => idempotencyKey,
      reconcile: (_, { idempotencyKey }) => ({ done: idempotencyKey }),
    })
    expect(keyed.execute({ city: 'x', days: 1 }, options)).toBe('call-1')
    expect(keyed.execute({ city: 'x', days: 1 }, { ...options, idempotencyKey: 'k' })).toBe('k')
    expect(await keyed.reconcile?.({ city: 'x', days: 1 }, options)).toEqual({ done: 'call-1' })
  })

  it('does not look at the conversation for a body that does not', () => {
    const unseen = tool({ inputSchema: City, execute: (_, { idempotencyKey }) => idempotencyKey })
    const lent = {
      toolCallId: 'call-1',
      idempotencyKey: 'k',
      get messages(): readonly unknown[] {
        throw new Error('it was looked at')
      },
    }
    expect(unseen.execute({ city: 'x', days: 1 }, lent)).toBe('k')
  })

  it('keeps members of the AI SDK that Skein does not read, and `this` of a method', async () => {
    const definition = {
      inputSchema: City,
      strict: true,
      unit: 'C',
      execute() {
        return this.unit
      },
    }
    const defined = tool(definition)
    expect(defined).toMatchObject({ strict: true, inputSchema: City })
    expect(defined.execute({ city: 'x', days: 1 }, options)).toBe('C')
    expect(Object.isFrozen(defined)).toBe(true)
  })

  it("takes the AI SDK's jsonSchema()", () => {
    const defined = tool({ inputSchema: jsonSchema<{ a: number }>({ type: 'object' }), execute: ({ a }) => a + 1 })
    expectTypeOf(defined).toExtend<AnyTool>()
    expectTypeOf(defined.execute).parameter(0).toEqualTypeOf<{ a: number }>()
  })

  const invalid: readonly [string, object, RegExp][] = [
    ['name', { name: 'send mail', inputSchema: City }, /tool "send mail" has the name "send mail"; use 1 to 64/],
    ['no schema', { name: 't' }, /tool "t" has no inputSchema; give a Standard Schema/],
    ['another word for it', { name: 't', parameters: City }, /rename `parameters` to `inputSchema`/],
    ['no schema at all', { name: 't', inputSchema: { type: 'object' } }, /inputSchema that is no schema/],
    ['output schema', { inputSchema: City, outputSchema: 'text' }, /a tool without a name has an outputSchema/],
    ['effect', { name: 't', inputSchema: City, effect: 'delete' }, /effect "delete"; write 'local'/],
    ['time-out', { name: 't', inputSchema: City, timeout: 'soon' }, /timeout "soon"; write milliseconds above 0/],
    ['zero time-out', { name: 't', inputSchema: City, timeout: 0 }, /timeout 0/],
    [
      'reconcile of a read',
      { name: 't', inputSchema: City, effect: 'read', reconcile: () => ({ absent: true }) },
      /only writes can be in doubt/,
    ],
    [
      'keyTtl of a read',
      { name: 't', inputSchema: City, effect: 'local', keyTtl: '1d' },
      /has keyTtl but its effect is "local"/,
    ],
    ['body', { name: 't', inputSchema: City, execute: 'rm' }, /execute that is no function/],
    ['approval', { name: 't', inputSchema: City, needsApproval: 'yes' }, /needsApproval/],
    ['expiry without approval', { name: 't', inputSchema: City, approvalExpires: '1h' }, /asks for no approval/],
    ['concurrency', { name: 't', inputSchema: City, concurrency: 0 }, /concurrency 0; write a whole number/],
    ['idempotent', { name: 't', inputSchema: City, idempotent: 'yes' }, /neither true nor false/],
    ['version', { name: 't', inputSchema: City, version: 2 }, /version that is no text/],
  ]
  it.each(invalid)('refuses a bad %s', (_, definition, message) => {
    expect(() => tool(definition as never)).toThrow(message)
    expect(() => tool(definition as never)).toThrow(expect.objectContaining({ code: 'DEFINITION_INVALID' }))
  })
  it('refuses what is no definition', () => {
    expect(() => tool(undefined as never)).toThrow('a tool is undefined; call tool({ name, inputSchema, execute })')
  })
})
