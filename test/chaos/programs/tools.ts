/** Tools and steps of every class, one after the other and at once. */
import { workflow } from 'skein'
import { anything } from '../../../src/testing/world/anything.ts'
import { book, far, fetchPage, mail, pay } from '../far-tools.ts'
import { programOf } from './program.ts'

/** A branch that always loses. */
const NEVER = '30d'
const JOBS = Array.from({ length: 10 }, (_, n) => n)

type About = { readonly idempotencyKey: string; readonly attempt: number; readonly abortSignal: AbortSignal }

/** What the code of a step does: it asks the ledger. */
export function noteDown(tool: string, n: number, about: About, keyed: boolean): Promise<unknown> {
  const { idempotencyKey: key, attempt, abortSignal } = about
  return far.do({ tool, key, attempt, input: { n }, keyed }, abortSignal)
}

const serialTools = workflow({ name: 'serial-tools' }, async (ctx) => {
  const drawn = [typeof (await ctx.now()), typeof (await ctx.random()), typeof (await ctx.uuid('u'))]
  return {
    fetched: await ctx.tool(fetchPage, { n: 1 }),
    paid: await ctx.tool(pay, { n: 2 }),
    booked: await ctx.tool(book, { n: 3 }),
    mailed: await ctx.tool(mail, { n: 4 }),
    noted: await ctx.step('note', (about) => noteDown('note', 5, about, true), { idempotent: true }),
    written: await ctx.step('write', (about) => noteDown('write', 6, about, false)),
    drawn,
  }
})

const parallelTools = workflow({ name: 'parallel-tools' }, async (ctx) => {
  const all = await ctx.all({
    fetched: (c) => c.tool(fetchPage, { n: 10 }),
    paid: (c) => c.tool(pay, { n: 11 }),
    booked: (c) => c.tool(book, { n: 12 }),
    mailed: (c) => c.tool(mail, { n: 13 }),
  })
  const mapped = await ctx.map([20, 21, 22, 23], (c, n) => c.tool(n % 2 === 0 ? book : mail, { n }), { concurrency: 2 })
  const plain = await Promise.all([ctx.tool(pay, { n: 30 }), ctx.tool(mail, { n: 31 }), ctx.tool(fetchPage, { n: 32 })])
  const first = await ctx.race([(c) => c.tool(book, { n: 40 }), (c) => c.sleep(NEVER)])
  return { all, mapped, plain, first }
})

/** Always several things under way, of every class. */
const jobs = workflow({ name: 'jobs' }, (ctx) =>
  ctx.map(
    JOBS,
    async (c, n) => [
      await c.tool(mail, { job: n }),
      await c.tool(pay, { job: n }),
      await c.tool(book, { job: n }),
      await c.tool(fetchPage, { job: n }),
    ],
    { concurrency: 4 },
  ),
)

/** Each effect may time out before the ledger answers: then its outcome is unknown, though nobody died. */
const doubts = workflow({ name: 'doubts', input: anything }, async (ctx) => {
  const timeout = 14
  return [
    await ctx.tool(mail, { n: 50 }, { timeout }),
    await ctx.all([1, 2, 3].map((n) => (c) => c.tool(n % 2 === 0 ? book : mail, { n: 50 + n }, { timeout }))),
    await ctx.tool(book, { n: 55 }, { timeout }),
    await ctx.step('write', (about) => noteDown('write', 56, about, false), { timeout }),
  ]
})

/** By name. */
export const TOOL_PROGRAMS = {
  'serial-tools': programOf(serialTools),
  'parallel-tools': programOf(parallelTools),
  jobs: programOf(jobs),
  doubts: programOf(doubts),
} as const
