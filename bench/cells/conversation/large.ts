/** A conversation of 200,000 tokens: 100 tool calls of 5 KB, and what the model says beside them. */
import { agent, open, tool } from 'skein'
import { scriptedModel } from 'skein/testing'
import { z } from 'zod'
import { folderBytes } from './folder-size.ts'
import { RESULT_CHARS, text, tokensOf } from './long-agent.ts'

const CALLS = 100
const SAID_CHARS = 2_900

/** Runs it to its end. */
export async function largeConversation(data: string): Promise<Readonly<Record<string, number>>> {
  let tokens = 0
  const model = scriptedModel(({ turn, options }) => {
    tokens = tokensOf(options)
    const said = text(turn + 500, SAID_CHARS)
    return turn < CALLS ? { text: said, calls: [{ tool: 'read', input: { page: turn } }] } : said
  })
  const read = tool({
    name: 'read',
    effect: 'read',
    inputSchema: z.object({ page: z.number() }),
    execute: ({ page }) => text(page, RESULT_CHARS),
  })
  const reader = agent({ name: 'reader', model, tools: { read }, maxSteps: CALLS + 1, context: false })
  {
    await using skein = await open({ data, workflows: [reader] })
    await (await skein.start(reader, 'Read it all.', { id: 'large' })).result()
  }
  return {
    largeTokens: tokens,
    largeFolderMb: folderBytes(data) / 1e6,
  }
}
