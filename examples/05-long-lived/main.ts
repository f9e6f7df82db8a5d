/**
 * An agent that lives as long as its mailbox: each letter is answered by a model and the answer is posted, what it
 * knows is carried from segment to segment, and between letters it takes no memory at all.
 *
 *   npx skein run examples/05-long-lived/main.ts --id clerk --input '{"letters":0,"people":[]}'
 *   npx skein send clerk --topic letter '{"from":"ann","text":"hello"}'         # kept, although nobody runs it now
 *   npx skein run examples/05-long-lived/main.ts --id clerk                     # answers into outbox.txt, waits again
 *   npx skein send clerk --topic close '{}'
 *   npx skein run examples/05-long-lived/main.ts --id clerk
 */
import { appendFile, readFile } from 'node:fs/promises'
import { agent, tool, workflow } from 'skein'
import { z } from 'zod'

const Letter = z.object({ from: z.string(), text: z.string() })
const State = z.object({ letters: z.number(), people: z.array(z.string()) })
const OUTBOX = 'outbox.txt'

const writer = agent({
  name: 'writer',
  model: process.env['SKEIN_MODEL'] ?? 'offline',
  instructions: 'You are a clerk. Answer letters in a sentence.',
})

/** The outbox keeps the key of every answer, so that one in doubt can be looked up instead of being posted twice. */
const post = tool({
  name: 'post',
  inputSchema: z.object({ to: z.string(), text: z.string() }),
  execute: async ({ to, text }, { idempotencyKey }) => {
    await appendFile(OUTBOX, `${idempotencyKey} to ${to}: ${text.replaceAll('\n', ' ')}\n`)
    return { posted: true }
  },
  reconcile: async (_, { idempotencyKey }) => {
    const outbox = await readFile(OUTBOX, 'utf8').catch(() => '')
    return outbox.includes(`${idempotencyKey} `) ? { done: { posted: true } } : { absent: true }
  },
})

export default workflow({ name: 'clerk', input: State }, async (ctx, state) => {
  const next = await ctx.select({
    letter: (c) => c.receive({ topic: 'letter', schema: Letter }),
    close: (c) => c.receive({ topic: 'close' }),
  })
  if (next.name === 'close') return state
  const { from, text } = next.value.body
  const answer = await ctx.run(writer, `${from} writes: ${text}`)
  await ctx.tool(post, { to: from, text: answer.text })
  const people = state.people.includes(from) ? state.people : [...state.people, from]
  return ctx.continueAsNew({ letters: state.letters + 1, people })
})
