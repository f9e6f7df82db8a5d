/** The workflow that workers over Postgres run in the bench: effects of a tool that does nothing. */
import { tool, workflow } from 'skein'
import { z } from 'zod'

/** Taken before `open()`: looked up in a body, it would be the tripwire's, which tells where a body reads a clock. */
const now = performance.now.bind(performance)

/** The workflow, and what this process has done of it so far. */
export function trivial(effects: number) {
  const done = { calls: 0, latenciesMs: [] as number[] }
  const note = tool({
    name: 'note',
    effect: 'read',
    inputSchema: z.object({ n: z.number() }),
    execute: ({ n }) => {
      done.calls += 1
      return { n }
    },
  })
  const worker = workflow({ name: 'worker' }, async (ctx) => {
    for (let n = 0; n < effects; n++) {
      const startedAt = now()
      await ctx.tool(note, { n })
      done.latenciesMs.push(now() - startedAt)
    }
  })
  return { worker, done }
}
