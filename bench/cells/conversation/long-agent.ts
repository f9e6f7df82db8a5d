/** An agent that reads 5 KB at every step, and a model that counts what it is shown. */
import { agent, tool } from 'skein'
import { scriptedModel } from 'skein/testing'
import { z } from 'zod'

/** Of each result. */
export const RESULT_CHARS = 5_000
/** The agent's `context.tokensMax`. */
export const CONTEXT_TOKENS = 40_000
const CHARS_PER_TOKEN = 4
const WORDS = 'tide harbour ledger lantern quay rope mast gull buoy chart sail reef'.split(' ')

/** The agent; at the model call after `steps` its model says so and never answers. */
export function longAgent(about: { readonly steps: number; readonly onLast: (meterMax: number) => void }) {
  let asked = 0
  let meterMax = 0
  const model = scriptedModel(async ({ options }) => {
    meterMax = Math.max(meterMax, tokensOf(options))
    if (options.tools === undefined) return `It has read up to page ${asked}; ${text(asked, 400)}`
    asked += 1
    if (asked > about.steps) {
      about.onLast(meterMax)
      return new Promise(() => undefined)
    }
    return { text: `Page ${asked} is next. ${text(asked, 60)}`, calls: [{ tool: 'read', input: { page: asked } }] }
  })
  const read = tool({
    name: 'read',
    description: 'Reads a page.',
    effect: 'read',
    inputSchema: z.object({ page: z.number() }),
    execute: ({ page }) => text(page, RESULT_CHARS),
  })
  return agent({
    name: 'long',
    model,
    instructions: 'You read page after page.',
    tools: { read },
    maxSteps: 1_000,
    context: { tokensMax: CONTEXT_TOKENS },
  })
}

/** What the provider's meter says of a prompt. */
export function tokensOf({ prompt, tools }: { readonly prompt: unknown; readonly tools?: unknown }): number {
  return Math.ceil((JSON.stringify(prompt).length + JSON.stringify(tools ?? []).length) / CHARS_PER_TOKEN)
}

/** Words that differ from page to page. */
export function text(page: number, chars: number): string {
  let made = ''
  for (let i = 0; made.length < chars; i++)
    made += `${WORDS[(page * 7 + i * i) % WORDS.length]} ${(page * 31 + i) % 997} `
  return made.slice(0, chars)
}
