/** What comes for a process while its code is not there: it stays until somebody can hear it (law 4). */
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { payloadOf, pending, workflow } from '../../../src/kernel/index.ts'
import type { AnyDefinition, Ctx, WaitOn } from '../../../src/kernel/index.ts'
import { conservationOffences, journalOffences, simulate } from '../../../src/testing/index.ts'
import type { CommitMoment, Simulation } from '../../../src/testing/index.ts'
import type { EffectKey, Pid } from '../../../src/std/index.ts'
import { flow, outcomeOf, waited } from './stage.ts'

/** Something that comes from outside for what a process waits for. */
type Comes = (sim: Simulation, pid: Pid, key: EffectKey) => Promise<unknown>
type Absence = {
  readonly kind: WaitOn['kind']
  readonly body: (ctx: Ctx) => unknown
  readonly comes: Comes
  readonly value: unknown
}

/** Not to be found by what it was defined as, so that a host can be without it. */
const elsewhere = (name: string, definition: AnyDefinition): AnyDefinition => ({ ...definition, name })

/** The host comes back without the code, something comes, and later there is code again: the same, or other. */
async function absent({ kind, body, comes }: Absence, isOther: boolean, cut?: readonly [CommitMoment, number]) {
  const powerFails = (moment: CommitMoment, n: number): boolean => moment === cut?.[0] && n === cut[1]
  const code = elsewhere('gone', flow(body))
  const other = elsewhere(
    'gone',
    workflow({ name: 'other', version: '2' }, async (ctx) => body(ctx)),
  )
  return simulate({ seed: 1, rebootMs: 100, timeMsMax: 3_600_000, powerFails }, async (sim) => {
    const child = flow((ctx) => ctx.sleep('10s').then(() => 5), 'child')
    sim.define(code, child)
    await sim.boot()
    const pid = await sim.start(code, 0, { pid: 'p', cap: { toolCalls: 2, processes: 2 } })
    const key = await waited(sim, pid, kind)
    sim.forget('gone')
    sim.crash()
    await comes(sim, pid, key)
    await sim.reached(pid, ['parked'])
    sim.define(isOther ? other : code)
    sim.crash()
    await sim.control(
      pid,
      isOther ? { id: 'look', type: 'upgrade', verdicts: [], by: 'ann' } : { id: 'look', type: 'reopen', by: 'ann' },
    )
    const { result } = await sim.reached(pid)
    const journal = { pid, facts: await sim.facts(pid) }
    return {
      value: outcomeOf(result).value,
      offences: [...journalOffences(journal), ...conservationOffences([journal], ['toolCalls'])],
      commits: sim.trace.filter((line) => / commit \d+$/.test(line)).length,
    }
  })
}

const job = {
  name: 'job',
  idempotent: true,
  inputSchema: z.object({ n: z.number() }),
  execute: () => pending('job-1'),
}

const absences: readonly Absence[] = [
  {
    kind: 'approval',
    body: (ctx) => ctx.step('pay', () => 1, { approval: true, idempotent: true }),
    comes: (sim, pid, key) => sim.control(pid, { id: 'y', type: 'approve', key, verdict: 'approved', by: 'ann' }),
    value: 1,
  },
  {
    kind: 'promise',
    body: (ctx) => ctx.promise('go'),
    comes: (sim, pid, key) => sim.control(pid, { id: 'a', type: 'answer', key, value: { text: '7' }, by: 'ann' }),
    value: 7,
  },
  {
    kind: 'pending',
    body: (ctx) => ctx.tool(job, { n: 1 }),
    comes: (sim) => sim.settle('job-1', { how: 'done', value: payloadOf('x'), by: 'far side' }),
    value: 'x',
  },
  {
    kind: 'child',
    body: (ctx) => ctx.run({ name: 'child', kind: 'workflow' } as never, 0 as never),
    comes: (sim) => sim.loop.sleep(20_000),
    value: 5,
  },
]

describe('U1: what comes while the code is absent', () => {
  it.each(absences)(
    'waits for it, and is heard by it or by other code, over a crash at any commit: $kind',
    async (one) => {
      for (const isOther of [false, true]) {
        const calm = await absent(one, isOther)
        expect(calm).toMatchObject({ value: one.value, offences: [] })
        for (const moment of ['before', 'after'] as const)
          for (let n = 0; n < calm.commits; n++) {
            const { value, offences } = await absent(one, isOther, [moment, n])
            expect([isOther, moment, n, value, offences]).toEqual([isOther, moment, n, one.value, []])
          }
      }
    },
  )
})
