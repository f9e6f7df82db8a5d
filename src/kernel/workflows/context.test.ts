/** The types that authors meet; checked by the compiler, run for nothing. */
import { describe, expectTypeOf, it } from 'vitest'
import { z } from 'zod'
import { tool as aiTool } from 'ai'
import { workflow } from '../definitions/workflow.ts'
import type { AgentDefinition } from '../definitions/definition.ts'
import type { Collected, Ctx, ModelResult } from './context.ts'

declare const researcher: AgentDefinition<unknown, { text: string }>
const weather = {
  name: 'weather',
  inputSchema: z.object({ city: z.string(), days: z.number().default(1) }),
  execute: async ({ city }: { city: string }) => ({ city, temp: 21 }),
}
const checked = {
  name: 'checked',
  inputSchema: z.object({}),
  outputSchema: z.object({ ok: z.boolean() }),
  execute: () => ({ ok: true }),
}
const fromAi = aiTool({
  description: 'x',
  inputSchema: z.object({ q: z.string() }),
  execute: async ({ q }) => q.length,
})

export const sample = workflow(
  {
    name: 'sample',
    input: z.object({ topic: z.string(), n: z.number().default(2) }),
    output: z.object({ text: z.string() }),
  },
  async (ctx, input) => {
    expectTypeOf(input).toEqualTypeOf<{ topic: string; n: number }>()
    const notes = await ctx.run(researcher, { topic: input.topic }, { budget: { usd: 0.5 } })
    expectTypeOf(notes).toEqualTypeOf<{ text: string }>()
    expectTypeOf(await ctx.tool(weather, { city: 'Paris' })).toEqualTypeOf<{ city: string; temp: number }>()
    expectTypeOf(await ctx.tool(checked, {})).toEqualTypeOf<{ ok: boolean }>()
    expectTypeOf(await ctx.tool(fromAi, { q: 'a' }, { name: 'from-ai' })).toEqualTypeOf<number>()
    // @ts-expect-error the input is typed
    void ctx.tool(weather, { town: 'Paris' })
    expectTypeOf(await ctx.step('charge', () => 5)).toEqualTypeOf<number>()
    expectTypeOf(await ctx.map([1, 2], (c, n) => c.step('s', () => `${n}`))).toEqualTypeOf<string[]>()
    expectTypeOf(await ctx.map([1, 2], (c, n) => c.step('s', () => `${n}`), { errors: 'collect' })).toEqualTypeOf<
      Collected<string>[]
    >()
    const both = await ctx.all({ a: (c) => c.now(), b: (c) => c.uuid() })
    expectTypeOf(both.a).toEqualTypeOf<number>()
    expectTypeOf(both.b).toEqualTypeOf<string>()
    const [first, second] = await ctx.all([(c) => c.now(), (c) => c.uuid()])
    expectTypeOf(first).toEqualTypeOf<number>()
    expectTypeOf(second).toEqualTypeOf<string>()
    expectTypeOf(await ctx.race([(c) => c.now(), (c) => c.uuid()])).toEqualTypeOf<number | string>()
    const won = await ctx.select({ answer: (c) => c.uuid(), late: (c) => c.sleep('1s') })
    if (won.name === 'answer') expectTypeOf(won.value).toEqualTypeOf<string>()
    expectTypeOf(await ctx.model({ model: 'offline', prompt: 'hi' })).toEqualTypeOf<ModelResult>()
    expectTypeOf(
      (await ctx.model({ model: 'offline', prompt: 'hi', output: z.object({ a: z.string() }) })).output,
    ).toEqualTypeOf<{ a: string }>()
    expectTypeOf((await ctx.receive({ topic: 'x', schema: z.object({ n: z.number() }) })).body).toEqualTypeOf<{
      n: number
    }>()
    expectTypeOf(await ctx.ask({ title: 'ok?', answer: z.boolean() })).toEqualTypeOf<boolean>()
    if (input.n > 2) return ctx.continueAsNew({ topic: 'x', n: 1 })
    return { text: notes.text }
  },
)

describe('the types of ctx', () => {
  it('infers what a workflow takes and gives', () => {
    expectTypeOf<Parameters<typeof sample.run>[0]>().toEqualTypeOf<Ctx>()
    const outer = workflow({ name: 'outer' }, async (ctx) => {
      expectTypeOf(await ctx.run(sample, { topic: 'a' })).toEqualTypeOf<{ text: string }>()
      return 1
    })
    expectTypeOf(outer.kind).toEqualTypeOf<'workflow'>()
  })
})
