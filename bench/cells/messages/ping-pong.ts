/** Pairs of workflows that send one message to and fro. A message is durable before its receiver hears of it. */
import assert from 'node:assert/strict'
import { open, workflow } from 'skein'
import { z } from 'zod'
import { cell, cellArguments } from '../cell.ts'

const { pairs, rounds } = cellArguments({ pairs: 100, rounds: 20 })
const settings = z.object({ peer: z.string(), isFirst: z.boolean() })

const player = workflow({ name: 'player', input: settings }, async (ctx, { peer, isFirst }) => {
  let heard = 0
  for (let n = 0; n < rounds; n++) {
    if (isFirst) await ctx.send(peer, n, { topic: 'ball' })
    const { body } = await ctx.receive({ topic: 'ball' })
    if (body === n) heard += 1
    if (!isFirst) await ctx.send(peer, n, { topic: 'ball' })
  }
  return heard
})

await cell(async (data) => {
  await using skein = await open({ data, workflows: [player] })
  const play = async (i: string): Promise<readonly number[]> => {
    const [a, b] = [`a${i}`, `b${i}`]
    const waiting = await skein.start(player, { peer: a, isFirst: false }, { id: b })
    const serving = await skein.start(player, { peer: b, isFirst: true }, { id: a })
    return Promise.all([waiting.result(), serving.result()])
  }
  // Loads what a first run loads.
  await play('first')
  const cpu = process.cpuUsage()
  const startedAt = performance.now()
  const heard = await Promise.all(Array.from({ length: pairs }, (_, i) => play(String(i))))
  const seconds = (performance.now() - startedAt) / 1000
  const { user, system } = process.cpuUsage(cpu)
  assert(heard.flat().every((count) => count === rounds))
  const messages = pairs * rounds * 2
  return { messagesPerSecond: messages / seconds, cpuMicrosPerMessage: (user + system) / messages }
})
