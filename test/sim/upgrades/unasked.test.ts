/** What comes from outside for an effect that adopted code has not asked for (yet). */
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { nodeHash, nodeMacrotask } from '../../../src/engine/index.ts'
import { payloadOf, pending, tryCode, workflow } from '../../../src/kernel/index.ts'
import { readAnswer } from '../../../src/model/index.ts'
import { asPid } from '../../../src/std/index.ts'
import type { Pid } from '../../../src/std/index.ts'
import { factsOf, simulate } from '../../../src/testing/index.ts'
import type { Simulation } from '../../../src/testing/index.ts'
import { waited } from '../rules/stage.ts'
import { edited, hold } from './desk.ts'
import type { Version } from './desk.ts'

describe('U: what is not asked for yet', () => {
  const job = {
    name: 'job',
    idempotent: true,
    inputSchema: z.object({ n: z.number() }),
    execute: () => pending('job-1', { expires: '1h' }),
  }
  const settled = { how: 'done', value: payloadOf('x'), by: 'far side' } as const
  const move = async (sim: Simulation, pid: Pid, id: string): Promise<void> => {
    await sim.control(pid, { id, type: 'upgrade', verdicts: [], by: 'ann' })
    await waited(sim, pid, 'timer')
  }

  it('E10, U: what comes before the new code asks for it is not lost: a settlement, an answer, the end of its time', async () => {
    for (const how of ['settled', 'failed', 'late'] as const) {
      const run = await edited({
        settings: { onUpgrade: 'pin' },
        waitsFor: 'pending',
        before: (ctx) => ctx.tool(job, { n: 1 }),
        after: async (ctx) => {
          await ctx.sleep(how === 'late' ? '2h' : '10s')
          return ctx.tool(job, { n: 1 }).catch((error: unknown) => (error as Error).message)
        },
        meanwhile: async (sim, pid) => {
          await move(sim, pid, 'up')
          if (how === 'settled') await sim.settle('job-1', settled)
          if (how === 'failed') await sim.settle('job-1', { how: 'fail', reason: 'no', by: 'far side' })
          if (how !== 'late') return
          await waited(sim, pid, 'pending')
          await sim.loop.sleep(3 * 3_600_000)
          await sim.settle('job-1', settled)
        },
        options: { timeMsMax: 24 * 3_600_000 },
      })
      expect([how, run.value, run.offences]).toEqual([how, how === 'failed' ? 'job failed: no' : 'x', []])
    }
    const answered = await edited({
      settings: { onUpgrade: 'pin' },
      waitsFor: 'promise',
      before: (ctx) => ctx.promise('go'),
      after: async (ctx) => {
        await ctx.sleep('10s')
        return ctx.promise('go')
      },
      meanwhile: async (sim, pid) => {
        const key = await waited(sim, pid, 'promise')
        await move(sim, pid, 'up')
        await sim.control(pid, { type: 'answer', id: 'a', key, value: { text: '7' }, by: 'ann' })
      },
      options: { timeMsMax: 3_600_000 },
    })
    expect([answered.value, answered.offences]).toEqual([7, []])
  })

  it('X4, U6: a compensation that the new code does not register is named when the process fails', async () => {
    const version =
      (isRegistered: boolean): Version =>
      async (ctx, { charge }) => {
        await ctx.tool(charge, 10)
        ctx.compensate('kept', () => 1, { idempotent: true })
        if (isRegistered) ctx.compensate('gone', () => 1, { idempotent: true })
        await hold(ctx)
        throw new Error('no')
      }
    for (const isRegistered of [true, false]) {
      const run = await edited({ before: version(true), after: version(isRegistered) })
      const warning = isRegistered ? undefined : 'COMPENSATION_LOST: not run, for lack of code: gone'
      expect([run.view.status, factsOf(run.facts, 'ended')[0]?.warning, run.offences]).toEqual(['failed', warning, []])
    }
  })

  it('U3, X4: a dry replay names what the new code does not register, where it has passed the place', async () => {
    const version = (of: 'all' | 'one' | 'one, behind another call') =>
      workflow({ name: 'desk' }, async (ctx) => {
        if (of === 'one, behind another call') await ctx.step('first', () => 1, { effect: 'read' })
        await ctx.step('done', () => 1, { effect: 'read' })
        ctx.compensate('kept', () => 1, { idempotent: true })
        if (of === 'all') ctx.compensate('gone', () => 1, { idempotent: true })
        await hold(ctx)
      })
    const facts = await simulate({ seed: 1 }, async (sim) => {
      sim.define(version('all'))
      await sim.boot()
      const pid = await sim.start(version('all'), null, { pid: 'p' })
      await waited(sim, pid, 'message')
      return await sim.facts(pid)
    })
    const ports = { hash: nodeHash, macrotask: nodeMacrotask(), readAnswer }
    const unregistered = async (of: Parameters<typeof version>[0]) =>
      (await tryCode({ pid: asPid('p'), facts, definition: version(of) }, ports)).unregistered
    expect(await unregistered('all')).toBeUndefined()
    expect(await unregistered('one')).toEqual(['gone'])
    expect(await unregistered('one, behind another call')).toBeUndefined()
  })

  it('E10, U6: a pending effect that is given up waits for nobody', async () => {
    const results: string[] = []
    const run = await edited({
      settings: { onUpgrade: 'pin' },
      waitsFor: 'pending',
      before: (ctx) => Promise.all([ctx.tool(job, { n: 1 }), hold(ctx)]),
      after: hold,
      meanwhile: async (sim, pid) => {
        await sim.control(pid, { id: 'up', type: 'upgrade', verdicts: [], by: 'ann' })
        await sim.loop.sleep(1_000)
        results.push(await sim.settle('job-1', settled))
        expect((await sim.inspect(pid))?.waits.map(({ on }) => on.kind)).toEqual(['message'])
      },
    })
    expect(results).toEqual(['held'])
    expect([run.view.status, run.offences]).toEqual(['done', []])
  })
})
