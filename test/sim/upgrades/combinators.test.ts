/**
 * Combinators that were over when the code was changed: behind something new they answer like anything else, and what was
 * done in them is not done again elsewhere without a question.
 */
import { describe, expect, it } from 'vitest'
import { workflow } from '../../../src/kernel/index.ts'
import type { AnyDefinition, Ctx } from '../../../src/kernel/index.ts'
import { edited, hold } from './desk.ts'
import type { Desk, Version } from './desk.ts'

/** Every combinator, over by itself, by a winner or by a failure; with a branch that is given up where there is one. */
const OVER: Readonly<Record<string, (ctx: Ctx, desk: Desk) => Promise<unknown>>> = {
  all: (ctx, { charge, set }) => ctx.all([(c) => c.tool(charge, 10), (c) => c.tool(set, 'on')]),
  map: (ctx, { charge }) => ctx.map([1, 2], (c, n) => c.tool(charge, n), { concurrency: 1 }),
  'all within all': (ctx, { charge, set }) =>
    ctx.all([(c) => c.all([(d) => d.tool(charge, 10), (d) => d.tool(set, 'on')]), (c) => c.tool(charge, 5)]),
  race: (ctx, { charge }) => ctx.race([(c) => c.tool(charge, 10), (c) => c.sleep('1h')]),
  'all within race': (ctx, { charge, set }) =>
    ctx.race([(c) => c.all([(d) => d.tool(charge, 10), (d) => d.tool(set, 'on')]), (c) => c.receive({ topic: 'no' })]),
  'all that failed': (ctx, { charge }) =>
    ctx
      .all([
        async (c) => {
          await c.tool(charge, 10)
          throw new Error('no')
        },
        (c) => c.sleep('1h'),
      ])
      .catch(() => 'failed'),
}

const behind =
  (combined: (ctx: Ctx, desk: Desk) => Promise<unknown>, isNew: boolean): Version =>
  async (ctx, desk) => {
    if (isNew) await ctx.tool(desk.balance, {})
    const over = await combined(ctx, desk)
    if (isNew) await ctx.tool(desk.level, {})
    await hold(ctx)
    return over
  }

describe('U5: combinators that were over before the code was changed', () => {
  it.each(Object.keys(OVER))('%s: something new before it and after it; nothing is done again', async (name) => {
    const combined = OVER[name] as (typeof OVER)[string]
    const before = behind(combined, false)
    const same = await edited({ before, after: (ctx, desk) => before(ctx, desk) })
    const run = await edited({ before, after: behind(combined, true) })
    expect([run.view.status, run.value, run.deeds, run.offences]).toEqual(['done', same.value, same.deeds, []])
    expect(run.adopted).toHaveLength(1)
  })

  it('what is new in a branch of one that was done is done, though the code came to it only later', async () => {
    const run = await edited({
      before: async (ctx, { charge, set }) => {
        const all = await ctx.all([(c) => c.tool(charge, 10), (c) => c.tool(set, 'on')])
        await hold(ctx)
        return all
      },
      after: async (ctx, { charge, set, balance }) => {
        await ctx.tool(balance, {})
        const all = await ctx.all([
          async (c) => [await c.tool(charge, 10), await c.tool(balance, {})],
          (c) => c.tool(set, 'on'),
        ])
        await hold(ctx)
        return all
      },
    })
    expect([run.view.status, run.value, run.deeds, run.offences]).toEqual([
      'done',
      [[90, 90], 'on'],
      ['charge 10', 'set "on"'],
      [],
    ])
  })

  it.each(['the combinator', 'its branch'])(
    'U4: a write taken out of %s is not done again in silence',
    async (what) => {
      const run = await edited({
        before: async (ctx, { charge, set }) => {
          await ctx.all([(c) => c.tool(charge, 10), (c) => c.tool(set, 'on')])
          return hold(ctx)
        },
        after: async (ctx, { charge, set }) => {
          if (what === 'its branch') await ctx.all([(c) => c.sleep(1), (c) => c.tool(set, 'on')])
          await ctx.tool(charge, 10)
          return hold(ctx)
        },
      })
      expect([run.view.parked?.code, run.deeds]).toEqual(['UPGRADE_AMBIGUOUS', ['charge 10', 'set "on"']])
      expect(run.report?.ambiguous).toMatchObject([{ name: 'charge', why: 'may be done' }])
    },
  )

  /** The code before, and the code that takes the charge out of it. */
  const TAKEN_OUT: Readonly<Record<string, readonly ((ctx: Ctx, desk: Desk) => Promise<unknown>)[]>> = {
    'that won a race': [
      (ctx, { charge }) => ctx.race([(c) => c.tool(charge, 10), (c) => c.sleep('1h')]),
      (ctx) => ctx.race([async () => 'no', (c) => c.sleep('1h')]),
    ],
    'done before its race was lost': [
      (ctx, { charge }) =>
        ctx.race([async (c) => [await c.tool(charge, 10), await c.sleep('1h')], (c) => c.sleep('1s')]),
      (ctx) => ctx.race([(c) => c.sleep('1h'), (c) => c.sleep('1s')]),
    ],
    'done before its branches failed': [
      (ctx, { charge }) =>
        ctx
          .all([
            async (c) => {
              await c.tool(charge, 10)
              throw new Error('no')
            },
            (c) => c.sleep('1h'),
          ])
          .catch(() => 'failed'),
      (ctx) => ctx.all([() => Promise.reject(new Error('no')), (c) => c.sleep('1h')]).catch(() => 'failed'),
    ],
  }

  it.each(Object.keys(TAKEN_OUT))('U4: a write %s is not done again behind it in silence', async (which) => {
    const [before, after] = TAKEN_OUT[which] as [Version, Version]
    const run = await edited({
      before: async (ctx, desk) => [await before(ctx, desk), await hold(ctx)],
      after: async (ctx, desk) => [await after(ctx, desk), await ctx.tool(desk.charge, 10), await hold(ctx)],
    })
    expect([run.view.parked?.code, run.deeds, run.offences]).toEqual(['UPGRADE_AMBIGUOUS', ['charge 10'], []])
    expect(run.report?.ambiguous).toMatchObject([{ name: 'charge', why: 'may be done' }])
  })

  it('X2: where one that was done fails now, behind something new, the child of another branch is told to stop', async () => {
    let kid: AnyDefinition | undefined
    const run = await edited({
      define: ({ charge }) => [
        (kid = workflow({ name: 'kid', version: '1' }, async (ctx) => [
          await ctx.sleep('1h'),
          await ctx.tool(charge, 5),
        ])),
      ],
      before: async (ctx, { charge, set }) => [
        await ctx.all([(c) => c.tool(charge, 10), (c) => c.tool(set, 'on')]),
        await hold(ctx),
      ],
      after: async (ctx, { charge, set, balance }) => {
        await ctx.tool(balance, {})
        const over = await ctx
          .all([
            async (c) => {
              await c.tool(charge, 10)
              await c.tool(balance, {})
              throw new Error('no')
            },
            async (c) => [await c.tool(set, 'on'), await c.run(kid as AnyDefinition, undefined)],
          ])
          .catch(() => 'failed')
        await hold(ctx)
        return over
      },
    })
    expect([run.view.status, run.value, run.deeds, run.offences]).toEqual([
      'done',
      'failed',
      ['charge 10', 'set "on"'],
      [],
    ])
  })

  it('U4: what was begun where a race was lost is nobody’s once the code has come past it again', async () => {
    const raced = (ctx: Ctx, { charge, set }: Desk): Promise<unknown> =>
      ctx.race([
        (c) => c.tool(set, 'on'),
        async (c) => {
          await c.sleep('1h')
          return c.tool(charge, 10)
        },
      ])
    const run = await edited({
      before: async (ctx, desk) => [await raced(ctx, desk), await hold(ctx)],
      after: async (ctx, desk) => [await raced(ctx, desk), await ctx.tool(desk.charge, 7), await hold(ctx)][1],
    })
    expect([run.view.status, run.value, run.deeds, run.offences]).toEqual(['done', 93, ['set "on"', 'charge 7'], []])
  })
})
