import { describe, expect, it } from 'vitest'
import type { Ctx } from '../../../src/kernel/index.ts'
import { CALM, factsOf } from '../../../src/testing/index.ts'
import { codeOf, deedsOf, stage, throughCrashes } from './stage.ts'
import type { ToolMaker } from './stage.ts'

const keysOf = (facts: Parameters<typeof factsOf>[0]): readonly string[] =>
  factsOf(facts, 'intended').map(({ key }) => key)
const scopeOf = (key: string): string => key.slice(0, key.lastIndexOf('/'))

describe('S: scopes', () => {
  it('S1: combinators take functions of a branch ctx; a promise is refused', async () => {
    const { value, facts } = await stage({}, async (ctx) => [
      await codeOf(() => ctx.all([ctx.sleep('1h') as never])),
      await codeOf(() => ctx.race([ctx.sleep('1h') as never])),
      await codeOf(() => ctx.select({ a: ctx.sleep('1h') as never })),
      await codeOf(() => ctx.map([1], ctx.sleep('1h') as never)),
    ])
    expect(value).toEqual(['SCOPE_PROMISE', 'SCOPE_PROMISE', 'SCOPE_PROMISE', 'SCOPE_PROMISE'])
    expect(factsOf(facts, 'closed')).toEqual([])
  })

  it('S1: a branch is named by its place in the code, and by its item, not by its position', async () => {
    const scopes = async (items: readonly string[], key?: (item: string) => string) => {
      const { facts } = await stage({}, async (ctx, tool) => {
        const look = tool('look', { effect: 'read' })
        const options = key === undefined ? {} : { key }
        await ctx.map(items, (c, item) => c.tool(look, { item }), options)
        await ctx.all([(c) => c.tool(look, {}), (c) => c.tool(look, {})])
        await ctx.select({ left: (c) => c.tool(look, {}) })
      })
      return keysOf(facts).map(scopeOf)
    }
    const [a, b, again, ...rest] = await scopes(['a', 'b', 'a'])
    expect(rest).toEqual(['1.all[0]', '1.all[1]', '2.select[left]'])
    expect(again).toBe(a?.replace(']', '~1]'))
    expect((await scopes(['new', 'a', 'b'])).slice(1, 3)).toEqual([a, b])
    expect((await scopes(['a', 'b'], (item) => `k${item}`)).slice(0, 2)).toEqual(['0.map[=ka]', '0.map[=kb]'])
  })

  it('S2: while a combinator is open the ctx around it is suspended', async () => {
    const { value, facts } = await stage({}, async (ctx, tool) => {
      const said = await ctx.all([
        async (c) => (await c.sleep('1m'), 'slept'),
        () => codeOf(() => ctx.tool(tool('pay'), {})),
        () => codeOf(() => ctx.race([(c) => c.now()])),
      ])
      return [said, await codeOf(() => ctx.now())]
    })
    expect(value).toEqual([['slept', 'SCOPE_SUSPENDED', 'SCOPE_SUSPENDED'], 'none'])
    expect(keysOf(facts)).toEqual([])
  })

  it('S2, X3: the ctx of a branch that is over does nothing any more', async () => {
    const { value, ledger, facts } = await stage({}, async (ctx, tool) => {
      let escaped: Ctx | undefined
      await ctx.all([async (c) => void (escaped = c)])
      let spoke = false
      void escaped?.tool(tool('pay'), {}).finally(() => (spoke = true))
      await ctx.sleep('1h')
      return spoke
    })
    expect(value).toBe(false)
    expect(ledger).toEqual([])
    expect(keysOf(facts)).toEqual([])
  })

  it('S3: a plain Promise.all over one ctx does the same after a crash at any commit', async () => {
    await throughCrashes(
      { habits: { ...CALM, transitMs: [1, 200] } },
      async (ctx, tool) => {
        const pay = tool('pay', { idempotent: true, value: (input) => input })
        const first: unknown[] = []
        const paid = await Promise.all(
          [1, 2, 3].map(async (n) => {
            await ctx.tool(tool('look', { effect: 'read' }), { n })
            first.push(n)
            return ctx.tool(pay, { n, turn: first.length })
          }),
        )
        return { paid, order: first }
      },
      ({ value, ledger }) => {
        const { paid, order } = value as { paid: readonly { n: number; turn: number }[]; order: readonly number[] }
        expect(paid.map(({ n }) => n)).toEqual([1, 2, 3])
        expect(paid.map(({ n }) => order.indexOf(n) + 1)).toEqual(paid.map(({ turn }) => turn))
        expect(deedsOf(ledger, 'pay')).toHaveLength(3)
      },
    )
  })

  const failing = (options: { readonly errors: 'collect' } | object) => (ctx: Ctx, tool: ToolMaker) =>
    ctx
      .map(
        [1, 2, 3],
        async (c, n) => {
          if (n === 2) throw new Error('two fails')
          await c.sleep('1m')
          return c.tool(tool('pay'), { n })
        },
        options as never,
      )
      .then((all) => (all as readonly { readonly ok: boolean }[]).map(({ ok }) => ok))
      .catch((error: Error) => error.message)

  it('S4: the first failure of a map cancels the other branches', async () => {
    const { value, ledger, facts } = await stage({}, failing({}))
    expect(value).toBe('two fails')
    expect(ledger).toEqual([])
    expect(factsOf(facts, 'closed').map((fact) => fact.why)).toEqual(['failed'])
  })

  it('S4: of all branches the first failure cancels the others too', async () => {
    const { value, ledger } = await stage({}, async (ctx, tool) =>
      codeOf(() =>
        ctx.all([
          async (c) => (await c.sleep('1m'), c.tool(tool('pay'), {})),
          async (c) => (await c.sleep('1s'), Promise.reject(Object.assign(new Error(), { code: 'MINE' }))),
        ]),
      ),
    )
    expect(value).toBe('MINE')
    expect(ledger).toEqual([])
  })

  it('S4: with errors collected every branch comes to its end', async () => {
    const { value, ledger } = await stage({}, failing({ errors: 'collect' }))
    expect(value).toEqual([true, false, true])
    expect(deedsOf(ledger, 'pay').map((deed) => deed.input)).toEqual([{ n: 1 }, { n: 3 }])
  })

  it('S4: concurrency is kept, and items start in order of delivery, through a crash at any commit', async () => {
    await throughCrashes(
      {},
      async (ctx) => {
        let running = 0
        let most = 0
        const started: number[] = []
        const ended: number[] = []
        await ctx.map(
          [30, 10, 25, 10, 7],
          async (c, seconds, index) => {
            started.push(index)
            most = Math.max(most, ++running)
            await c.sleep(`${seconds}s`)
            running -= 1
            ended.push(index)
          },
          { concurrency: 2 },
        )
        return { most, started, ended }
      },
      ({ value }) => expect(value).toEqual({ most: 2, started: [0, 1, 2, 3, 4], ended: [1, 0, 2, 3, 4] }),
    )
  })

  it('S5: what nobody awaits crashes nothing; what has begun is waited for, the rest is dropped and named', async () => {
    const { value, view, ledger, facts } = await stage({}, async (ctx, tool) => {
      void ctx.step('fails', () => Promise.reject(new Error('unheard')))
      await ctx.sleep('1s')
      void ctx.tool(tool('begun'), {})
      void ctx.tool(tool('asked', { needsApproval: true }), {})
      await ctx.now()
      void ctx.sleep('30d')
      return 'over'
    })
    expect(view.status).toBe('done')
    expect(value).toBe('over')
    expect(ledger.map((deed) => deed.service)).toEqual(['begun'])
    const end = facts.at(-1)
    expect(end?.type === 'ended' ? end.warning : '').toMatch(/^FLOATING_CALL: .*tool:begun:.*tool:asked:.*sleep:/)
    expect(factsOf(facts, 'settled').at(-1)?.key).toContain('tool:begun')
    expect(view.waits).toEqual([])
  })
})
