/**
 * A support agent that answers a complaint, and what it would have done otherwise: the same past, other futures.
 *
 *   npx skein run examples/07-fork/main.ts --id a1 --input '"The parcel of order 7 never came."'
 *   npx skein log a1                                                  # every fact has a number
 *   npx skein fork a1@order --instructions 'Be strict: no goodwill.' --id strict --writes stub
 *   npx skein fork a1 --answer 'order={"days":2}' --id late --writes stub
 *   npx skein diff a1 strict
 *
 * The mail goes out once, in `a1`: a fork does not change the world unless it is told to (--writes live).
 */
import { appendFile } from 'node:fs/promises'
import { agent, tool } from 'skein'
import { z } from 'zod'

const order = tool({
  name: 'order',
  effect: 'read',
  inputSchema: z.object({ id: z.number() }),
  execute: async () => ({ days: 21, price: 40 }),
})

const mail = tool({
  name: 'mail',
  inputSchema: z.object({ text: z.string() }),
  execute: async ({ text }) => {
    await appendFile('outbox.txt', `${text}\n`)
    return { sent: true }
  },
})

export default agent({
  name: 'support',
  model: process.env['SKEIN_MODEL'] ?? 'offline',
  instructions: 'Be generous: a parcel that is three weeks late is refunded.',
  tools: { order, mail },
})
