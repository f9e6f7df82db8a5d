import { describe, expect, it } from 'vitest'
import type { AnyDefinition, Control } from '../../../src/kernel/index.ts'
import { asEffectKey, SkeinError } from '../../../src/std/index.ts'
import type { Pid } from '../../../src/std/index.ts'
import { conservationOffences, factsOf, journalOffences } from '../../../src/testing/index.ts'
import type { Simulation } from '../../../src/testing/index.ts'
import { deedsOf, flow, resultOf, stage, throughCrashes, waited } from './stage.ts'
import type { Play, Staged } from './stage.ts'

type Reopen = Extract<Control, { type: 'reopen' }>

const READ = { effect: 'read' } as const

let retries = 0

/** As `skein retry` does it, when it has failed. */
async function retry(sim: Simulation, pid: Pid, about: Partial<Reopen> = {}): Promise<string> {
  await sim.reached(pid)
  return sim.control(pid, { id: `again${retries++}`, type: 'reopen', by: 'ann', ...about })
}

/** Every journal of the run keeps the laws, with its accounts. */
async function soundness(sim: Simulation): Promise<readonly string[]> {
  const journals = await Promise.all((await sim.list()).map(async ({ pid }) => ({ pid, facts: await sim.facts(pid) })))
  return [...journals.flatMap(journalOffences), ...conservationOffences(journals, ['processes', 'toolCalls'])]
}

/** The first `n` calls fail; what it does outside the process is a far side that mends itself. */
function failing(n: number, code = 'DOWN'): () => void {
  let calls = 0
  return () => {
    if (calls++ < n) throw Object.assign(new Error(`down ${code}`), { code })
  }
}

/** Plays it to its failure, retries it once it has failed, and on to its next end. */
function retried(play: Play, body: Parameters<typeof stage>[1], about: Partial<Reopen> = {}): Promise<Staged> {
  return stage(
    {
      ...play,
      until: ['parked', 'done'],
      during: async (sim, pid) => void (await retry(sim, pid, about)),
    },
    body,
  )
}

describe('retry: a failed run goes on from its failed effect', () => {
  it('keeps what was settled, has the failed effect again under the same id, and ends well; through a crash at any commit', async () => {
    const broken = { is: true }
    await throughCrashes(
      {
        until: ['parked', 'done'],
        cap: { toolCalls: 10, processes: 3 },
        during: async (sim, pid) => {
          await sim.reached(pid, ['failed'])
          broken.is = false
          await sim.control(pid, { id: 'again', type: 'reopen', by: 'ann' })
        },
      },
      async (ctx, tool) => {
        const first = await ctx.tool(tool('first', { idempotent: true }), { n: 1 })
        const second = await ctx.step(
          'second',
          () => {
            if (broken.is) throw new Error('the far side is down')
            return 'up'
          },
          READ,
        )
        return [
          first !== undefined,
          second,
          await ctx.tool(tool('third', { idempotent: true }), { n: 3 }).then(() => 'third'),
        ]
      },
      ({ value, facts, ledger, view }) => {
        broken.is = true
        expect(value).toEqual([true, 'up', 'third'])
        expect(deedsOf(ledger, 'first')).toHaveLength(1)
        const second = factsOf(facts, 'intended').filter(({ name }) => name === 'second')
        expect(new Set(second.map(({ key }) => key)).size).toBe(1)
        expect(second.map(({ attempt }) => attempt)).toEqual(second.map((_, i) => i + 1))
        expect(factsOf(facts, 'reopened')).toMatchObject([{ by: 'ann', keys: [second[0]?.key] }])
        expect(journalOffences({ pid: view.pid, facts })).toEqual([])
        expect(conservationOffences([{ pid: view.pid, facts }], ['toolCalls', 'processes'])).toEqual([])
      },
    )
  })

  it('E1: attempts and their pauses begin anew', async () => {
    let calls = 0
    const { facts, value } = await retried({}, (ctx) =>
      ctx.step(
        'ask',
        ({ attempt }) => {
          if (calls++ < 4) throw new SkeinError('HTTP_UNAVAILABLE', 'busy')
          return attempt
        },
        { ...READ, attempts: 3 },
      ),
    )
    expect(value).toBe(5)
    const at = factsOf(facts, 'begun').map((fact) => fact.at)
    const pauses = at.slice(1).map((later, i) => later - (at[i] ?? 0))
    expect(at).toHaveLength(5)
    // The first pause of the second life is as the first of the first, and no doubling goes on.
    expect(pauses[3]).toBeLessThan(pauses[1] ?? 0)
  })

  it('reopens the chain from the root to the failed leaf, with the money; through a crash at any commit', async () => {
    const broken = { is: true }
    const leaf = flow(async (ctx) => {
      await ctx.step('before', () => 1, READ)
      return ctx.step(
        'fails',
        () => {
          if (broken.is) throw new Error('down')
          return 'leaf'
        },
        READ,
      )
    }, 'leaf')
    const middle = flow((ctx) => ctx.run(leaf as never, 0 as never, { budget: { toolCalls: 6 } }), 'middle')
    const offences: (readonly string[])[] = []
    await throughCrashes(
      {
        until: ['parked', 'done'],
        cap: { toolCalls: 20, processes: 9 },
        define: () => [leaf, middle],
        during: async (sim, pid) => {
          await sim.reached(pid, ['failed'])
          broken.is = false
          await sim.control(pid, { id: 'again', type: 'reopen', by: 'ann' })
          await sim.reached(pid, ['done', 'parked'])
          offences.push(await soundness(sim))
        },
      },
      (ctx) => ctx.run(middle as never, 0 as never, { budget: { toolCalls: 8 } }),
      ({ value, view }) => {
        broken.is = true
        expect(value).toBe('leaf')
        expect(view.summary?.spent.processes).toBe(2)
        expect(view.summary?.delegated).toMatchObject({ toolCalls: 0, processes: 0 })
      },
    )
    expect(offences.flat()).toEqual([])
  })

  it('what it did after the failure would be an orphan: it stays ended, unless told to leave it behind', async () => {
    const body =
      (fail: () => void): Parameters<typeof stage>[1] =>
      async (ctx, tool) => {
        try {
          await ctx.step('pay', fail)
        } catch (error) {
          await ctx.tool(tool('complain', { idempotent: true }), {})
          throw error
        }
        return 'paid'
      }
    const refused = await stage(
      {
        until: ['done', 'parked'],
        timeMsMax: 60_000,
        during: async (sim, pid) => {
          await retry(sim, pid)
          await sim.loop.sleep(100)
          expect(await sim.inspect(pid)).toMatchObject({ status: 'failed' })
          expect(factsOf(await sim.facts(pid), 'reopened')).toEqual([])
          expect(await retry(sim, pid, { dropAfter: true })).toBe('queued')
        },
      },
      body(failing(1)),
    )
    expect(refused.value).toBe('paid')
    expect(deedsOf(refused.ledger, 'complain')).toHaveLength(1)
    expect(factsOf(refused.facts, 'reopened')).toMatchObject([{ dropped: [expect.stringContaining('complain')] }])
  })

  it('of what was left behind while it waited nothing more is recorded', async () => {
    const fail = failing(1)
    const heard = await retried(
      {},
      async (ctx) => {
        try {
          await ctx.step('pay', fail)
        } catch (error) {
          void ctx.receive({ topic: 'never' })
          await ctx.sleep('1s')
          throw error
        }
        return 'paid'
      },
      { dropAfter: true },
    )
    expect(heard.value).toBe('paid')
    const [reopened] = factsOf(heard.facts, 'reopened')
    expect(reopened?.dropped).toContainEqual(expect.stringContaining('receive:'))
    const after = heard.facts.filter(({ seq }) => seq > (reopened?.seq ?? 0))
    expect(after.filter((fact) => 'key' in fact && reopened?.dropped?.includes(fact.key))).toEqual([])
  })

  it('what was left behind is no divergence after a crash at any commit', async () => {
    const broken = { is: true }
    await throughCrashes(
      {
        until: ['parked', 'done'],
        during: async (sim, pid) => {
          await sim.reached(pid, ['failed'])
          broken.is = false
          await sim.control(pid, { id: 'again', type: 'reopen', by: 'ann', dropAfter: true })
        },
      },
      async (ctx, tool) => {
        try {
          await ctx.step(
            'pay',
            () => {
              if (broken.is) throw new Error('down')
            },
            READ,
          )
        } catch (error) {
          await ctx.tool(tool('complain', { idempotent: true }), {})
          await ctx.sleep('1s')
          throw error
        }
        await ctx.tool(tool('thank', { idempotent: true }), {})
        return 'paid'
      },
      ({ value, ledger, view, facts }) => {
        broken.is = true
        expect(value).toBe('paid')
        expect(deedsOf(ledger, 'thank').length).toBeGreaterThan(0)
        expect(journalOffences({ pid: view.pid, facts })).toEqual([])
      },
    )
  })

  it('a map goes on whole: what the failure had cancelled is had again too', async () => {
    const broken = { is: true }
    const worker = flow(async (ctx, n) => {
      await ctx.sleep((n as number) * 1_000)
      return ctx.step(
        'work',
        () => {
          if (n === 1 && broken.is) throw new Error('down')
          return n
        },
        READ,
      )
    }, 'worker')
    const offences: (readonly string[])[] = []
    await throughCrashes(
      {
        until: ['parked', 'done'],
        cap: { processes: 20, toolCalls: 50 },
        define: () => [worker],
        during: async (sim, pid) => {
          await sim.reached(pid, ['failed'])
          broken.is = false
          await sim.control(pid, { id: 'again', type: 'reopen', by: 'ann' })
          await sim.reached(pid, ['done', 'parked'])
          offences.push(await soundness(sim))
        },
      },
      (ctx) => ctx.map([1, 2, 3], (c, n) => c.run(worker as never, n as never)),
      ({ value }) => {
        broken.is = true
        expect(value).toEqual([1, 2, 3])
      },
    )
    expect(offences.flat()).toEqual([])
  })

  it('a denied approval is asked again; a refusal for lack of money goes on with more of it', async () => {
    const denied = await stage(
      {
        until: ['done', 'parked'],
        during: async (sim, pid) => {
          const key = await waited(sim, pid, 'approval')
          await sim.control(pid, { id: 'no', type: 'approve', key, verdict: 'denied', by: 'bob' })
          await retry(sim, pid)
          expect(await waited(sim, pid, 'approval')).toBe(key)
          await sim.control(pid, { id: 'yes', type: 'approve', key, verdict: 'approved', by: 'ann' })
        },
      },
      async (ctx, tool) => void (await ctx.tool(tool('publish'), {}, { approval: true })),
    )
    expect(deedsOf(denied.ledger, 'publish')).toHaveLength(1)
    const worker = flow(async (ctx) => (await ctx.step('a', () => 1), await ctx.step('b', () => 2)), 'worker')
    const poor = await retried(
      { cap: { toolCalls: 4, processes: 2 }, define: () => [worker] },
      (ctx) => ctx.run(worker as never, 0 as never, { budget: { toolCalls: 1, strict: true } }),
      { topUp: { toolCalls: 3 } },
    )
    expect(poor.value).toBe(2)
    expect(poor.view.summary?.delegated).toMatchObject({ toolCalls: 0 })
    expect(conservationOffences([{ pid: poor.view.pid, facts: poor.facts }], ['toolCalls'])).toEqual([])
  })

  it('a write in doubt stays in doubt: it is put before an operator again', async () => {
    const { value, ledger } = await stage(
      {
        until: ['done'],
        during: async (sim, pid) => {
          const key = asEffectKey((await waited(sim, pid, 'operator')).replace(/!resolve$/, ''))
          await sim.control(pid, { id: 'r1', type: 'resolve', key, how: 'fail', by: 'bob' })
          await retry(sim, pid)
          await waited(sim, pid, 'operator')
          await sim.control(pid, {
            id: 'r2',
            type: 'resolve',
            key,
            how: 'done',
            value: { text: '"it was"' },
            by: 'ann',
          })
        },
      },
      async (ctx) =>
        ctx.step('mail', () => {
          throw Object.assign(new Error('cut'), { code: 'ECONNRESET' })
        }),
    )
    expect(value).toBe('it was')
    expect(ledger).toEqual([])
  })

  it('where no effect has failed the same code ends the same way, and it stays ended; one that ended well is `ended`', async () => {
    const { facts } = await stage(
      {
        until: ['failed'],
        during: async (sim, pid) => {
          await retry(sim, pid)
          await sim.loop.sleep(1_000)
        },
      },
      async (ctx) => {
        await ctx.step('fine', () => 1)
        throw new Error('a bug')
      },
    )
    expect(factsOf(facts, 'reopened')).toEqual([])
    await stage(
      {
        during: async (sim, pid) => {
          expect(await retry(sim, pid)).toBe('ended')
        },
      },
      () => 'well',
    )
    await stage(
      {
        during: async (sim, pid) => {
          await sim.control(pid, { id: 'c', type: 'cancel', reason: 'no', by: 'ann' })
          expect(await retry(sim, pid)).toBe('ended')
        },
      },
      (ctx) => ctx.sleep('1h'),
    )
  })

  it('a parked process is looked at again', async () => {
    const { value } = await stage(
      {
        until: ['done'],
        during: async (sim) => {
          const absent = { name: 'unknown-yet', kind: 'workflow' } as AnyDefinition
          const pid = await sim.start(absent, 0)
          await sim.reached(pid, ['parked'])
          expect(await sim.control(pid, { id: 'look', type: 'reopen', by: 'ann' })).toBe('queued')
          await sim.loop.sleep(50)
          expect(await sim.inspect(pid)).toMatchObject({ status: 'parked', parked: { code: 'CODE_ABSENT' } })
          sim.define(flow(() => 'here', 'unknown-yet'))
          await sim.control(pid, { id: 'look again', type: 'reopen', by: 'ann' })
          sim.crash()
          expect(resultOf(await sim.reached(pid)).value).toBe('here')
        },
      },
      () => 'on',
    )
    expect(value).toBe('on')
  })
})
