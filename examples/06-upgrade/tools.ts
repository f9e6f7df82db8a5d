/** What the order does to the world: two files stand for the bank and for the book. */
import { appendFile } from 'node:fs/promises'
import { tool } from 'skein'
import { z } from 'zod'

/** Takes money, once for each call. */
export const charge = tool({
  name: 'charge',
  inputSchema: z.object({ customer: z.string(), cents: z.number() }),
  execute: async ({ customer, cents }, { idempotencyKey }) => {
    await appendFile('bank.txt', `${customer} ${cents}\n`)
    return { receipt: `${customer}/${cents}`, key: idempotencyKey }
  },
})

/** Writes a line into the book. */
export const note = tool({
  name: 'note',
  inputSchema: z.object({ text: z.string() }),
  execute: async ({ text }) => {
    await appendFile('book.txt', `${text}\n`)
    return { text }
  },
})
