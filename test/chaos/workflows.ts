/** The three programs that are killed. Each has one right result, whatever the order in which things happen. */
import { agent, workflow } from 'skein'
import type { Ctx } from 'skein'
import { MODEL_KEY } from '../../src/testing/crash/ledger-entry.ts'
import { scriptedModel } from '../../src/testing/models/scripted-model.ts'
import type { Script } from '../../src/testing/models/scripted-model.ts'
import { anything } from '../../src/testing/world/anything.ts'
import { book, far, fetchPage, mail, pay, publish } from './far-tools.ts'

const NEVER = '10m'

/** Tools of every class, one after the other and at once. */
const tools = workflow({ name: 'tools' }, async (ctx) => {
  const serial = [
    await ctx.tool(fetchPage, { n: 1 }),
    await ctx.tool(pay, { n: 2 }),
    await ctx.tool(book, { n: 3 }),
    await ctx.tool(mail, { n: 4 }),
  ]
  const all = await ctx.all({
    fetched: (c) => c.tool(fetchPage, { n: 5 }),
    paid: (c) => c.tool(pay, { n: 6 }),
    booked: (c) => c.tool(book, { n: 7 }),
    mailed: (c) => c.tool(mail, { n: 8 }),
  })
  const mapped = await ctx.map([10, 11, 12, 13], (c, n) => c.tool(n % 2 === 0 ? book : mail, { n }), { concurrency: 2 })
  const first = await ctx.race([(c) => c.tool(book, { n: 20 }), (c) => c.sleep(NEVER)])
  const noted = await ctx.step('note', (about) => noteDown('note', 21, about, true), { idempotent: true })
  const written = await ctx.step('write', (about) => noteDown('write', 22, about, false))
  const drawn = [typeof (await ctx.now()), typeof (await ctx.random()), typeof (await ctx.uuid('u'))]
  return { serial, all, mapped, first, noted, written, drawn }
})

function noteDown(
  tool: string,
  n: number,
  about: { readonly idempotencyKey: string; readonly attempt: number; readonly abortSignal: AbortSignal },
  keyed: boolean,
): Promise<unknown> {
  const { idempotencyKey: key, attempt, abortSignal } = about
  return far.do({ tool, key, attempt, input: { n }, keyed }, abortSignal)
}

/** A model whose calls the ledger counts. */
function countedModel(modelId: string, script: (turn: number, results: readonly unknown[]) => ReturnType<TurnOf>) {
  return scriptedModel(
    async ({ turn, results }) => {
      await far.do({ tool: modelId, key: MODEL_KEY, attempt: 1, input: { turn }, inert: true })
      return script(turn, results)
    },
    { modelId },
  )
}
type TurnOf = Exclude<Script, readonly unknown[]>

const helper = agent({
  name: 'helper',
  model: countedModel('helper', (turn, results) =>
    turn === 0
      ? {
          calls: [
            { tool: 'book', input: { n: 30 } },
            { tool: 'fetch', input: { n: 31 } },
          ],
        }
      : `helped with ${JSON.stringify(results)}`,
  ),
  tools: [book, fetchPage],
})

/** An agent with parallel tools, one of which is another agent. */
const assistant = agent({
  name: 'assistant',
  model: countedModel('assistant', (turn, results) => {
    if (turn === 0)
      return {
        calls: [
          ...['fetch', 'pay', 'book', 'mail'].map((tool, i) => ({ tool, input: { n: 40 + i } })),
          { tool: 'helper', input: { prompt: 'help' } },
        ],
      }
    if (turn === 1) return { calls: ['mail', 'book'].map((tool, i) => ({ tool, input: { n: 50 + i } })) }
    return `all done: ${JSON.stringify(results)}`
  }),
  tools: [fetchPage, pay, book, mail, helper],
})

type Count = { readonly n: number; readonly seen: readonly unknown[] }

/** Does one job a segment, and answers its sender. */
const counter = workflow({ name: 'counter', input: anything }, async (ctx, input) => {
  const { n, seen } = input as Count
  const job = await ctx.receive({ topic: 'job' })
  const done = await ctx.tool(n % 2 === 0 ? mail : book, { job: job.body })
  await ctx.send(job.from ?? '', { done }, { topic: 'done' })
  const next: Count = { n: n + 1, seen: [...seen, done] }
  return next.n === 3 ? next.seen : ctx.continueAsNew(next)
})

const errand = workflow({ name: 'errand', input: anything }, async (ctx, input) => {
  await ctx.sleep(5)
  return [await ctx.tool(pay, { errand: input }), await ctx.tool(book, { errand: input })]
})

type Round = { readonly round: number; readonly log: readonly unknown[] }

/** Messages, timers, children with budgets, people, and a segment for each round. */
const desk = workflow({ name: 'desk', input: anything }, async (ctx, input) => {
  const { round = 0, log = [] } = (input ?? {}) as Partial<Round>
  const said = await ROUNDS[round]?.(ctx)
  const next: Round = { round: round + 1, log: [...log, said] }
  return next.round === ROUNDS.length ? next.log : ctx.continueAsNew(next)
})

const ROUNDS: readonly ((ctx: Ctx) => Promise<unknown>)[] = [
  async (ctx) => {
    const child = await ctx.spawn(counter, { n: 0, seen: [] }, { budget: { toolCalls: 4 } })
    const answers: unknown[] = []
    for (let i = 0; i < 3; i++) {
      await ctx.send(child.pid, { i }, { topic: 'job' })
      answers.push((await ctx.receive({ topic: 'done', from: child.pid })).body)
    }
    return { answers, seen: await child.result() }
  },
  async (ctx) => {
    await ctx.sleep(20)
    return ctx.map([1, 2, 3], (c, n) => c.run(errand, { n }, { budget: { toolCalls: 3 } }))
  },
  async (ctx) => {
    const published = await ctx.tool(publish, { n: 60 })
    const answer = await ctx.ask({ title: 'how many?', answer: anything })
    const letter = await ctx.receive({ topic: 'letter' })
    // The letter is sent again in every life, under its id: a second one would be heard here.
    const { name: heard } = await ctx.select({
      twice: (c) => c.receive({ topic: 'letter' }),
      once: (c) => c.sleep(1),
    })
    return { published, answer, letter: letter.body, heard, mailed: await ctx.tool(mail, { n: 61 }) }
  },
]

/** By name. */
export const PROGRAMS = {
  tools: { definition: tools, input: undefined, budget: { toolCalls: 200 } },
  assistant: { definition: assistant, input: 'do it all', budget: { toolCalls: 200, modelCalls: 200 } },
  desk: { definition: desk, input: { round: 0, log: [] }, budget: { toolCalls: 200, processes: 20 } },
} as const
/** Definitions below the programs. */
export const OTHERS = [helper, counter, errand]
