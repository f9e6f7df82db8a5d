import { pending, tool, workflow } from 'skein'
import { z } from 'zod'

/** A render farm that calls back when a film is ready. */
export const farm = { jobs: new Map<string, string>() }

const render = tool({
  name: 'render',
  inputSchema: z.object({ film: z.string() }),
  outputSchema: z.object({ url: z.string() }),
  execute: ({ film }, { idempotencyKey }) => {
    farm.jobs.set(idempotencyKey, film)
    return pending(idempotencyKey, { expires: '2d' })
  },
  reconcile: (_, { idempotencyKey }) =>
    farm.jobs.has(idempotencyKey) ? pending(idempotencyKey, { expires: '2d' }) : { absent: true },
})

export const premiere = workflow({ name: 'premiere', input: z.object({ film: z.string() }) }, (ctx, { film }) =>
  ctx.tool(render, { film }),
)
