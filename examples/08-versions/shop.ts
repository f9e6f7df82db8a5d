/** The shelves, and what can be done with one; every deed is a line of the file `ledger`. */
import { appendFile } from 'node:fs/promises'
import { setTimeout } from 'node:timers/promises'
import { tool } from 'skein'
import { z } from 'zod'

/** How many there are. */
export const SHELVES = 12
const Shelf = z.object({ shelf: z.number() })
const LONG_MS = 60_000

/** One of the shelves takes a minute to look at, if you say which: time to pull the plug. */
async function look(verb: string, shelf: number): Promise<void> {
  await appendFile('ledger', `${verb} ${shelf}\n`)
  if (process.env['SLOW_SHELF'] === String(shelf)) await setTimeout(LONG_MS)
}

export const count = tool({
  name: 'count',
  effect: 'read',
  inputSchema: Shelf,
  execute: async ({ shelf }) => {
    await look('count', shelf)
    return `shelf-${shelf} has ${shelf * 3} things`
  },
})

export const price = tool({
  name: 'price',
  effect: 'read',
  inputSchema: Shelf,
  execute: async ({ shelf }) => {
    await look('price', shelf)
    return `the things of shelf-${shelf} cost ${shelf * 7}`
  },
})

export const weigh = tool({
  name: 'weigh',
  effect: 'read',
  inputSchema: Shelf,
  execute: async ({ shelf }) => {
    await look('weigh', shelf)
    return `shelf-${shelf} weighs ${shelf * 5}`
  },
})
