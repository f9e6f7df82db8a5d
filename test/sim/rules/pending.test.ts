import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { agent } from '../../../src/agents/index.ts'
import { payloadOf, pending } from '../../../src/kernel/index.ts'
import type { Tool } from '../../../src/kernel/index.ts'
import type { Pid } from '../../../src/std/index.ts'
import {
  CALM,
  conservationOffences,
  journalOffences,
  scriptedModel,
  simulate,
  worldTool,
} from '../../../src/testing/index.ts'
import type { Simulation, World } from '../../../src/testing/index.ts'
import { about, codeOf, outcomeOf, powerCut, stage, throughCrashes, waited } from './stage.ts'
import type { Staged } from './stage.ts'

type Job = Tool & { readonly name: string }

/** A tool that submits a job under the effect's key and is answered later. */
function job(world: World, settings: Partial<Tool> & { readonly expires?: string } = {}): Job {
  const { expires, ...rest } = settings
  const service = { name: 'job', keyed: true }
  return {
    name: 'job',
    inputSchema: z.object({ n: z.number() }),
    async execute(input, { idempotencyKey: key = '', attempt = 1 }) {
      await world.request({ service, input, key, attempt })
      return pending('job-1', expires === undefined ? {} : { expires })
    },
    ...rest,
  }
}

const done = (value: unknown) => ({ how: 'done', value: payloadOf(value), by: 'far side' }) as const
const jobsDone = ({ ledger }: Staged): number => ledger.filter(({ what }) => what === 'done').length
const cancel = (sim: Simulation, pid: Pid) =>
  sim.control(pid, { id: 'stop', type: 'cancel', reason: 'enough', by: 'ann' })

/** Settles once the far side has the job, whether or not we have heard of it. */
async function settleWhenSubmitted(sim: Simulation, value: unknown): Promise<void> {
  while (sim.world.ledger.length === 0) await sim.loop.sleep(1)
  await sim.settle('job-1', done(value))
}

function checkBooks({ view, facts }: Staged): void {
  expect(journalOffences({ pid: view.pid, facts })).toEqual([])
  expect(conservationOffences([{ pid: view.pid, facts }], ['toolCalls'])).toEqual([])
}

describe('E10: pending effects', () => {
  it('E10: settled from outside, with a crash at every commit: done once, delivered once, whenever the answer comes', async () => {
    for (const transit of [1, 40]) {
      await throughCrashes(
        {
          cap: { toolCalls: 20 },
          habits: { ...CALM, transitMs: [transit, transit] },
          during: (sim) => settleWhenSubmitted(sim, { url: 'x' }),
        },
        async (ctx, tool, _, world) => {
          await ctx.tool(tool('before', { idempotent: true }), {})
          return [await ctx.tool(job(world, { idempotent: true }), { n: 1 }), await ctx.now()].length
        },
        (run) => {
          expect(run.value).toBe(2)
          expect(about(run.facts, 'settled', 'job').map(({ outcome }) => outcome.type)).toEqual(['ok'])
          expect(about(run.facts, 'settled', 'job')[0]?.note).toBe('settled by far side')
          checkBooks(run)
        },
      )
    }
  })

  it('E10: while it waits nothing is resident, no slot is held, the reservation stays', async () => {
    const seen: unknown[] = []
    const run = await stage(
      {
        cap: { toolCalls: 3 },
        async during(sim, pid) {
          await waited(sim, pid, 'pending')
          await sim.loop.sleep(1_000)
          const { status, summary } = (await sim.inspect(pid)) ?? {}
          seen.push(status, summary?.reserved.toolCalls)
          await sim.loop.sleep(30 * 24 * 3_600_000)
          await sim.settle('job-1', done(1))
        },
      },
      (ctx, _tool, _, world) => ctx.tool(job(world, { concurrency: 1 }), { n: 1 }),
    )
    expect(seen).toEqual(['waiting', 1])
    expect(run.value).toBe(1)
    expect(run.view.summary).toMatchObject({ spent: { toolCalls: 1 }, reserved: { toolCalls: 0 } })
    expect(run.view.activations).toBe(2)
  })

  it('E10: a value that does not fit the output schema is not taken, and the wait says why', async () => {
    let refused: unknown
    const run = await stage(
      {
        async during(sim, pid) {
          await waited(sim, pid, 'pending')
          await sim.settle('job-1', done('many'))
          await sim.loop.sleep(1_000)
          const on = (await sim.inspect(pid))?.waits[0]?.on
          refused = on?.kind === 'pending' ? on.refused?.text : undefined
          await sim.settle('job-1', done(7))
        },
      },
      (ctx, _tool, _, world) =>
        ctx.tool(job(world, { outputSchema: z.number().transform((n) => n + 1) as never }), { n: 1 }),
    )
    expect(refused).toMatch(/what far side settled it with does not fit: .*number/)
    expect(run.value).toBe(8)
  })

  it('E10: a step may be pending too, and may fail', async () => {
    const run = await stage(
      {
        async during(sim, pid) {
          await waited(sim, pid, 'pending')
          await sim.settle('s', { how: 'fail', reason: 'no paper', by: 'printer' })
        },
      },
      (ctx) => ctx.step('print', () => pending('s')),
    )
    expect(run.error).toMatchObject({ code: 'EFFECT_FAILED', message: 'print failed: no paper' })
  })

  it('E10: a read that nobody answers is EFFECT_TIMEOUT; a write asks reconcile, and may go on waiting', async () => {
    const read = await stage({}, (ctx, _tool, _, world) =>
      codeOf(() => ctx.tool(job(world, { effect: 'read', expires: '1h' }), { n: 1 })),
    )
    expect(read.value).toBe('EFFECT_TIMEOUT')
    expect(about(read.facts, 'answered', '!pending')).toHaveLength(1)
    let looks = 0
    const asked = await stage({}, (ctx, _tool, _, world) =>
      ctx.tool(
        job(world, {
          expires: '1h',
          reconcile: () => (++looks < 3 ? pending('job-1', { expires: '1h' }) : { done: 'late' }),
        }),
        { n: 1 },
      ),
    )
    expect(asked.value).toBe('late')
    expect(looks).toBe(3)
    expect(jobsDone(asked)).toBe(1)
    checkBooks(asked)
  })

  it('E10: a write that nobody answers and nobody can look up is put before an operator', async () => {
    const run = await stage(
      {
        async during(sim, pid) {
          const key = await waited(sim, pid, 'operator')
          expect(await sim.settle('job-1', done('late'))).toBe('held')
          await sim.control(pid, { id: 'r', type: 'resolve', key, how: 'done', value: payloadOf('seen'), by: 'ann' })
        },
      },
      (ctx, _tool, _, world) => ctx.tool(job(world, { expires: '2s' }), { n: 1 }),
    )
    expect(run.value).toBe('seen')
    expect(about(run.facts, 'unknown', 'job')).toHaveLength(1)
  })

  it('X2: cancelled while pending: a read is over at once, a write lingers and is shown as unknown if nobody settles it', async () => {
    const play = (settings: Partial<Tool>, afterMs: number | undefined) =>
      throughCrashes(
        {
          cap: { toolCalls: 20 },
          async during(sim, pid) {
            await waited(sim, pid, 'pending')
            await cancel(sim, pid)
            if (afterMs === undefined) return
            await sim.loop.sleep(afterMs)
            await sim.settle('job-1', done('late'))
          },
        },
        (ctx, _tool, _, world) => ctx.tool(job(world, settings), { n: 1 }),
        (run) => {
          expect(run.view.status).toBe('cancelled')
          checkBooks(run)
          const settled = about(run.facts, 'settled', 'job').map(({ outcome }) => outcome.type)
          const unknown = about(run.facts, 'unknown', 'job').length
          expect([...settled, unknown]).toEqual(
            settings.effect === 'read' ? ['cancelled', 0] : afterMs === undefined ? [1] : ['ok', 0],
          )
        },
      )
    await play({ effect: 'read' }, undefined)
    await play({ idempotent: true, reconcile: undefined }, 10_000)
    await play({ idempotent: true, reconcile: undefined }, undefined)
  })

  it('X2: the pending loser of a race does not hold its workflow, but its end', async () => {
    const run = await stage(
      {
        async during(sim, pid) {
          await sim.reached(pid, ['waiting'])
        },
      },
      async (ctx, _tool, _, world) => {
        const started = await ctx.now()
        await ctx.race([(c) => c.tool(job(world), { n: 1 }), (c) => c.sleep('1s')])
        return (await ctx.now()) - started
      },
    )
    expect(run.value).toBeLessThan(2_000)
    expect(about(run.facts, 'unknown', 'job')).toHaveLength(1)
  })

  it('E10: a tool of an agent may be pending; other calls of the step go on, and a crash at any commit changes nothing', async () => {
    for (let n = -1; n < 12; n++) {
      const { value, answers } = await simulate({ seed: 1, ...(n < 0 ? {} : powerCut(n)) }, async (sim) => {
        const answers: unknown[] = []
        const definition = agent({
          name: 'maker',
          model: scriptedModel(({ turn, results }) => {
            if (turn === 0)
              return {
                calls: [
                  { tool: 'job', input: { n: 1 } },
                  { tool: 'look', input: {} },
                ],
              }
            answers.push(results)
            return 'done'
          }),
          tools: {
            job: job(sim.world, { idempotent: true }),
            look: worldTool(sim.world, { name: 'look', effect: 'read' }),
          },
        })
        sim.define(definition)
        await sim.boot()
        const pid = await sim.start(definition, 'go', { pid: 'a' })
        const [view] = await Promise.all([sim.reached(pid), settleWhenSubmitted(sim, { url: 'x' })])
        return { ...outcomeOf(view.result), answers }
      })
      expect(value).toMatchObject({ text: 'done' })
      expect(JSON.stringify(answers.at(-1))).toContain('"url":"x"')
    }
  })
})
