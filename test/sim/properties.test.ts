/** P1–P7 are judged in every random workflow (seeds.test.ts); here is what they do not reach. P8: forks.test.ts. */
import { describe, expect, it } from 'vitest'
import type { Control } from '../../src/kernel/index.ts'
import { CALM, ENDED } from '../../src/testing/index.ts'
import type { Simulation } from '../../src/testing/index.ts'
import type { EffectKey, Pid } from '../../src/std/index.ts'
import { stage, waited } from './rules/stage.ts'

const HOUR_MS = 3_600_000
const HEARD_WITHIN_MS = 1_000
/** While it is being started, at its first commits, in flight, resting, and after a crash. */
const MOMENTS_MS = [0, 1, 50, 500, 30_000]

/** Something outside happens while a call of an hour is in flight; gives the time until the workflow has moved on. */
async function heardAfter(
  atMs: number,
  crashes: boolean,
  tell: (sim: Simulation, pid: Pid) => Promise<unknown>,
): Promise<number> {
  let toldAt = 0
  const { sim } = await stage(
    {
      habits: { ...CALM, transitMs: [HOUR_MS, HOUR_MS] },
      rebootMs: 10,
      until: [...ENDED],
      async during(sim, pid) {
        await sim.loop.sleep(atMs)
        if (crashes) sim.crash()
        await tell(sim, pid)
        toldAt = sim.loop.nowMs
      },
    },
    (ctx, tool) =>
      ctx.race([
        (c) => c.tool(tool('model', { effect: 'read', timeout: '2h' }), {}),
        (c) => c.receive({ topic: 'stop' }),
        (c) => c.promise('answer'),
        (c) => c.tool(tool('idle', { effect: 'local', needsApproval: true }), {}),
      ]),
  )
  return sim.loop.nowMs - toldAt
}

const control =
  (given: (key: EffectKey) => Control, kind: string) =>
  async (sim: Simulation, pid: Pid): Promise<unknown> => {
    const key = kind === 'none' ? ('' as EffectKey) : await waited(sim, pid, kind)
    return sim.control(pid, given(key))
  }

describe('P9: heard within a second while an effect is in flight, at any moment of an activation’s life', () => {
  it.each([
    ['stop', (sim: Simulation, pid: Pid) => sim.send(pid, 'now', { topic: 'stop' })],
    ['cancel', control(() => ({ id: 'c', type: 'cancel', reason: 'enough', by: 'ann' }), 'none')],
    ['answer', control((key) => ({ id: 'a', type: 'answer', key, value: { text: '1' }, by: 'ann' }), 'promise')],
    ['deny', control((key) => ({ id: 'd', type: 'approve', key, verdict: 'denied', by: 'ann' }), 'approval')],
  ])('%s', async (_what, tell) => {
    for (const atMs of MOMENTS_MS)
      for (const crashes of [false, true]) expect(await heardAfter(atMs, crashes, tell)).toBeLessThan(HEARD_WITHIN_MS)
  })
})
