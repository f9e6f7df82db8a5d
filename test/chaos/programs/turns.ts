/** Programs whose course is changed while they run: cancelled, forked, moved to other code. */
import { agent, workflow } from 'skein'
import type { Ctx } from 'skein'
import { anything } from '../../../src/testing/world/anything.ts'
import { book, fetchPage, mail, pay } from '../far-tools.ts'
import { countedModel } from './counted-model.ts'
import { programOf } from './program.ts'
import type { Program, Stage } from './program.ts'
import { noteDown } from './tools.ts'

/** Books with a tool, and registers the way back. */
async function bookAway(ctx: Ctx, n: number): Promise<void> {
  await ctx.tool(book, { n })
  ctx.compensate('free', (about) => noteDown('free', n, about, true), { key: `free ${n}`, idempotent: true })
}

/** Does something, says so, and waits for what never comes: it is cancelled there. */
const doomed = workflow({ name: 'doomed', input: anything }, async (ctx, input) => {
  const { who, to } = input as { readonly who: number; readonly to: string }
  await bookAway(ctx, who)
  await ctx.tool(mail, { n: who + 1 })
  await bookAway(ctx, who + 2)
  await ctx.send(to, 'ready', { topic: 'ready' })
  await ctx.receive({ topic: 'never' })
  return ctx.tool(mail, { n: who + 3 })
})

/** Cancels a child, loses two branches of a race, and is cancelled itself at the end. */
const cancels = workflow({ name: 'cancels' }, async (ctx) => {
  const child = await ctx.spawn(doomed, { who: 100, to: ctx.pid })
  await ctx.receive({ topic: 'ready', from: child.pid })
  await child.cancel('enough')
  const ended = await child.result().then(
    () => 'ended',
    () => 'cancelled',
  )
  const { name } = await ctx.select({
    sleeper: (c) => c.sleep('30d'),
    waiter: (c) => c.receive({ topic: 'never' }),
    winner: (c) => c.tool(pay, { n: 110 }),
  })
  await bookAway(ctx, 120)
  await ctx.tool(mail, { ended, name })
  await ctx.run(doomed, { who: 130, to: ctx.pid })
})

const cancelling: Program = {
  definitions: () => [cancels, doomed],
  play: async ({ skein }) => {
    const run = await skein.start(cancels, undefined, { id: 'cancels', budget: { toolCalls: 100, processes: 10 } })
    const ended = run.result().then(
      () => ({ type: 'ok' }),
      (thrown: { readonly code?: string }) => ({ type: 'failed', code: thrown.code }),
    )
    await waitForChild(skein, 'doomed', 2)
    // Later lives find it cancelled, or ended.
    await run.cancel('enough').catch(() => undefined)
    return ended
  },
}

/** Until the `nth` child of a workflow waits for what never comes, or the run has ended. */
async function waitForChild(skein: Stage['skein'], workflowName: string, nth: number): Promise<void> {
  for (;;) {
    let n = 0
    for await (const view of skein.list()) {
      if (view.pid === 'cancels' && view.endedAt !== undefined) return
      if (view.workflow === workflowName && (view.endedAt !== undefined || view.waits.some(isNever))) n += 1
    }
    if (n >= nth) return
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

const isNever = ({ key }: { readonly key: string }): boolean => key.includes('receive')

/** Six writes with a name for the place after the second. */
const origin = workflow({ name: 'origin', input: anything }, async (ctx, input) => {
  const first = [await ctx.tool(mail, { n: 200 }), await ctx.tool(book, { n: 201 })]
  await ctx.tool(fetchPage, { n: 202 }, { key: 'half' })
  await ctx.send((input as { readonly to: string }).to, 'half', { topic: 'half' })
  return [
    ...first,
    await ctx.tool(pay, { n: 203 }),
    await ctx.tool(mail, { n: 204 }),
    ...(await ctx.all([(c) => c.tool(book, { n: 205 }), (c) => c.tool(mail, { n: 206 })])),
  ]
})

const HALF = 'tool:fetch:=half#0'

/** Forks a child while it runs, and again after it has ended: what is shared is not done again, the rest is, by each. */
const forks = workflow({ name: 'forks' }, async (ctx) => {
  const child = await ctx.spawn(origin, { to: ctx.pid })
  await ctx.receive({ topic: 'half', from: child.pid })
  const during = await ctx.fork(child, { at: HALF, writes: 'live', key: 'during' })
  const one = await child.result()
  const after = await ctx.fork(child, { at: HALF, writes: 'live', key: 'after' })
  const stubbed = await ctx.fork(child, { at: HALF, writes: 'stub', key: 'stubbed' })
  return { one, during: await during.result(), after: await after.result(), stubbed: await stubbed.result() }
})

const forking = programOf(forks, { below: [origin] })

const order = (name: string) => ({ name, input: anything })

/** The first edition. */
const orderOne = workflow({ ...order('order'), version: '1' }, async (ctx) => {
  const sent = [await ctx.tool(mail, { n: 300 }), await ctx.tool(book, { n: 301 })]
  await ctx.sleep(5)
  const paid = await ctx.all([(c) => c.tool(pay, { n: 302 }), (c) => c.tool(mail, { n: 303 })])
  return { sent, paid, last: await ctx.tool(book, { n: 304 }) }
})

/** The second looks before it acts, and again in between; the writes are the same. */
const orderTwo = workflow({ ...order('order'), version: '2', onUpgrade: 'adopt' }, async (ctx) => {
  await ctx.tool(fetchPage, { n: 310 })
  const sent = [await ctx.tool(mail, { n: 300 }), await ctx.tool(book, { n: 301 })]
  await ctx.sleep(5)
  await ctx.tool(fetchPage, { n: 311 })
  const paid = await ctx.all([(c) => c.tool(pay, { n: 302 }), (c) => c.tool(mail, { n: 303 })])
  const last = await ctx.tool(book, { n: 304 })
  await ctx.tool(fetchPage, { n: 312 })
  return { sent, paid, last }
})

const CLERK_STEPS = 6
/** Another edition of the agent has other instructions, and a description more. */
const clerkOf = (edition: number) =>
  agent({
    name: 'clerk',
    instructions: `Edition ${edition}.`,
    model: countedModel('clerk', ({ turn }) =>
      turn < CLERK_STEPS
        ? { calls: [{ tool: turn % 2 === 0 ? 'mail' : 'book', input: { n: 320 + turn } }] }
        : 'all sent',
    ),
    tools: [mail, { ...book, description: `books, edition ${edition}` }],
  })

const upgrading: Program = {
  definitions: (life) => [life === 0 ? orderOne : orderTwo, clerkOf(life === 0 ? 1 : 2)],
  play: async ({ skein, life }) => {
    const settings = (id: string) => ({ id, budget: { toolCalls: 100, modelCalls: 100 } })
    const [order, clerk] = await Promise.all([
      skein.start(life === 0 ? orderOne : orderTwo, { n: 1 }, settings('order')),
      skein.start(clerkOf(life === 0 ? 1 : 2), 'send it all', settings('clerk')),
    ])
    return Promise.all([order.result(), clerk.result()])
  },
}

/** By name. */
export const TURN_PROGRAMS = { cancels: cancelling, forks: forking, upgrade: upgrading } as const
