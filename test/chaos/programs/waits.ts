/** Programs that wait: for people, for timers, for each other. */
import { workflow } from 'skein'
import { anything } from '../../../src/testing/world/anything.ts'
import { book, LONGER, mail, pay, publish } from '../far-tools.ts'
import { programOf } from './program.ts'
import type { Program } from './program.ts'

/** Somebody agrees, somebody answers, somebody pays, and a letter comes from outside. */
const approvals = workflow({ name: 'approvals' }, async (ctx) => {
  const published = await ctx.all([(c) => c.tool(publish, { n: 60 }), (c) => c.tool(publish, { n: 61 })])
  const answer = await ctx.ask({ title: 'how many?', answer: anything })
  const letter = await ctx.receive({ topic: 'letter' })
  // The letter is sent again in every life, under its id: a second one would be heard here.
  const { name: heard } = await ctx.select({ twice: (c) => c.receive({ topic: 'letter' }), once: (c) => c.sleep(1) })
  return { published, answer, letter: letter.body, heard, mailed: await ctx.tool(mail, { n: 62 }) }
})

const approving: Program = {
  definitions: () => [approvals],
  play: async ({ skein }) => {
    const run = await skein.start(approvals, undefined, { id: 'approvals', budget: { toolCalls: 2 } })
    await skein
      .send('approvals', { news: 'good' }, { topic: 'letter', id: 'l1' })
      .catch((thrown: { code?: string }) => {
        if (thrown.code !== 'PROCESS_ENDED') throw thrown
      })
    return run.result()
  },
}

const errand = workflow({ name: 'errand', input: anything }, async (ctx, input) => {
  await ctx.sleep(5 * LONGER)
  return [await ctx.tool(pay, { errand: input }), await ctx.tool(book, { errand: input })]
})

type Round = { readonly round: number; readonly log: readonly unknown[] }
const ROUNDS = 3

/** Sleeps, deadlines that are met and missed, and children that sleep; a segment for each round. */
const timers = workflow({ name: 'timers', input: anything }, async (ctx, input) => {
  const { round, log } = input as Round
  await ctx.sleep(15 * LONGER)
  const late = await ctx.select({ nobody: (c) => c.receive({ topic: 'never' }), time: (c) => c.sleep(10 * LONGER) })
  const missed = await ctx.receive({ topic: 'never', timeout: 5 * LONGER }).then(
    () => 'came',
    () => 'did not come',
  )
  const mailed = await ctx.tool(mail, { round })
  const errands = await ctx.map([1, 2], (c, n) => c.run(errand, { round, n }, { budget: { toolCalls: 3 } }))
  const next = { round: round + 1, log: [...log, { late: late.name, missed, mailed, errands }] }
  return next.round === ROUNDS ? next.log : ctx.continueAsNew(next)
})

type Count = { readonly n: number; readonly seen: readonly unknown[] }
const LETTERS = 3

/** Does one job a segment, and answers its sender. */
const counter = workflow({ name: 'counter', input: anything }, async (ctx, input) => {
  const { n, seen } = input as Count
  const job = await ctx.receive({ topic: 'job' })
  const done = await ctx.tool(n % 2 === 0 ? mail : book, { job: job.body })
  await ctx.send(job.from ?? '', { done }, { topic: 'done' })
  const next: Count = { n: n + 1, seen: [...seen, done] }
  return next.n === LETTERS ? next.seen : ctx.continueAsNew(next)
})

/** Answers two calls. */
const clerk = workflow({ name: 'clerk' }, async (ctx) => {
  for (let n = 0; n < 2; n++) {
    const question = await ctx.receive({ topic: 'question' })
    await ctx.reply(question, await ctx.tool(pay, { question: question.body }))
  }
  return 'answered'
})

const mailboxes = workflow({ name: 'mailboxes' }, async (ctx) => {
  const two = await ctx.all(
    [0, 1].map((who) => async (c) => {
      const child = await c.spawn(counter, { n: 0, seen: [] }, { budget: { toolCalls: 4 }, key: `counter ${who}` })
      const answers: unknown[] = []
      for (let i = 0; i < LETTERS; i++) {
        await c.send(child.pid, { who, i }, { topic: 'job' })
        answers.push((await c.receive({ topic: 'done', from: child.pid })).body)
      }
      return { answers, seen: await child.result() }
    }),
  )
  const asked = await ctx.spawn(clerk, undefined)
  const called = [
    await ctx.call(asked.pid, { n: 1 }, { topic: 'question' }),
    await ctx.call(asked.pid, { n: 2 }, { topic: 'question' }),
  ]
  return { two, called, clerk: await asked.result() }
})

/** By name. */
export const WAIT_PROGRAMS = {
  approvals: approving,
  timers: programOf(timers, { input: { round: 0, log: [] }, below: [errand] }),
  mailboxes: programOf(mailboxes, { below: [counter, clerk] }),
} as const
