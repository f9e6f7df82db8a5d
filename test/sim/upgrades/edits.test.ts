/** Every class of edit while a run is in flight, over a world with state: what it comes to, by name. */
import { describe, expect, it } from 'vitest'
import { workflow } from '../../../src/kernel/index.ts'
import { factsOf } from '../../../src/testing/index.ts'
import { edited, hold } from './desk.ts'
import type { Edit, Edited, Version } from './desk.ts'

const ambiguous = ({ view, report }: Edited): readonly string[] => {
  expect(view.parked?.code).toBe('UPGRADE_AMBIGUOUS')
  return (report?.ambiguous ?? []).map(({ name }) => name)
}

const payOnce: Version = async (ctx, { charge }) => {
  const first = await ctx.tool(charge, 10)
  await hold(ctx)
  return first
}

describe('U: edits while a run is in flight', () => {
  it('the same code with another text is adopted, and goes on as if nothing had been', async () => {
    const run = await edited({
      before: payOnce,
      after: async (ctx, desk) => payOnce(ctx, desk),
    })
    expect([run.value, run.deeds, run.adopted[0]?.orphans]).toEqual([90, ['charge 10'], []])
    expect(run.adopted[0]).toMatchObject({ version: '2', by: 'onUpgrade' })
  })

  it('U5: first of on, off, on removed: parked, it has happened before the off', async () => {
    const run = await edited({
      before: async (ctx, { set }) => {
        await ctx.tool(set, 'on')
        await ctx.tool(set, 'off')
        await hold(ctx)
        return ctx.tool(set, 'on')
      },
      after: async (ctx, { set }) => {
        await ctx.tool(set, 'off')
        await ctx.tool(set, 'on')
        await hold(ctx)
        return 'on'
      },
    })
    expect(ambiguous(run)).toEqual(['set'])
    expect(run.report?.ambiguous[0]?.candidates.map(({ seq }) => seq)).toEqual([1])
    expect(run.deeds).toEqual(['set "on"', 'set "off"'])
  })

  it('U5: read, write, read with the first read removed: it is read again, and the old reads are orphans', async () => {
    const run = await edited({
      before: async (ctx, { balance, charge }) => {
        await ctx.tool(balance, {})
        await ctx.tool(charge, 10)
        await ctx.tool(balance, {})
        return hold(ctx)
      },
      after: async (ctx, { balance, charge }) => {
        await ctx.tool(charge, 10)
        const left = await ctx.tool(balance, {})
        await hold(ctx)
        return left
      },
    })
    expect([run.value, run.deeds]).toEqual([90, ['charge 10']])
    expect(run.reads).toBe(3)
    expect(run.adopted[0]?.orphans).toHaveLength(3)
  })

  it('U4: two charges swapped: parked for a verdict', async () => {
    const run = await edited({
      before: async (ctx, { charge }) => [await ctx.tool(charge, 1), await ctx.tool(charge, 2), await hold(ctx)],
      after: async (ctx, { charge }) => [await ctx.tool(charge, 2), await ctx.tool(charge, 1), await hold(ctx)],
    })
    expect(ambiguous(run)).toEqual(['charge'])
    expect(run.deeds).toEqual(['charge 1', 'charge 2'])
  })

  it('a call inserted is done late, and what stands after it is not done again', async () => {
    const run = await edited({
      before: async (ctx, { charge }) => [await ctx.tool(charge, 1), await hold(ctx)],
      after: async (ctx, { charge, set }) => {
        await ctx.tool(set, 'on')
        const left = await ctx.tool(charge, 1)
        await hold(ctx)
        return left
      },
    })
    expect([run.value, run.deeds]).toEqual([99, ['charge 1', 'set "on"']])
  })

  it('a call removed is an orphan, shown for ever', async () => {
    const run = await edited({
      before: async (ctx, { charge, set }) => [await ctx.tool(charge, 1), await ctx.tool(set, 'on'), await hold(ctx)],
      after: async (ctx, { set }) => [await ctx.tool(set, 'on'), await hold(ctx), 'done'][2],
    })
    expect([run.value, run.deeds]).toEqual(['done', ['charge 1', 'set "on"']])
    expect(run.adopted[0]?.orphans).toEqual([expect.stringContaining('tool:charge:')])
  })

  it('arguments of a read changed: an orphan, and the new one is read', async () => {
    const run = await edited({
      before: async (ctx, { balance }) => [await ctx.tool(balance, { of: 'a' }), await hold(ctx)],
      after: async (ctx, { balance }) => [await ctx.tool(balance, { of: 'b' }), await hold(ctx)][0],
    })
    expect([run.value, run.reads]).toEqual([100, 2])
    expect(run.adopted[0]?.orphans).toContainEqual(expect.stringContaining('tool:balance:'))
  })

  it('U4: arguments of a write changed: parked, never paid twice', async () => {
    const run = await edited({
      before: async (ctx, { charge }) => [await ctx.tool(charge, 10), await hold(ctx)],
      after: async (ctx, { charge }) => [await ctx.tool(charge, 11), await hold(ctx)],
    })
    expect([ambiguous(run), run.deeds]).toEqual([['charge'], ['charge 10']])
  })

  it('U4: what a message says changed: parked, it is not sent twice', async () => {
    const version =
      (said: string): Version =>
      async (ctx) => {
        await ctx.send(ctx.pid, said, { topic: 'letter' })
        await hold(ctx)
      }
    const run = await edited({ before: version('x'), after: version('y') })
    expect([run.view.status, run.report?.ambiguous]).toMatchObject([
      'parked',
      [{ why: 'may be done', candidates: [{}] }],
    ])
    expect(factsOf(run.facts, 'sent')).toHaveLength(1)
  })

  it('U4: what a child is given changed: run anew where the old one has done nothing, else parked', async () => {
    const version =
      (input: string, calls: boolean): Version =>
      async (ctx, { set }) => {
        const child = workflow({ name: 'child' }, async (inner) => (calls ? inner.tool(set, 'on') : inner.uuid()))
        await ctx.run(child, input)
        await hold(ctx)
      }
    const define =
      (calls: boolean): NonNullable<Edit['define']> =>
      ({ set }) => [workflow({ name: 'child' }, async (inner) => (calls ? inner.tool(set, 'on') : inner.uuid()))]
    for (const calls of [true, false]) {
      const run = await edited({ before: version('x', calls), after: version('y', calls), define: define(calls) })
      expect([calls, run.view.status, run.offences]).toEqual([calls, calls ? 'parked' : 'done', []])
    }
  })

  it('F3: an equal read inserted in front is read late; it never gets the answer from after the payment', async () => {
    const run = await edited({
      before: async (ctx, { balance, charge }) => {
        await ctx.tool(balance, {})
        await ctx.tool(charge, 10)
        await ctx.tool(balance, {})
        return hold(ctx)
      },
      after: async (ctx, { balance, charge }) => {
        await ctx.tool(balance, {})
        await ctx.tool(balance, {})
        await ctx.tool(charge, 10)
        const after = await ctx.tool(balance, {})
        await hold(ctx)
        return after
      },
    })
    expect([run.value, run.deeds]).toEqual([90, ['charge 10']])
    expect(run.adopted[0]?.fresh).toEqual([expect.stringContaining('tool:balance:')])
  })

  it('the tool of a write changed: the old one is an orphan, the new one is done', async () => {
    const run = await edited({
      before: async (ctx, { charge }) => [await ctx.tool(charge, 10), await hold(ctx)],
      after: async (ctx, { refund }) => [await ctx.tool(refund, 10), await hold(ctx)][0],
    })
    expect([run.value, run.deeds]).toEqual([100, ['charge 10', 'refund 10']])
    expect(run.adopted[0]?.orphans).toContainEqual(expect.stringContaining('tool:charge:'))
  })

  it('S1: an item added in front of a map: only that one is done', async () => {
    const pay = (items: readonly number[]): Version => {
      return async (ctx, { charge }) => {
        await ctx.map(items, (c, item) => c.tool(charge, item))
        await hold(ctx)
        return 'paid'
      }
    }
    const run = await edited({ before: pay([1, 2, 3]), after: pay([9, 1, 2, 3]) })
    expect([run.value, run.deeds.toSorted()]).toEqual(['paid', ['charge 1', 'charge 2', 'charge 3', 'charge 9']])
  })

  it('U7: a child that failed on its budget is run again; the old failure is not returned', async () => {
    const run = await edited({
      define: () => [poor],
      before: async (ctx) => {
        const left = await ctx
          .run(poor, null, { budget: { toolCalls: 0, strict: true } })
          .catch((error) => (error as { code: string }).code)
        await hold(ctx)
        return left
      },
      after: async (ctx) => {
        const left = await ctx
          .run(poor, null, { budget: { toolCalls: 5 } })
          .catch((error) => (error as { code: string }).code)
        await hold(ctx)
        return left
      },
    })
    expect(run.value).toBe('rich')
  })

  it('a call wrapped in a branch: its key is another; parked', async () => {
    const run = await edited({
      before: async (ctx, { charge }) => [await ctx.tool(charge, 1), await hold(ctx)],
      after: async (ctx, { charge }) => [await ctx.all([(c) => c.tool(charge, 1)]), await hold(ctx)],
    })
    expect([ambiguous(run), run.deeds]).toEqual([['charge'], ['charge 1']])
  })

  it('one after the other becomes at once: what was done is a possible run of it', async () => {
    const run = await edited({
      before: async (ctx, { charge }) => [await ctx.tool(charge, 1), await ctx.tool(charge, 2), await hold(ctx)],
      after: async (ctx, { charge }) => {
        const both = await Promise.all([ctx.tool(charge, 2), ctx.tool(charge, 1)])
        await hold(ctx)
        return both
      },
    })
    expect([run.value, run.deeds]).toEqual([
      [97, 99],
      ['charge 1', 'charge 2'],
    ])
    expect(run.adopted[0]?.orphans).toEqual([])
  })

  it('one more turn of a loop: the tail is done, the beginning is not done again', async () => {
    const loop = (turns: number): Version => {
      return async (ctx, { charge }) => {
        for (let i = 0; i < turns; i++) await ctx.tool(charge, i)
        await hold(ctx)
        return turns
      }
    }
    const longer = await edited({ before: loop(2), after: loop(3) })
    expect([longer.value, longer.deeds]).toEqual([3, ['charge 0', 'charge 1', 'charge 2']])
    const shorter = await edited({ before: loop(3), after: loop(2) })
    expect([shorter.value, shorter.deeds.length, shorter.adopted[0]?.orphans.length]).toEqual([2, 3, 1])
  })

  it('a name of its own for a call (`key`): it is another effect; parked', async () => {
    const run = await edited({
      before: async (ctx, { charge }) => [await ctx.tool(charge, 1), await hold(ctx)],
      after: async (ctx, { charge }) => [await ctx.tool(charge, 1, { key: 'first' }), await hold(ctx)],
    })
    expect(ambiguous(run)).toEqual(['charge'])
  })

  it('options changed (time-out, attempts, what becomes of the unknown): identical', async () => {
    const run = await edited({
      before: async (ctx, { charge }) => [await ctx.tool(charge, 1), await hold(ctx)],
      after: async (ctx, { charge }) =>
        [await ctx.tool(charge, 1, { timeout: '9s', onUnknown: 'throw' }), await hold(ctx)][0],
    })
    expect([run.value, run.deeds, run.adopted[0]?.orphans]).toEqual([99, ['charge 1'], []])
  })

  it('a wait for a message that was answered is asked for at another place: parked, the message is gone', async () => {
    const run = await edited({
      before: async (ctx, { set }) => {
        await ctx.send(ctx.pid, 7, { topic: 'own' })
        await ctx.receive({ topic: 'own' })
        await ctx.tool(set, 'on')
        return hold(ctx)
      },
      after: async (ctx, { set }) => {
        await ctx.send(ctx.pid, 7, { topic: 'own' })
        await ctx.tool(set, 'on')
        await ctx.receive({ topic: 'own' })
        return hold(ctx)
      },
    })
    expect(ambiguous(run)).toEqual(['receive'])
  })

  it('U6: a child that is not asked for any more is told to end', async () => {
    const sleeper = workflow({ name: 'sleeper' }, async (ctx) => ctx.sleep('30d'))
    const run = await edited({
      define: () => [sleeper],
      before: async (ctx) => {
        const child = await ctx.spawn(sleeper, null)
        await hold(ctx)
        return child.result()
      },
      after: async (ctx) => (await hold(ctx), 'alone'),
    })
    expect(run.value).toBe('alone')
    expect(factsOf(run.facts, 'sent').map(({ what }) => what)).toEqual(['start', 'cancel'])
    expect(factsOf(run.facts, 'answered').at(-1)?.outcome.type).toBe('cancelled')
  })

  it('foreign awaits in the new code park it, with the reason', async () => {
    const run = await edited({
      before: async (ctx, { charge }) => [await ctx.tool(charge, 1), await hold(ctx)],
      after: async (ctx, { charge }) => {
        await ctx.tool(charge, 1)
        await new Promise(() => undefined)
        return hold(ctx)
      },
    })
    expect([run.view.parked?.code, run.report?.error?.code]).toEqual(['UPGRADE_AMBIGUOUS', 'FOREIGN_AWAIT'])
  })
})

const poor = workflow({ name: 'poor' }, async (ctx) => {
  await ctx.step('look', () => 1, { effect: 'read' })
  return 'rich'
})
