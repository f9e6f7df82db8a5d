import { agent, tool, workflow } from 'skein'
import { z } from 'zod'

const model = 'openai/gpt-5.4', Text = z.object({ text: z.string() })
const researcher = agent({ name: 'researcher', model, instructions: 'Research the topic. Cite sources.', output: Text })
const writer = agent({ name: 'writer', model, instructions: 'Write or revise the article.', output: Text })
const reviewer = agent({ name: 'reviewer', model, instructions: 'List what is wrong.', output: Text })
const publish = tool({ name: 'publish', inputSchema: Text, needsApproval: true,
  execute: (article, { idempotencyKey }) => cms.post(article, { headers: { 'Idempotency-Key': idempotencyKey } }),
  reconcile: async (_, { idempotencyKey: key }) => { const hit = await cms.find(key); return hit ? { done: hit } : { absent: true } } })
export default workflow({ name: 'article', input: z.object({ topic: z.string() }) }, async (ctx, { topic }) => {
  const notes = await ctx.run(researcher, { topic }, { budget: { modelCalls: 10 } })
  const draft = await ctx.run(writer, { notes })
  const review = await ctx.run(reviewer, { draft })
  return ctx.tool(publish, await ctx.run(writer, { draft, review }))
})

/** The reader's own system; everything above stands in README.md as it stands here. */
declare const cms: {
  post(article: { text: string }, options: { headers: { 'Idempotency-Key': string } }): Promise<{ url: string }>
  find(key: string): Promise<{ url: string } | undefined>
}
