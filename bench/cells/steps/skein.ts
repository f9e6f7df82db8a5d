/** Skein as a user runs it: `open()` on a data folder, `agent()`, `tool()`. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { agent, open, tool } from 'skein'
import { createEngine, memoryMedium, nodeClock, nodeHash, nodeRandom, nodeSoon } from 'skein/engine'
import { measure, settings } from './measure.ts'
import { add, addInput, mockModel } from './task.ts'

const given = settings()
const calculator = agent({
  name: 'calculator',
  model: mockModel(given.atOnce),
  instructions: 'You add numbers.',
  tools: { add: tool({ name: 'add', description: 'Adds.', inputSchema: addInput, execute: add }) },
})
const data = mkdtempSync(join(tmpdir(), 'skein-bench-'))
try {
  using medium = memoryMedium()
  const ports = { clock: nodeClock, random: nodeRandom, hash: nodeHash, soon: nodeSoon }
  const engine = given.store === 'memory' ? { engine: createEngine({ store: medium.open(), ...ports }) } : {}
  await using skein = await open({
    data,
    workflows: [calculator],
    models: { concurrency: given.atOnce },
    ...engine,
  })
  await measure(given, async (i) => (await skein.run(calculator, 'go', { id: `b${i}` })).text)
} finally {
  rmSync(data, { recursive: true, force: true })
}
