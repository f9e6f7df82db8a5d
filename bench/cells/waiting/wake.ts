/**
 * The second life of a folder full of waiting processes: opens it, says what that costs in time and heap, then sends
 * messages to random ones at an even rate and takes the time from `send` to the workflow's next line.
 */
import assert from 'node:assert/strict'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { open } from 'skein'
import { simRandom } from 'skein/testing'
import { cellArguments, quantile } from '../cell.ts'
import { heapBytes, waiter, woken } from './waiter.ts'

const { data, processes, wakes, perSecond } = cellArguments({ data: '', processes: 0, wakes: 0, perSecond: 100 })
const DRAWS = 'waiting'
const LATEST_MS = 60_000

{
  // What a first opening loads is not the folder's.
  await using skein = await open({ data: mkdtempSync(join(tmpdir(), 'skein-cell-empty-')), workflows: [waiter] })
  await skein.start(waiter, 'x', { id: 'x' })
}
const before = await heapBytes()
const startedAt = performance.now()
await using skein = await open({ data, workflows: [waiter] })
const openMs = performance.now() - startedAt
const heap = (await heapBytes()) - before
const random = simRandom(DRAWS)
const sentAt = new Map<string, number>()
const latenciesMs: number[] = []
woken.hear = (id) => {
  const at = sentAt.get(id)
  assert(at !== undefined, `${id} was woken by what nobody sent`)
  latenciesMs.push(performance.now() - at)
}
const beganAt = performance.now()
for (let i = 0; i < wakes; i++) {
  await pause(Math.max(0, beganAt + (i * 1000) / perSecond - performance.now()))
  let id = ''
  do id = `w${random.between(0, processes - 1)}`
  while (sentAt.has(id))
  sentAt.set(id, performance.now())
  void skein.send(id, id, { topic: 'wake' })
}
const sendSeconds = (performance.now() - beganAt) / 1000
for (let waited = 0; latenciesMs.length < wakes && waited < LATEST_MS; waited += 20) await pause(20)
assert.equal(latenciesMs.length, wakes, 'everyone who was sent a message woke')
console.log(
  JSON.stringify({
    openMs,
    heapBytesPerProcess: heap / processes,
    rssMb: process.memoryUsage().rss / 1e6,
    wakesPerSecond: wakes / sendSeconds,
    wakeMsP50: quantile(latenciesMs, 0.5),
    wakeMsP99: quantile(latenciesMs, 0.99),
  }),
)
