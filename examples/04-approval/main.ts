/**
 * An approval that outlives its process: the run asks, you stop it, somebody answers, it goes on.
 *
 *   npx skein run examples/04-approval/main.ts --id a1 --input '{"topic":"tides"}'
 *   npx skein approve a1/publish
 *   npx skein run examples/04-approval/main.ts --id a1
 */
import { appendFile, readFile } from 'node:fs/promises'
import { tool, workflow } from 'skein'
import { z } from 'zod'

const Article = z.object({ topic: z.string(), text: z.string() })
const FEED = 'feed.txt'

/** The feed is the far side: its lines carry the key they were published under, so a line in doubt can be looked up. */
const publish = tool({
  name: 'publish',
  description: 'Publish an article.',
  inputSchema: Article,
  needsApproval: true,
  execute: async ({ text }, { idempotencyKey }) => {
    await appendFile(FEED, `${idempotencyKey} ${text}\n`)
    return { text }
  },
  reconcile: async ({ text }, { idempotencyKey }) => {
    const feed = await readFile(FEED, 'utf8').catch(() => '')
    return feed.includes(`${idempotencyKey} `) ? { done: { text } } : { absent: true }
  },
})

export default workflow({ name: 'article', input: z.object({ topic: z.string() }) }, async (ctx, { topic }) => {
  const { text } = await ctx.model({
    model: process.env['SKEIN_MODEL'] ?? 'offline',
    prompt: `One sentence about ${topic}.`,
  })
  const article = await ctx.tool(publish, { topic, text })
  return { published: article.text }
})
