/** Many workflows that all send to one, which takes every message once. */
import assert from 'node:assert/strict'
import { open, workflow } from 'skein'
import { cell, cellArguments } from '../cell.ts'

const { senders, each } = cellArguments({ senders: 100, each: 20 })

const taker = workflow({ name: 'taker' }, async (ctx) => {
  const seen = new Set<string>()
  for (let n = 0; n < senders * each; n++) {
    const { from, body } = await ctx.receive({ topic: 'note' })
    seen.add(`${from}/${String(body)}`)
  }
  return seen.size
})
const sender = workflow({ name: 'sender' }, async (ctx) => {
  for (let n = 0; n < each; n++) await ctx.send('taker', n, { topic: 'note' })
})

await cell(async (data) => {
  await using skein = await open({ data, workflows: [taker, sender] })
  const taking = await skein.start(taker, undefined, { id: 'taker' })
  const cpu = process.cpuUsage()
  const startedAt = performance.now()
  await Promise.all(Array.from({ length: senders }, (_, i) => skein.start(sender, undefined, { id: `s${i}` })))
  const messages = senders * each
  assert.equal(await taking.result(), messages)
  const seconds = (performance.now() - startedAt) / 1000
  const { user, system } = process.cpuUsage(cpu)
  return { messagesPerSecond: messages / seconds, cpuMicrosPerMessage: (user + system) / messages }
})
