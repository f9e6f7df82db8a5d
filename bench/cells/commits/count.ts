/**
 * Commits that one sequential process waits for, per effect, by class (the table of rule E1: local 0, read 1, write 1).
 * The engine is the embedded one; its store is wrapped to count.
 */
import { open, tool, workflow } from 'skein'
import { createEngine, memoryMedium, nodeClock, nodeHash, nodeRandom, nodeSoon } from 'skein/engine'
import type { Store } from 'skein/engine'
import { z } from 'zod'
import { cell } from '../cell.ts'

const EFFECTS = 200
const CASES = {
  draw: 'commitsPerDraw',
  'local tool': 'commitsPerLocalTool',
  'read tool': 'commitsPerReadTool',
  'write tool': 'commitsPerWriteTool',
  'keyed write tool': 'commitsPerKeyedWriteTool',
  step: 'commitsPerStep',
} as const
type Case = keyof typeof CASES

await cell(async () => {
  const none = await commitsOf('draw', 0)
  const figures: Record<string, number> = {}
  for (const [name, key] of Object.entries(CASES) as [Case, string][])
    figures[key] = ((await commitsOf(name, EFFECTS)) - none) / EFFECTS
  return figures
})

async function commitsOf(name: Case, effects: number): Promise<number> {
  using medium = memoryMedium()
  const counted = { commits: 0 }
  const store = countingStore(medium.open(), counted)
  const engine = createEngine({ store, clock: nodeClock, random: nodeRandom, hash: nodeHash, soon: nodeSoon })
  const about = { inputSchema: z.object({ n: z.number() }), execute: ({ n }: { n: number }) => n }
  const tools = {
    'local tool': tool({ name: 'look', effect: 'local', ...about }),
    'read tool': tool({ name: 'fetch', effect: 'read', ...about }),
    'write tool': tool({ name: 'mail', ...about }),
    'keyed write tool': tool({ name: 'pay', idempotent: true, ...about }),
  }
  const flow = workflow({ name: 'commits' }, async (ctx) => {
    for (let n = 0; n < effects; n++) {
      if (name === 'draw') await ctx.now()
      else if (name === 'step') await ctx.step('work', () => n)
      else await ctx.tool(tools[name], { n })
    }
    return effects
  })
  await using skein = await open({ data: '.', engine, workflows: [flow] })
  await skein.run(flow, undefined, { id: 'c' })
  return counted.commits
}

function countingStore(store: Store, counted: { commits: number }): Store {
  return {
    epoch: store.epoch,
    durability: store.durability,
    tables: store.tables,
    commit: (apply) => {
      counted.commits += 1
      return store.commit(apply)
    },
    reading: (look) => store.reading(look),
    compact: () => store.compact(),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  }
}
