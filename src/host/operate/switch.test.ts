import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { attachEmbedded, nodeClock, nodeHash } from '../../engine/index.ts'
import { workflow } from '../../kernel/index.ts'
import { tool } from '../../tools/index.ts'
import { open } from '../open.ts'
import { pauseTarget, resumeTarget } from './switch.ts'

let data: string
beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'skein-switch-'))
  beats.length = 0
})
afterEach(() => rm(data, { recursive: true, force: true }))

const beats: number[] = []
const beating = workflow({ name: 'beating' }, async (ctx) => {
  for (let i = 0; i < 100_000; i++) {
    await ctx.step('beat', () => void beats.push(Date.now()), { effect: 'read' })
    await ctx.sleep(5)
  }
})

const short = workflow({ name: 'short' }, async (ctx) => {
  for (let i = 0; i < 20; i++) await ctx.step('turn', () => i, { effect: 'read' })
  return 'done'
})

const until = async (holds: () => boolean | Promise<boolean>): Promise<void> => {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 5))
}
const waits = async (skein: Awaited<ReturnType<typeof open>>, id: string): Promise<readonly string[]> =>
  (await skein.inspect(id))?.waits.map(({ on }) => on.kind) ?? []

describe('skein.pause and skein.resume', () => {
  it('is durable: nothing is decided after it, nor by the next host, until it is on again', async () => {
    {
      await using skein = await open({ data })
      await skein.start(beating, undefined, { id: 'b1', tenant: 'acme' })
      await until(() => beats.length > 2)
      expect(await skein.pause('tenant:acme', { by: 'ann', reason: 'unpaid' })).toMatchObject({ isNew: true })
      const before = beats.length
      await until(async () => (await waits(skein, 'b1')).includes('switch'))
      expect(beats.length - before).toBeLessThanOrEqual(1)
      expect(await skein.pause('tenant:acme')).toMatchObject({ isNew: false })
    }
    const before = beats.length
    await using skein = await open({ data })
    // Another tenant's run comes to its end meanwhile.
    expect(await skein.run(short, undefined, { tenant: 'other' })).toBe('done')
    await until(async () => ((await skein.inspect('b1'))?.activations ?? 0) > 1)
    expect([await waits(skein, 'b1'), beats.length]).toEqual([['switch'], before])
    expect(await skein.switches()).toMatchObject([{ target: 'tenant:acme', by: 'ann', reason: 'unpaid' }])
    await skein.resume('tenant:acme')
    await until(() => beats.length > before + 2)
    await skein.cancel('b1')
    await expect(skein.result('b1')).rejects.toMatchObject({ code: 'CANCELLED' })
  })

  it('is heard through the control socket of a live owner', async () => {
    await using skein = await open({ data })
    await skein.start(beating, undefined, { id: 'b1' })
    await until(() => beats.length > 2)
    const attached = await attachEmbedded(data, { clock: nodeClock, hash: nodeHash })
    if (attached === undefined) throw new Error('no owner')
    await using beside = attached
    await pauseTarget(beside, 'b1', { by: 'ann' })
    const before = beats.length
    await until(async () => (await waits(skein, 'b1')).includes('switch'))
    expect(beats.length - before).toBeLessThanOrEqual(1)
    expect(await beside.switches()).toMatchObject([{ target: 'process:b1' }])
    await resumeTarget(beside, 'b1', 'ann')
    await until(() => beats.length > before + 2)
    await skein.cancel('b1')
  })

  it('says what is wrong with a name, and that nothing of that name has run', async () => {
    await using skein = await open({ data })
    await expect(skein.pause('agnet:helper')).rejects.toThrow(/Did you mean agent\?/)
    await expect(skein.pause('agent:')).rejects.toThrow(/needs a name/)
    await expect(skein.pause('nobody')).rejects.toMatchObject({ code: 'PROCESS_UNKNOWN' })
    await expect(skein.resume('tool:pay')).rejects.toThrow(/tool:pay is not switched off; nothing is/)
    await skein.start(beating, undefined, { id: 'b1' })
    expect((await skein.pause('workflow:beatin')).note).toBe(
      'no workflow of that name has run here yet. Did you mean beating?',
    )
    const pay = tool({ name: 'pay', inputSchema: z.object({}), effect: 'read', execute: () => 'paid' })
    expect(await skein.run(workflow({ name: 'payer' }, (ctx) => ctx.tool(pay, {})))).toBe('paid')
    expect((await skein.pause('tool:pya')).note).toBe(
      'no tool of that name has been called here yet. Did you mean pay?',
    )
    expect((await skein.pause('tool:pay')).note).toBeUndefined()
    await skein.cancel('b1')
  })
})
