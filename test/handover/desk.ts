/** What the server under load does: jobs of every class of effect, one after the other and at once, until it is told to stop. */
import { workflow } from 'skein'
import { book, fetchPage, mail, pay } from '../chaos/far-tools.ts'
import { anything } from '../../src/testing/world/anything.ts'

const JOBS_PER_SEGMENT = 10
const PAUSE_MS = 20

/** Counts its jobs; its value is their number. */
export const desk = workflow({ name: 'desk', input: anything }, async (ctx, input) => {
  const first = (input as { readonly n: number }).n
  for (let n = first; n < first + JOBS_PER_SEGMENT; n++) {
    const job = { who: ctx.pid, n }
    await ctx.all([
      (c) => c.tool(mail, job),
      async (c) => {
        await c.tool(pay, job)
        await c.tool(book, job)
      },
      (c) => c.tool(fetchPage, job),
    ])
    const { name } = await ctx.select({ stop: (c) => c.receive({ topic: 'stop' }), go: (c) => c.sleep(PAUSE_MS) })
    if (name === 'stop') return n + 1
  }
  return ctx.continueAsNew({ n: first + JOBS_PER_SEGMENT })
})
