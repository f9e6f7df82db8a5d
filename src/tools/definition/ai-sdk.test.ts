import { generateText, jsonSchema, stepCountIs, tool as aiTool } from 'ai'
import type { ToolSet } from 'ai'
import { MockLanguageModelV4 } from 'ai/test'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { z } from 'zod'
import type { Ctx, ToolLike } from '../../kernel/index.ts'
import { tool } from './tool.ts'

const usage = {
  inputTokens: { total: 1, noCache: 1, cacheRead: undefined, cacheWrite: undefined },
  outputTokens: { total: 1, text: 1, reasoning: undefined },
}

/** A model that calls the tool once, then ends. */
function callsOnce(toolName: string, input: unknown): MockLanguageModelV4 {
  return new MockLanguageModelV4({
    doGenerate: [
      {
        content: [{ type: 'tool-call', toolCallId: 'call-7', toolName, input: JSON.stringify(input) }],
        finishReason: { unified: 'tool-calls', raw: undefined },
        usage,
        warnings: [],
      },
      {
        content: [{ type: 'text', text: 'done' }],
        finishReason: { unified: 'stop', raw: undefined },
        usage,
        warnings: [],
      },
    ],
  })
}

describe('the structural superset of the AI SDK', () => {
  it('a Skein tool runs in generateText unchanged, its key being the tool call id', async () => {
    const keys: string[] = []
    const pay = tool({
      name: 'pay',
      description: 'Pays.',
      effect: 'write',
      idempotent: true,
      timeout: '5s',
      needsApproval: false,
      inputSchema: z.object({ amount: z.number() }),
      outputSchema: z.object({ receipt: z.string() }),
      execute: ({ amount }, { idempotencyKey }) => {
        keys.push(idempotencyKey)
        return { receipt: `r${amount}` }
      },
    })
    const result = await generateText({
      model: callsOnce('pay', { amount: 3 }),
      tools: { pay },
      prompt: 'pay 3',
      stopWhen: stepCountIs(3),
    })
    expect(result.text).toBe('done')
    expect(keys).toEqual(['call-7'])
    expect(result.steps[0]?.toolResults[0]).toMatchObject({ toolName: 'pay', output: { receipt: 'r3' } })
  })

  it('any Skein tool is one of a ToolSet, by its type', () => {
    const plain = tool({ inputSchema: z.object({ a: z.number() }), execute: async ({ a }) => a })
    const approved = tool({
      inputSchema: jsonSchema<{ a: number }>({}),
      needsApproval: ({ a }) => a > 1,
      execute: ({ a }) => a,
      reconcile: () => ({ absent: true }),
    })
    expectTypeOf({ plain, approved }).toExtend<ToolSet>()
  })

  it('an ai tool is accepted where a ToolLike is, with its types', () => {
    const weather = aiTool({
      description: 'w',
      inputSchema: z.object({ city: z.string() }),
      execute: async ({ city }) => ({ city, celsius: 21 }),
    })
    const typed = aiTool({
      inputSchema: jsonSchema<{ a: number }>({}),
      outputSchema: z.number(),
      execute: ({ a }) => a,
    })
    const absent = aiTool({ inputSchema: z.object({ a: z.number() }), outputSchema: z.number() })
    expectTypeOf(weather).toExtend<ToolLike>()
    expectTypeOf(typed).toExtend<ToolLike>()
    expectTypeOf(absent).toExtend<ToolLike>()
    const call = (ctx: Ctx) => ctx.tool(weather, { city: 'Paris' }, { name: 'weather' })
    expectTypeOf(call).returns.resolves.toEqualTypeOf<{ city: string; celsius: number }>()
    // @ts-expect-error the input is checked
    const wrong = (ctx: Ctx) => ctx.tool(weather, { town: 'Paris' })
    expect(wrong).toBeTypeOf('function')
  })
})
