import { describe, expect, it } from 'vitest'
import { agent } from '../../../src/agents/index.ts'
import type { SwitchChange } from '../../../src/engine/index.ts'
import type { AnyDefinition, Fact } from '../../../src/kernel/index.ts'
import { asPid } from '../../../src/std/index.ts'
import type { Pid } from '../../../src/std/index.ts'
import { CALM, conservationOffences, factsOf, scriptedModel, simulate, worldTool } from '../../../src/testing/index.ts'
import type { Simulation } from '../../../src/testing/index.ts'
import { about, deedsOf, flow, stage, throughCrashes, waited } from './stage.ts'

/** Virtual time begins here. */
const SIM_EPOCH_MS = 2_015_000_000_000

const READ = { effect: 'read' } as const

const off = (target: string, more: { readonly now?: boolean } = {}): SwitchChange => ({
  target,
  to: 'off',
  by: 'ann',
  reason: 'too dear',
  ...more,
})
const on = (target: string): SwitchChange => ({ target, to: 'on', by: 'bob' })

/** Switches it off while it waits for `go`, and lets it go then. */
async function letGo(sim: Simulation, pid: Pid, change: SwitchChange): Promise<void> {
  const key = await waited(sim, pid, 'promise')
  await sim.switch(change)
  await sim.control(pid, { id: 'go', type: 'answer', key, value: { text: '1' }, by: 'x' })
}

/** How often a run that pays, and fails once it is let go, gives the money back. */
async function refundsAfter(during: (sim: Simulation, pid: Pid) => Promise<void>): Promise<number> {
  let refunds = 0
  await stage({ during, idleMs: 600_000 }, async (ctx, tool) => {
    await ctx.tool(tool('pay'), {})
    ctx.compensate('refund', () => (refunds += 1))
    await ctx.promise('go')
    throw new Error('no')
  })
  return refunds
}

/** Everything a process decided after a moment of virtual time. */
function decidedAfter(facts: readonly Fact[], atMs: number): readonly Fact[] {
  const decisions = ['intended', 'begun', 'sent']
  return facts.filter((fact) => fact.at > atMs && decisions.includes(fact.type))
}

/** Works for ever, in steps and children. */
const busy: AnyDefinition = flow(async (ctx, depth) => {
  for (let i = 0; i < 12; i++) {
    await ctx.step(`s${i}`, () => i, READ)
    await ctx.sleep(7)
    if ((depth as number) > 0 && i % 4 === 0) await ctx.run(busy as never, ((depth as number) - 1) as never)
  }
  return 'done'
}, 'busy')

describe('switches: what is switched off decides nothing new', () => {
  it('says what a slot of an agent holds: a tool that is off, a call that money is missing for, a tool that is gone', async () => {
    await simulate({ seed: 1 }, async (sim) => {
      const calls = [
        { tool: 'pay', input: {} },
        { tool: 'gone', input: {} },
      ]
      const model = scriptedModel([{ calls }, 'done'])
      const clerk = agent({ name: 'clerk', model, tools: { pay: worldTool(sim.world, { name: 'pay' }) } })
      sim.define(clerk)
      await sim.boot()
      await sim.switch(off('tool:pay'))
      const pid = await sim.start(clerk, 'go', { cap: { modelCalls: 1 }, strict: true })
      await waited(sim, pid, 'switch')
      await sim.switch(on('tool:pay'))
      await sim.reached(pid)
      const named = (await sim.facts(pid)).flatMap((fact) => ('name' in fact && fact.type !== 'intended' ? fact : []))
      expect(named).toMatchObject([
        { type: 'waiting', key: 'r1/tool/0!switch', name: 'pay' },
        { type: 'settled', key: 'r1/tool/1', name: 'gone' },
        { type: 'settled', key: 'r2/model', name: 'scripted/model' },
      ])
    })
  })

  it('a tool waits with who and why, through a crash at any commit, and goes on when it is on again', async () => {
    const seen: unknown[] = []
    await throughCrashes(
      {
        during: async (sim, pid) => {
          await letGo(sim, pid, off('tool:pay'))
          await waited(sim, pid, 'switch')
          sim.crash()
          await waited(sim, pid, 'switch')
          seen.push((await sim.inspect(pid))?.waits.map(({ on: wait }) => wait))
          await sim.switch(on('tool:pay'))
        },
      },
      async (ctx, tool) => {
        await ctx.promise('go')
        return [
          await ctx.step('other', () => 'not held', READ),
          await ctx.tool(tool('pay', { idempotent: true }), {}).then(() => 'paid'),
        ]
      },
      ({ value, ledger, facts }) => {
        expect(value).toEqual(['not held', 'paid'])
        expect(deedsOf(ledger, 'pay')).toHaveLength(1)
        expect(about(facts, 'waiting', '!switch')).toHaveLength(1)
        expect(about(facts, 'answered', '!switch')).toHaveLength(1)
      },
    )
    expect(seen[0]).toEqual([{ kind: 'switch', target: 'tool:pay', by: 'ann', reason: 'too dear' }])
  })

  it.each(['workflow:busy', 'process:root', 'tenant:acme'])(
    'P: after %s is off nothing that it names is decided, at any moment, over crashes; then all goes on',
    async (target) => {
      for (let seed = 1; seed <= 6; seed++) {
        const offences: string[] = []
        const { value } = await stage(
          {
            seed,
            pid: 'root',
            tenant: 'acme',
            cap: { toolCalls: 5_000, processes: 500 },
            define: () => [busy],
            during: async (sim) => {
              await sim.loop.sleep(sim.random.between(0, 120))
              await sim.switch(off(target))
              const atMs = SIM_EPOCH_MS + sim.loop.nowMs
              if (sim.random.chance(0.5)) {
                await sim.loop.sleep(sim.random.between(0, 50))
                sim.crash()
              }
              await sim.loop.sleep(2_000)
              for (const { pid } of await sim.list()) {
                const late = decidedAfter(await sim.facts(pid), atMs)
                if (late.length > 0 && (target !== 'workflow:busy' || pid !== 'root'))
                  offences.push(`seed ${seed}: ${pid} ${late.map(({ type }) => type).join(' ')}`)
              }
              expect((await sim.inspect(asPid('root')))?.status).toBe('waiting')
              await sim.switch(on(target))
            },
          },
          (ctx) => ctx.run(busy as never, 1 as never),
        )
        expect(offences).toEqual([])
        expect(value).toBe('done')
      }
    },
    60_000,
  )

  it('a child of what is switched off is not started, and starts later', async () => {
    const { facts, value } = await stage(
      {
        define: () => [busy],
        during: async (sim, pid) => {
          await letGo(sim, pid, off('workflow:busy'))
          await waited(sim, pid, 'switch')
          expect(factsOf(await sim.facts(pid), 'sent')).toEqual([])
          await sim.switch(on('workflow:busy'))
        },
      },
      async (ctx) => (await ctx.promise('go'), ctx.run(busy as never, 0 as never)),
    )
    expect(value).toBe('done')
    expect(factsOf(facts, 'sent')).toHaveLength(1)
  })

  it('begun writes settle; with now, reads are broken off, charged, and had again later', async () => {
    let reads = 0
    const { facts, value, ledger, view } = await stage(
      {
        cap: { toolCalls: 9 },
        idleMs: 600_000,
        habits: { ...CALM, transitMs: [50, 50] },
        during: async (sim, pid) => {
          const hasBegun = (): boolean => reads > 0
          while (!hasBegun()) await sim.loop.sleep(1)
          await sim.switch(off(`process:${pid}`, { now: true }))
          await waited(sim, pid, 'switch')
          expect(reads).toBe(1)
          await sim.loop.sleep(10_000)
          expect(reads).toBe(1)
          await sim.switch(on(`process:${pid}`))
        },
      },
      (ctx, tool) =>
        ctx.all([
          (c) =>
            c.step(
              'look',
              ({ abortSignal }) =>
                new Promise<string>((resolve, reject) => {
                  reads += 1
                  abortSignal.addEventListener('abort', () => reject(new Error('aborted')))
                  if (reads > 1) resolve('seen')
                }),
              READ,
            ),
          (c) => c.tool(tool('pay'), {}).then(() => 'paid'),
        ]),
    )
    expect(value).toEqual(['seen', 'paid'])
    expect(deedsOf(ledger, 'pay')).toHaveLength(1)
    expect(about(facts, 'intended', 'look').map(({ attempt }) => attempt)).toEqual([1, 2])
    expect(about(facts, 'account', 'look').map(({ op }) => op)).toEqual(['forfeit'])
    expect(conservationOffences([{ pid: view.pid, facts }], ['toolCalls'])).toEqual([])
  })

  it('a resident that was held goes on as soon as it may', async () => {
    const during = async (sim: Simulation, pid: Pid): Promise<void> => {
      await letGo(sim, pid, off(`process:${pid}`))
      await waited(sim, pid, 'switch')
      await sim.switch(on(`process:${pid}`))
    }
    const { facts, value } = await stage({ during, idleMs: 600_000 }, async (ctx) => {
      await ctx.promise('go')
      return ctx.step('look', () => 'seen', READ)
    })
    expect(value).toBe('seen')
    const [first, last] = [facts[0]?.at ?? 0, facts.at(-1)?.at ?? 0]
    expect(last - first).toBeLessThan(600_000)
  })

  it('X4: a compensation that is held is run when its process is cancelled', async () => {
    const during = async (sim: Simulation, pid: Pid): Promise<void> => {
      await letGo(sim, pid, off(`process:${pid}`))
      await waited(sim, pid, 'switch')
      await sim.control(pid, { id: 'c', type: 'cancel', reason: 'enough', by: 'ann' })
    }
    expect(await refundsAfter(during)).toBe(1)
  })

  it('X4: a compensation that is held is run once when its process may go on', async () => {
    const during = async (sim: Simulation, pid: Pid): Promise<void> => {
      await letGo(sim, pid, off(`process:${pid}`))
      await waited(sim, pid, 'switch')
      await sim.loop.sleep(1_000)
      await sim.switch(on(`process:${pid}`))
    }
    expect(await refundsAfter(during)).toBe(1)
  })

  it('what is held can be cancelled', async () => {
    const cancelled = async (sim: Simulation, pid: Pid): Promise<void> => {
      await letGo(sim, pid, off(`process:${pid}`))
      await waited(sim, pid, 'switch')
      await sim.control(pid, { id: 'c', type: 'cancel', reason: 'enough', by: 'ann' })
    }
    const { view, ledger } = await stage({ during: cancelled }, async (ctx, tool) => {
      await ctx.promise('go')
      await ctx.tool(tool('pay'), {})
    })
    expect(view.status).toBe('cancelled')
    expect(deedsOf(ledger, 'pay')).toEqual([])
  })
})
