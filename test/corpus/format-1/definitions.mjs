/**
 * What wrote the folders of format 1. Frozen: runs in them are pinned to the text of these functions.
 * Every run of `STARTS` has one right value; what has a number of 90 or more is in flight when the writer is killed.
 */
import { agent, tool, workflow } from 'skein'
import { scriptedModel } from 'skein/testing'
import { schema, world } from '../far-world.mjs'

const make = (name, rest) =>
  tool({
    name,
    description: `does ${name}`,
    inputSchema: schema(),
    ...rest,
    execute: ({ n }, options) => world.do(name, n, options),
  })
const look = make('look', { effect: 'read' })
const pay = make('pay', { idempotent: true })
const book = make('book', { reconcile: ({ n }, options) => world.look('book', n, options) })
const mail = make('mail', {})
const publish = make('publish', { needsApproval: true })

/** Every class of effect, every combinator, values of every size; then one effect that is in flight. */
const everything = workflow({ name: 'everything', input: schema() }, async (ctx, { last, n }) => {
  const tools = { look, pay, book, mail }
  const serial = [await ctx.tool(look, { n: 1 }), await ctx.tool(pay, { n: 2 }), await ctx.tool(mail, { n: 3 })]
  const all = await ctx.all({ a: (c) => c.tool(book, { n: 4 }), b: (c) => c.tool(look, { n: 5 }) })
  const mapped = await ctx.map([6, 7, 8], (c, i) => c.tool(i === 7 ? mail : pay, { n: i }), { concurrency: 2 })
  const first = await ctx.race([(c) => c.tool(book, { n: 9 }), (c) => c.sleep('10m')])
  const chosen = await ctx.select({ done: (c) => c.tool(look, { n: 10 }), late: (c) => c.sleep('10m') })
  const drawn = [typeof (await ctx.now()), typeof (await ctx.random()), typeof (await ctx.uuid('u'))]
  const left = Object.keys(await ctx.budget())
  const large = await ctx.step('large', () => 'large '.repeat(15_000), { idempotent: true })
  const huge = await ctx.step('huge', () => 'huge '.repeat(250_000), { effect: 'read' })
  const failed = await ctx
    .step('failing', () => {
      throw new Error('no such thing')
    })
    .catch((error) => error.message)
  const kinds = [new Date(0), new Uint8Array([1, 2]), 10n, { undefined: undefined }]
  const same = await ctx.step('kinds', () => kinds)
  const end = await ctx.tool(tools[last], { n })
  return { serial, all, mapped, first, chosen: chosen.name, drawn, left, sizes: [large.length, huge.length], failed, same, end }
})

const errand = workflow({ name: 'errand', input: schema() }, async (ctx, { n }) => [
  await ctx.tool(pay, { n }, { key: 'paid' }),
  await ctx.tool(look, { n: n % 80 }),
])

/** Children of every manner, one of them in flight. */
const family = workflow({ name: 'family' }, async (ctx) => {
  const one = await ctx.run(errand, { n: 20 }, { budget: { toolCalls: 3 } })
  const more = await ctx.map([21, 22], (c, n) => c.run(errand, { n }))
  const child = await ctx.spawn(errand, { n: 95 }, { budget: { toolCalls: 2 } })
  return { one, more, last: await child.result() }
})

/** A job a segment, an answer to each, and letters that nobody fits. */
const counter = workflow({ name: 'counter', input: schema() }, async (ctx, { count, seen }) => {
  const job = await ctx.receive({ topic: 'job', schema: schema((body) => typeof body === 'number') })
  const done = await ctx.tool(mail, { n: job.body })
  const next = { count: count + 1, seen: [...seen, done] }
  return next.count === 3 ? next.seen : ctx.continueAsNew(next)
})

/** Answers itself by way of another process. */
const caller = workflow({ name: 'caller' }, async (ctx) => {
  const other = await ctx.spawn(callee, undefined)
  const answer = await ctx.call(other.pid, 30)
  await ctx.send(other.pid, 'enough', { topic: 'end' })
  return [answer, await other.result()]
})
const callee = workflow({ name: 'callee' }, async (ctx) => {
  const asked = await ctx.receive({ topic: 'end-or-call', timeout: 10 }).catch(() => ctx.receive({}))
  await ctx.reply(asked, await ctx.tool(pay, { n: asked.body }))
  return (await ctx.receive({ topic: 'end' })).body
})

const publishing = workflow({ name: 'publishing' }, (ctx) => ctx.tool(publish, { n: 40 }))
const asking = workflow({ name: 'asking' }, async (ctx) => {
  const answer = await ctx.ask({ title: 'How many?', show: { n: 41 }, answer: schema((n) => n === 7) })
  return [answer, await ctx.promise('given'), await ctx.tool(mail, { n: 42 })]
})
const sleeping = workflow({ name: 'sleeping' }, async (ctx) => {
  await ctx.sleep('3s')
  return ctx.tool(mail, { n: 43 })
})
const poor = workflow({ name: 'poor' }, async (ctx) => [
  await ctx.tool(look, { n: 44 }),
  await ctx.tool(pay, { n: 45 }),
  await ctx.tool(mail, { n: 46 }),
])
const failing = workflow({ name: 'failing' }, async (ctx) => {
  await ctx.tool(look, { n: 47 })
  throw new Error('it was not to be')
})
const endless = workflow({ name: 'endless' }, (ctx) => ctx.sleep('30d'))

const helper = agent({
  name: 'helper',
  model: scriptedModel([{ calls: [{ tool: 'look', input: { n: 50 } }] }, 'helped'], { modelId: 'helper' }),
  tools: { look },
})
/** Tools at once, another agent among them; then one that a person approves; then two more. */
const assistant = agent({
  name: 'assistant',
  instructions: 'Do it all.',
  model: scriptedModel(
    [
      {
        calls: [
          { tool: 'pay', input: { n: 51 } },
          { tool: 'mail', input: { n: 52 } },
          { tool: 'helper', input: { prompt: 'help' } },
        ],
      },
      { calls: [{ tool: 'publish', input: { n: 53 } }] },
      {
        calls: [
          { tool: 'mail', input: { n: 54 } },
          { tool: 'look', input: { n: 55 } },
        ],
      },
      'all done',
    ],
    { modelId: 'assistant' },
  ),
  tools: { pay, mail, look, publish, helper },
})
/** Two tools at once, one of which is in flight when the writer is killed. */
const mailer = agent({
  name: 'mailer',
  model: scriptedModel(
    [
      {
        calls: [
          { tool: 'mail', input: { n: 96 } },
          { tool: 'look', input: { n: 56 } },
        ],
      },
      'mailed',
    ],
    { modelId: 'mailer' },
  ),
  tools: { mail, look },
})
/** Hangs in its model when the writer is killed. */
const thinker = agent({
  name: 'thinker',
  model: scriptedModel(async () => world.do('thought', 97, { idempotencyKey: 'model' }), { modelId: 'thinker' }),
})

export const STARTS = [
  { id: 'in-doubt', definition: everything, input: { last: 'mail', n: 90 }, budget: { toolCalls: 50 } },
  { id: 'in-doubt-again', definition: everything, input: { last: 'mail', n: 91 }, budget: { usd: 1 } },
  { id: 'reading', definition: everything, input: { last: 'look', n: 92 } },
  { id: 'paying', definition: everything, input: { last: 'pay', n: 93 } },
  { id: 'booking', definition: everything, input: { last: 'book', n: 94 } },
  { id: 'family', definition: family, budget: { toolCalls: 30, processes: 9 } },
  { id: 'counter', definition: counter, input: { count: 0, seen: [] } },
  { id: 'caller', definition: caller },
  { id: 'publishing', definition: publishing },
  { id: 'asking', definition: asking },
  { id: 'sleeping', definition: sleeping },
  { id: 'poor', definition: poor, budget: { toolCalls: 1 } },
  { id: 'failing', definition: failing },
  { id: 'endless', definition: endless },
  { id: 'assistant', definition: assistant, input: 'please', budget: { modelCalls: 20 } },
  { id: 'mailer', definition: mailer, input: 'mail' },
  { id: 'thinker', definition: thinker, input: 'think' },
]
/** Definitions below those. */
export const OTHERS = [errand, callee, helper]
/** Sent once everything is started: one job is done, one does not fit, and one letter waits in the mailbox. */
export const LETTERS = [
  { to: 'counter', topic: 'job', body: 31 },
  { to: 'counter', topic: 'job', body: 'not a number' },
  { to: 'counter', topic: 'other', body: 'for nobody' },
]
/** Sent by whoever goes on. */
export const LATER_LETTERS = [
  { to: 'counter', topic: 'job', body: 32 },
  { to: 'counter', topic: 'job', body: 33 },
]
/** Cancelled once everything is started; the second was never there. */
export const CANCELLED = ['endless', 'never-there']
/** What a person knows of effects in doubt, by pid; nothing for the others, which are done again. */
export const KNOWN = { 'in-doubt': 'mail:90' }
/** Effects that hang when the writer is killed. */
export const HELD = 8
