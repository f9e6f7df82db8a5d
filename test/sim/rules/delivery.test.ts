import { describe, expect, it } from 'vitest'
import { CALM, factsOf } from '../../../src/testing/index.ts'
import { crashOnceAt, deedsOf, stage, throughCrashes } from './stage.ts'

const SLOW = { ...CALM, transitMs: [1, 200] } as const

describe('D: delivery', () => {
  it('D1: nothing that ctx promises resolves in the macrotask that asked', async () => {
    const { value } = await stage({}, async (ctx) => {
      const said: string[] = []
      const drawn = ctx.now().then(() => said.push('now'))
      for (let turn = 0; turn < 50; turn++) await Promise.resolve()
      said.push('still here')
      await drawn
      return said
    })
    expect(value).toEqual(['still here', 'now'])
  })

  it('D1: between two deliveries all microtasks run', async () => {
    const { value } = await stage({}, async (ctx) => {
      const said: string[] = []
      const follow = async (name: string): Promise<void> => {
        await ctx.random(name)
        for (let turn = 0; turn < 50; turn++) await Promise.resolve()
        said.push(`${name} at rest`)
      }
      const heard = async (name: string): Promise<void> => {
        await ctx.random(name)
        said.push(`${name} heard`)
      }
      await Promise.all([follow('one'), heard('two')])
      return said
    })
    expect(value).toEqual(['one at rest', 'two heard'])
  })

  it('D1: outcomes come in the order of their facts, live and after a crash at any commit', async () => {
    const orders = new Set<string>()
    for (const seed of [1, 2, 3]) {
      await throughCrashes(
        { seed, habits: SLOW },
        async (ctx, tool) => {
          const order: number[] = []
          const look = (n: number) => ctx.tool(tool('look', { effect: 'read' }), { n }).then(() => order.push(n))
          await Promise.all([look(0), look(1), look(2), ctx.sleep('90ms').then(() => order.push(3))])
          return order
        },
        ({ value, facts }) => {
          const at = (n: number): number =>
            facts.findIndex(
              (fact) => fact.type === (n === 3 ? 'answered' : 'settled') && keyAt(facts, n) === keyIn(fact),
            )
          const order = value as readonly number[]
          expect(order.map(at)).toEqual(order.map(at).toSorted((a, b) => a - b))
          expect(order.map(at)).not.toContain(-1)
          orders.add(order.join())
        },
      )
    }
    expect(orders.size).toBeGreaterThan(1)
  })

  it('D2: what is delivered is a fresh value, the same live as after a crash', async () => {
    const shared = { when: new Date(5), nothing: undefined, zero: -0, big: 2n, list: [1] }
    class Box {
      readonly inside = 1
      readonly not = undefined
    }
    await throughCrashes(
      {},
      async (ctx) => {
        const effects = { effect: 'read' } as const
        const found = await ctx.step('find', () => shared, effects)
        const again = await ctx.step('find', () => shared, effects)
        const box = await ctx.step('box', () => new Box(), effects)
        const shape = {
          own: found !== shared && found !== again,
          isDate: found.when instanceof Date && found.when.getTime(),
          keys: Object.keys(found).join(),
          zero: Object.is(found.zero, -0),
          big: found.big === 2n,
          box: Object.keys(box).join(),
        }
        found.list.push(2)
        await ctx.sleep('1m')
        return { ...shape, others: [shared.list.length, again.list.length] }
      },
      ({ value }, calm) => {
        expect(value).toEqual(calm.value)
        expect(value).toMatchObject({ own: true, isDate: 5, big: true, others: [1, 1] })
      },
    )
  })

  it('D3: waiting for something foreign is refused before anything is asked', async () => {
    const stuck = await stage({}, async (ctx, tool) => {
      await new Promise(() => undefined)
      return ctx.tool(tool('pay'), {})
    })
    expect(stuck.error?.code).toBe('FOREIGN_AWAIT')
    expect(stuck.ledger).toEqual([])
  })

  it('D3: a call outside a delivery is refused, though others are open', async () => {
    const foreign = Promise.withResolvers<void>()
    const { error, ledger, facts } = await stage(
      {
        idleMs: 60_000,
        during: async (sim) => {
          await sim.loop.sleep(50)
          foreign.resolve()
        },
      },
      async (ctx, tool) => {
        const hour = ctx.sleep('1h')
        await foreign.promise
        await ctx.tool(tool('pay'), {})
        await hour
      },
    )
    expect(error?.code).toBe('FOREIGN_AWAIT')
    expect(error?.message).toContain('ctx.tool of flow')
    expect(ledger).toEqual([])
    expect(factsOf(facts, 'intended')).toEqual([])
  })

  it('D4: which branch got what is the same after a crash at any commit', async () => {
    await throughCrashes(
      { habits: SLOW },
      async (ctx, tool) => {
        const queue = [1, 2, 3, 4, 5]
        const saved: unknown[] = []
        const lane = async (name: string): Promise<void> => {
          for (let n = queue.shift(); n !== undefined; n = queue.shift()) {
            await ctx.tool(tool('look', { effect: 'read' }), { n })
            saved.push(await ctx.tool(tool('save', { idempotent: true, value: (input) => input }), { n, name }))
          }
        }
        await Promise.all([lane('left'), lane('right')])
        return saved
      },
      ({ value, ledger }) => {
        const saved = deedsOf(ledger, 'save').map((deed) => deed.input as { n: number })
        expect(saved.map(({ n }) => n).toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5])
        expect(value).toEqual(expect.arrayContaining(saved))
      },
    )
  })

  it('D4: what was asked in a branch that lost, and is asked no more, does not hold up a replay', async () => {
    await throughCrashes(
      { habits: SLOW },
      async (ctx, tool) => {
        const look = tool('look', { effect: 'read' })
        const won = await ctx.race([
          async (c) => (await c.sleep('20ms'), 'timer'),
          async (c) => {
            for (let n = 0; ; n++) await c.tool(look, { n })
          },
        ])
        await ctx.tool(tool('save', { idempotent: true }), { won })
        return won
      },
      ({ value, ledger }) => {
        expect(value).toBe('timer')
        expect(deedsOf(ledger, 'save')).toHaveLength(1)
      },
    )
  })

  /** A workflow that does something else in its second life, from the first instant on. */
  const fickle = async (other: boolean) => {
    const lives = { n: 1 }
    const run = await stage(
      {
        rebootMs: 'never',
        async during(sim, pid) {
          await crashOnceAt(sim, pid, 'timer')
          lives.n = 2
          await sim.boot()
        },
      },
      async (ctx, tool) => {
        const write = (what: string) => ctx.tool(tool(what, { idempotent: true }), {})
        const early = other && lives.n === 2 ? write('miss') : undefined
        await write('first')
        if (!other || lives.n === 1) await write('orphan')
        await ctx.sleep('1h')
        await early
        return write('last')
      },
    )
    return { ...run, services: run.ledger.map((deed) => deed.service) }
  }

  it('D5: what is asked anew during replay is held until all has been delivered, and then goes in ask order', async () => {
    const same = await fickle(false)
    expect(same.services).toEqual(['first', 'orphan', 'last'])
    const lives = { n: 1 }
    const { services } = await stage(
      {
        rebootMs: 'never',
        async during(sim, pid) {
          await crashOnceAt(sim, pid, 'timer')
          lives.n = 2
          await sim.boot()
        },
      },
      async (ctx, tool) => {
        const write = (what: string) => ctx.tool(tool(what, { idempotent: true }), {})
        const early = lives.n === 2 ? [write('a'), write('b')] : []
        await write('first')
        await ctx.sleep('1h')
        await Promise.all(early)
      },
    ).then((run) => ({ services: factsOf(run.facts, 'intended').map((fact) => fact.name) }))
    expect(services).toEqual(['first', 'a', 'b'])
  })

  it('D6: a fact that is asked for no more stops the process before anything new has run', async () => {
    const { error, services, view, facts } = await fickle(true)
    expect(error).toMatchObject({ code: 'WORKFLOW_DIVERGED' })
    expect(view.parked?.data).toEqual({
      fact: expect.stringContaining('tool:orphan:') as string,
      miss: expect.stringContaining('tool:miss:') as string,
    })
    expect(services).toEqual(['first', 'orphan'])
    expect(facts.at(-1)?.type).toBe('waiting')
  })

  it('D7: a long segment is warned of once, and stopped before it is too long to replay', async () => {
    const { error, sim, facts } = await stage({}, async (ctx) => {
      for (;;) await Promise.all(Array.from({ length: 400 }, () => ctx.random()))
    })
    expect(error?.code).toBe('SEGMENT_TOO_LONG')
    expect(facts.length).toBeGreaterThan(10_000)
    expect(facts.length).toBeLessThan(10_600)
    const warnings = sim.news.filter((news) => news.type === 'log' && news.text.includes('continueAsNew'))
    expect(warnings).toHaveLength(1)
  })
})

type Facts = Parameters<typeof factsOf>[0]
const keyIn = (fact: Facts[number]): string | undefined => ('key' in fact ? fact.key : undefined)
/** The key of the look with this number; of the sleep for 3. */
const keyAt = (facts: Facts, n: number): string | undefined =>
  n === 3 ? factsOf(facts, 'waiting')[0]?.key : factsOf(facts, 'intended')[n]?.key
