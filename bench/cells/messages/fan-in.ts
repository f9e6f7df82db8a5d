/** Many workflows that all send to one, which takes every message once. */
import assert from 'node:assert/strict'
import { open, workflow } from 'skein'
import { z } from 'zod'
import { cell, cellArguments } from '../cell.ts'

const { senders, each } = cellArguments({ senders: 100, each: 20 })

const taker = workflow({ name: 'taker', input: z.object({ messages: z.number() }) }, async (ctx, { messages }) => {
  const seen = new Set<string>()
  for (let n = 0; n < messages; n++) {
    const { from, body } = await ctx.receive({ topic: 'note' })
    seen.add(`${from}/${String(body)}`)
  }
  return seen.size
})
const sender = workflow({ name: 'sender', input: z.object({ to: z.string() }) }, async (ctx, { to }) => {
  for (let n = 0; n < each; n++) await ctx.send(to, n, { topic: 'note' })
})

await cell(async (data) => {
  await using skein = await open({ data, workflows: [taker, sender] })
  // Loads what a first run loads.
  const first = await skein.start(taker, { messages: each }, { id: 'first' })
  await skein.run(sender, { to: 'first' }, { id: 'first-sender' })
  assert.equal(await first.result(), each)
  const messages = senders * each
  const taking = await skein.start(taker, { messages }, { id: 'taker' })
  const cpu = process.cpuUsage()
  const startedAt = performance.now()
  await Promise.all(Array.from({ length: senders }, (_, i) => skein.start(sender, { to: 'taker' }, { id: `s${i}` })))
  assert.equal(await taking.result(), messages)
  const seconds = (performance.now() - startedAt) / 1000
  const { user, system } = process.cpuUsage(cpu)
  return { messagesPerSecond: messages / seconds, cpuMicrosPerMessage: (user + system) / messages }
})
