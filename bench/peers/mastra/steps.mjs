/**
 * Mastra's agent: `generate` in memory, and its durable agent over a libSQL file with `recovery: 'auto'`, which is what
 * makes it write a checkpoint at every step. Logger off.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Agent } from '@mastra/core/agent'
import { Mastra } from '@mastra/core/mastra'
import { createTool } from '@mastra/core/tools'
import { LibSQLStore } from '@mastra/libsql'
import { z } from 'zod'
import { measure, settings } from '../../cells/steps/measure.ts'
import { add, mockModel, STEPS } from '../../cells/steps/task.ts'

const STEPS_MAX = 50

const given = settings()
const isDurable = given.store === 'folder'
const folder = mkdtempSync(join(tmpdir(), 'mastra-bench-'))
const sumOf = createTool({
  id: 'add',
  description: 'Adds.',
  inputSchema: z.object({ a: z.number(), b: z.number() }),
  execute: async (input) => add(input),
})
const agent = new Agent({
  id: 'calculator',
  name: 'calculator',
  instructions: 'You add numbers.',
  model: mockModel(given.atOnce),
  tools: { add: sumOf },
  ...(isDurable ? { durable: { maxSteps: STEPS_MAX, cleanupTimeoutMs: 1 } } : {}),
})
const mastra = new Mastra({
  agents: { calculator: agent },
  logger: false,
  ...(isDurable
    ? {
        storage: new LibSQLStore({ id: 'runs', url: `file:${join(folder, 'mastra.db')}` }),
        recovery: { durableAgents: 'auto' },
      }
    : {}),
})
const calculator = mastra.getAgent('calculator')

async function durably() {
  const { output, cleanup } = await calculator.stream('go', { maxSteps: STEPS_MAX })
  const text = await output.text
  cleanup()
  return text
}

async function inMemory() {
  const { text, steps } = await calculator.generate('go', { maxSteps: STEPS_MAX })
  if (steps.length !== STEPS + 1) throw new Error(`${steps.length} steps`)
  return text
}

try {
  await measure(given, isDurable ? durably : inMemory)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
process.exit(0)
