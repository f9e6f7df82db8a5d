/** Users' files for the tests of the command line. They import nothing but skein. */
const HEAD = `
import { appendFileSync } from 'node:fs'
import { tool, workflow } from 'skein'
const any = { jsonSchema: { type: 'object' } } as never
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
const write = (line: string) => appendFileSync('ledger', line + '\\n')
`

/** Twelve slow writes, safe to repeat, one after the other. */
export const STEPS = `${HEAD}
const put = tool({ name: 'put', inputSchema: any, idempotent: true, execute: async ({ n }: { n: number }, { idempotencyKey }) => {
  write(idempotencyKey!)
  await pause(150)
  return n * n
} })
export default workflow({ name: 'steps' }, async (ctx, input: { count: number }) => {
  let sum = 0
  for (let n = 1; n <= input.count; n++) sum += (await ctx.tool(put, { n })) as number
  return sum
})`

/** Waits for approval before it publishes. */
export const ARTICLE = `${HEAD}
const publish = tool({ name: 'publish', inputSchema: any, needsApproval: true, execute: async ({ text }: { text: string }) => {
  write('published ' + text)
  return { url: 'https://cms/' + text }
} })
export default workflow({ name: 'article' }, async (ctx, input: { topic: string }) => ctx.tool(publish, { text: input.topic }))`

/** A write that can be cut off, and says nothing about repeats. */
export const TRANSFER = `${HEAD}
const pay = tool({ name: 'pay', inputSchema: any, execute: async ({ amount }: { amount: number }) => {
  write('paid ' + amount)
  await pause(20_000)
  return { amount }
} })
export default workflow({ name: 'transfer' }, async (ctx, input: { amount: number }) => ctx.tool(pay, input))`

/** A job that a far side answers under a token of its own. */
export const RENDER = `${HEAD}
import { existsSync } from 'node:fs'
import { pending } from 'skein'
const render = tool({ name: 'render', inputSchema: any, outputSchema: { jsonSchema: { type: 'object', required: ['url'] } } as never,
  execute: async ({ film }: { film: string }, { idempotencyKey }) => {
    write('submitted ' + film)
    return pending('job-' + film, { expires: '30d' })
  } })
export default workflow({ name: 'film' }, async (ctx, input: { film: string; busy?: boolean }) => {
  const busy = async () => { while (!existsSync('go')) await pause(50) }
  const [made] = await ctx.all([(c) => c.tool(render, { film: input.film }), (c) => input.busy && c.step('busy', busy)])
  return made
})`

/** Fails, and so does what would undo it. */
export const UNDOING = `${HEAD}
export default workflow({ name: 'undoing' }, async (ctx) => {
  ctx.compensate('free', () => write('freed'))
  ctx.compensate('refund', () => { throw new Error('the bank says no') })
  throw new Error('no visa')
})`

/** Says what it does, and is slow. */
export const TALKER = `${HEAD}
export default workflow({ name: 'talker' }, async (ctx) => {
  for (let n = 0; n < 6; n++) {
    ctx.emit('steps', { n })
    await ctx.step('work', async ({ attempt }) => { write('work ' + n + ' ' + attempt); await pause(300) }, { idempotent: true })
  }
  return 'said'
})`

/** Asks, listens, and works with a child. */
export const DESK = `${HEAD}
const child = workflow({ name: 'listener' }, async (ctx) => (await ctx.receive({ topic: 'news' })).body)
const asking = workflow({ name: 'asking' }, async (ctx) => ctx.ask({ title: 'Which city?', answer: { jsonSchema: { type: 'string' } } }))
export const listen = workflow({ name: 'desk' }, async (ctx) => ctx.run(child, {}))
export const ask = asking`

/** Two calls of a tool under a budget. */
export const BUDGETED = `${HEAD}
const put = tool({ name: 'put', inputSchema: any, effect: 'read', execute: async ({ n }: { n: number }) => n })
export default workflow({ name: 'budgeted' }, async (ctx) => [await ctx.tool(put, { n: 1 }), await ctx.tool(put, { n: 2 })])`

/** Throws where nobody catches, or leaves a timer running for ever. */
export const STRAY = `${HEAD}
export default workflow({ name: 'stray' }, (ctx, input: { throws: boolean }) => ctx.step('careless', async () => {
  if (input.throws) setTimeout(() => { throw new Error('stray') }, 10)
  setInterval(() => {}, 1_000)
  await pause(300)
  return 1
}))`
