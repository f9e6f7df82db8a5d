/** The change itself: a fact, through crashes, by definition or by an operator, and what pins. */
import { describe, expect, it } from 'vitest'
import { workflow } from '../../../src/kernel/index.ts'
import type { AnyDefinition, UpgradeReport, WriteVerdict } from '../../../src/kernel/index.ts'
import { bornOf, ENDED, factsOf, simulate } from '../../../src/testing/index.ts'
import type { CommitMoment, Simulation } from '../../../src/testing/index.ts'
import type { ErrorData, Pid } from '../../../src/std/index.ts'
import { edited, hold } from './desk.ts'
import type { Edit, Version } from './desk.ts'
import { outcomeOf } from '../rules/stage.ts'

const paid: Version = async (ctx, { charge, balance }) => {
  const first = await ctx.tool(charge, 10)
  const left = await ctx.tool(balance, {})
  await hold(ctx)
  return [first, left]
}
/** Something new before what was done, something gone, and a read that must be had again. */
const paidAndSet: Version = async (ctx, { charge, balance, set }) => {
  await ctx.tool(set, 'on')
  const first = await ctx.tool(charge, 10)
  await hold(ctx)
  await ctx.tool(set, 'off')
  return [first, await ctx.tool(balance, {})]
}

const upgrade = async (sim: Simulation, pid: Pid, verdicts: readonly WriteVerdict[] = []): Promise<void> =>
  void (await sim.control(pid, { id: `upgrade${verdicts.length}`, type: 'upgrade', verdicts, by: 'ann' }))

const crashing = (edit: Omit<Edit, 'options'>, moment: CommitMoment, n: number): Edit => {
  return { ...edit, options: { rebootMs: 100, powerFails: (at, commit) => at === moment && commit === n } }
}

const ambiguousIn = (parked: ErrorData | undefined): UpgradeReport['ambiguous'] =>
  (parked?.data as { report?: UpgradeReport } | undefined)?.report?.ambiguous ?? []

describe('U: adoption', () => {
  it('P1, P2: a crash at any commit around it comes to the same; a replay of the journal asks for nothing else', async () => {
    const edit = { before: paid, after: paidAndSet }
    const calm = await edited(edit)
    expect([calm.value, calm.deeds]).toEqual([
      [90, 90],
      ['charge 10', 'set "on"', 'set "off"'],
    ])
    const changed = calm.sim.trace.findIndex((line) => line.includes('crash 1'))
    const commitsIn = (lines: readonly string[]): number => lines.filter((line) => / commit \d+$/.test(line)).length
    const first = commitsIn(calm.sim.trace.slice(0, changed))
    const last = commitsIn(calm.sim.trace)
    expect(last - first).toBeGreaterThan(4)
    for (const moment of ['before', 'after'] as const)
      for (let n = first; n < last; n++) {
        const run = await edited(crashing(edit, moment, n))
        expect([moment, n, run.value, run.deeds, run.offences]).toEqual([moment, n, calm.value, calm.deeds, []])
        expect(run.adopted).toHaveLength(1)
      }
  })

  it('U1: pinned code goes on with its old text while the host has it, and moves when an operator says so', async () => {
    const run = await edited({
      before: paid,
      after: async (ctx, desk) => [...((await paid(ctx, desk)) as number[]), 'new'],
      settings: { onUpgrade: 'pin' },
      meanwhile: upgrade,
    })
    expect(run.value).toEqual([90, 90, 'new'])
    expect(run.adopted[0]).toMatchObject({ by: 'ann', version: '2' })
    expect(run.deeds).toEqual(['charge 10'])
    expect(run.offences).toEqual([])
  })

  it.each([
    ['reuse', { value: [90, 100], deeds: ['charge 10'] }],
    ['new', { value: [79, 100], deeds: ['charge 10', 'charge 11'] }],
    ['fail', { value: ['EFFECT_FAILED', 100], deeds: ['charge 10'] }],
  ] as const)('U4: a verdict for an ambiguous write: %s', async (how, { value, deeds }) => {
    const changed: Version = async (ctx, { charge }) => {
      const first = await ctx.tool(charge, 11).catch((error: unknown) => (error as { code: string }).code)
      await hold(ctx)
      return [first, 100]
    }
    const run = await edited({
      before: async (ctx, { charge }) => [await ctx.tool(charge, 10), await hold(ctx)],
      after: changed,
      meanwhile: async (sim, pid) => {
        await sim.send(pid, null, { topic: 'go' })
        const { parked } = await sim.reached(pid, ['parked'])
        const [first] = ambiguousIn(parked)
        if (first === undefined) throw new Error('nothing is ambiguous')
        await upgrade(sim, pid, [
          { key: first.key, how, ...(how === 'reuse' ? { from: first.candidates[0]?.key as never } : {}) },
        ])
      },
    })
    expect([run.value, run.deeds, run.offences]).toEqual([value, deeds, []])
  })

  it('migrate answers for ambiguous writes', async () => {
    const run = await edited({
      before: async (ctx, { charge }) => [await ctx.tool(charge, 10), await hold(ctx)],
      after: async (ctx, { charge }) => [await ctx.tool(charge, 11), await hold(ctx)][0],
      settings: {
        migrate: { writes: ({ ambiguous }) => Object.fromEntries(ambiguous.map(({ name }) => [name, 'reuse'])) },
      },
    })
    expect([run.value, run.deeds, run.offences]).toEqual([90, ['charge 10'], []])
  })

  it('U4: beyond a late insert a changed write is held too, and one verdict lets it go', async () => {
    const run = await edited({
      before: async (ctx, { charge }) => [await ctx.tool(charge, 10), await hold(ctx)],
      after: async (ctx, { charge, set }) => {
        await ctx.tool(set, 'on')
        const left = await ctx.tool(charge, 11)
        await hold(ctx)
        return left
      },
      meanwhile: async (sim, pid) => {
        await sim.send(pid, null, { topic: 'go' })
        const { parked } = await sim.reached(pid, ['parked'])
        const [first] = ambiguousIn(parked)
        await upgrade(sim, pid, [{ key: first?.key as never, how: 'reuse', from: first?.candidates[0]?.key as never }])
      },
    })
    expect([run.value, run.deeds, run.offences]).toEqual([90, ['charge 10', 'set "on"'], []])
    expect(run.adopted.map(({ by }) => by)).toEqual(['onUpgrade', 'ann'])
  })

  it('U3: a resident process moves when nothing of it is under way', async () => {
    await simulate({ seed: 1, rebootMs: 'never', idleMs: 30_000 }, async (sim) => {
      const code = (text: string, by: string): AnyDefinition =>
        workflow({ name: 'waiter', version: text }, async (ctx) => {
          await ctx.receive({ topic: 'go' })
          return `${by} ${(await ctx.uuid()).length}`
        })
      const [one, two] = [code('1', 'one'), { ...code('2', 'two'), source: 'two' } as AnyDefinition]
      sim.define(one, two)
      await sim.boot()
      const pid = await sim.start(one, null, { pid: 'p' })
      await sim.reached(pid, ['running', 'waiting'])
      await upgrade(sim, pid)
      await sim.send(pid, null, { topic: 'go' })
      const view = await sim.reached(pid, [...ENDED, 'parked'])
      expect(outcomeOf(view.result).value).toMatch(/^two/)
    })
  })

  it('U2: the next segment takes the newest code, with the state migrated; after a crash it still does', async () => {
    await simulate({ seed: 1, rebootMs: 'never' }, async (sim) => {
      const old = workflow({ name: 'loop', version: '1' }, async (ctx) => {
        await ctx.receive({ topic: 'go' })
        return ctx.continueAsNew({ n: 1 })
      })
      const next = workflow(
        {
          name: 'loop',
          version: '2',
          migrate: { state: (state, { version }) => ({ ...(state as object), from: version }) },
        },
        async (ctx, input) => {
          await ctx.receive({ topic: 'end' })
          return input
        },
      )
      sim.define(old)
      await sim.boot()
      const pid = await sim.start(old, null, { pid: 'p' })
      await sim.reached(pid, ['waiting'])
      sim.crash()
      sim.define(next)
      await sim.boot()
      await sim.send(pid, null, { topic: 'go' })
      while (factsOf(await sim.facts(pid), 'snapshot').length === 0) await sim.loop.sleep(5)
      sim.crash()
      sim.forget('loop')
      sim.define(next)
      await sim.boot()
      await sim.send(pid, null, { topic: 'end' })
      const view = await sim.reached(pid, [...ENDED, 'parked'])
      expect(outcomeOf(view.result).value).toEqual({ n: 1, from: '1' })
      expect(factsOf(await sim.facts(pid), 'snapshot')[0]?.codeDigest).not.toBe(
        bornOf(await sim.facts(pid))?.codeDigest,
      )
    })
  })
})
