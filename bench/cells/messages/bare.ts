/** The same on the bare store: one row per message, which stands for taking one and sending the next. */
import assert from 'node:assert/strict'
import { BareStore } from '../bare-store.ts'
import { cell, cellArguments } from '../cell.ts'

const { lanes, messages } = cellArguments({ lanes: 100, messages: 40 })

await cell(async (folder) => {
  using store = new BareStore(folder)
  const play = async (p: string): Promise<void> => {
    for (let n = 0; n < messages; n++) await store.append(p, n, JSON.stringify({ topic: 'ball', body: n }))
  }
  // Loads what a first run loads; Skein's cells do it too.
  await play('first')
  const cpu = process.cpuUsage()
  const startedAt = performance.now()
  await Promise.all(Array.from({ length: lanes }, (_, i) => play(`p${i}`)))
  const seconds = (performance.now() - startedAt) / 1000
  const { user, system } = process.cpuUsage(cpu)
  assert.equal(store.rows, (lanes + 1) * messages)
  return {
    messagesPerSecond: (lanes * messages) / seconds,
    cpuMicrosPerMessage: (user + system) / (lanes * messages),
  }
})
