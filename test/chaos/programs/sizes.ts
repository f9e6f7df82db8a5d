/** Programs of unusual size: values that go by blob, and many processes at once. */
import { createHash } from 'node:crypto'
import { workflow } from 'skein'
import { anything } from '../../../src/testing/world/anything.ts'
import { book, fetchPage, mail, pay } from '../far-tools.ts'
import type { Tool, ToolExecutionOptions } from '../../../src/kernel/index.ts'
import { programOf } from './program.ts'
import type { Program } from './program.ts'
import { noteDown } from './tools.ts'

/** Beyond the inline limit of a fact, and beyond what is kept in the database. */
const BIG = [100_000, 1_500_000]
const AT_ONCE = 200

const digestOf = (value: unknown): string =>
  createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 12)
const textOf = (chars: number): string => 'ledger, tide and quay; '.repeat(Math.ceil(chars / 23)).slice(0, chars)

/** The ledger sees what stands for the input; the answer is as long as was asked for. */
function big(tool: Tool & { readonly name: string }): Tool & { readonly name: string } {
  const short = (input: unknown) => ({ digest: digestOf(input) })
  const { reconcile } = tool
  return {
    ...tool,
    name: `big-${tool.name}`,
    execute: async (input: unknown, options: ToolExecutionOptions) => ({
      answer: await tool.execute?.(short(input), options),
      text: textOf((input as { readonly chars: number }).chars),
    }),
    ...(reconcile === undefined
      ? {}
      : {
          reconcile: async (input, options) => {
            const found = await reconcile(short(input), options)
            return 'done' in found
              ? { done: { answer: found.done, text: textOf((input as { chars: number }).chars) } }
              : found
          },
        }),
  }
}

const [bigFetch, bigBook, bigPay] = [big(fetchPage), big(book), big(pay)]

const blobs = workflow({ name: 'blobs', input: anything }, async (ctx, input) => {
  const seen = [digestOf(input)]
  for (const chars of BIG) {
    const text = textOf(chars / 2)
    for (const tool of [bigFetch, bigBook, bigPay]) seen.push(digestOf(await ctx.tool(tool, { chars, text })))
    await ctx.send(ctx.pid, { text }, { topic: 'big' })
    seen.push(digestOf((await ctx.receive({ topic: 'big' })).body))
    const made = await ctx.step('make', async (about) => [await noteDown('make', chars, about, true), textOf(chars)], {
      idempotent: true,
    })
    seen.push(digestOf(made))
  }
  await ctx.tool(mail, { seen })
  return { seen, text: textOf(BIG[0] ?? 0) }
})

const one = workflow({ name: 'one', input: anything }, async (ctx, input) => [
  await ctx.tool(pay, { input }),
  await ctx.tool(book, { input }),
])

const many: Program = {
  definitions: () => [one],
  play: async ({ skein }) => {
    const runs = Array.from({ length: AT_ONCE }, (_, n) => skein.start(one, { n }, { id: `one-${n}` }))
    return Promise.all(runs.map(async (run) => (await run).result()))
  },
  isAttended: false,
}

/** By name. */
export const SIZE_PROGRAMS = { blobs: programOf(blobs, { input: { text: textOf(BIG[0] ?? 0) } }), many } as const
