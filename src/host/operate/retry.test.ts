import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { agent } from '../../agents/index.ts'
import { failure, workflow } from '../../kernel/index.ts'
import type { FactBody } from '../../kernel/index.ts'
import { asEffectKey } from '../../std/index.ts'
import { tool } from '../../tools/index.ts'
import { open } from '../open.ts'
import { begun, failed, intended, madeReader, settled } from '../views/family.fixture.ts'
import { planRetry } from './retry.ts'

let data: string
beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'skein-retry-'))
  far.isDown = true
  far.calls.length = 0
})
afterEach(() => rm(data, { recursive: true, force: true }))

const far = { isDown: true, calls: [] as string[] }
const pay = tool({
  name: 'pay',
  inputSchema: z.object({ n: z.number() }),
  execute: ({ n }, { idempotencyKey }) => {
    far.calls.push(idempotencyKey)
    if (far.isDown) throw new Error('the bank is closed')
    return n
  },
})
const note = tool({ name: 'note', inputSchema: z.object({ text: z.string() }), execute: ({ text }) => text })
const paying = workflow({ name: 'paying', input: z.number() }, async (ctx, n) => [
  await ctx.tool(note, { text: 'first' }),
  await ctx.tool(pay, { n }),
])
const catching = workflow({ name: 'catching' }, async (ctx) => {
  try {
    return await ctx.tool(pay, { n: 1 })
  } catch (error) {
    await ctx.tool(note, { text: 'it failed' })
    throw error
  }
})
const inner = workflow({ name: 'inner' }, (ctx) => ctx.tool(pay, { n: 7 }))
const outer = workflow({ name: 'outer' }, (ctx) => ctx.run(inner, undefined))
const clerk = agent({ name: 'clerk', model: 'nobody/none', instructions: 'Help.' })

describe('skein.retry', () => {
  it('goes on under its own id, with the same idempotency key; a second retry is refused', async () => {
    await using skein = await open({ data })
    const handle = await skein.start(paying, 3, { id: 'p1' })
    await expect(handle.result()).rejects.toMatchObject({ code: 'EFFECT_FAILED' })
    expect(await skein.planRetry('p1')).toMatchObject({ pid: 'p1', does: 'go on', from: ['p1/pay'], after: [] })
    far.isDown = false
    await skein.retry('p1', { by: 'ann' })
    expect(await skein.result('p1')).toEqual(['first', 3])
    expect(new Set(far.calls).size).toBe(1)
    await expect(skein.retry('p1')).rejects.toMatchObject({ code: 'RETRY_REFUSED', message: /ended well/ as never })
  })

  it('names what came after the failure, and refuses; forced, it leaves that behind', async () => {
    await using skein = await open({ data })
    await skein.start(catching, undefined, { id: 'c1' }).then((handle) => handle.result().catch(() => undefined))
    far.isDown = false
    await expect(skein.retry('c1')).rejects.toThrow(/c1\/note \(a write: it stays done\)/)
    await skein.retry('c1', { dropAfter: true })
    expect(await skein.result('c1')).toBe(1)
  })

  it('goes down to the child that failed, and refuses for a child whose parent went on', async () => {
    await using skein = await open({ data })
    await skein.start(outer, undefined, { id: 'o1' }).then((handle) => handle.result().catch(() => undefined))
    const plan = await skein.planRetry('o1')
    expect(plan.from).toEqual(['o1/inner', expect.stringMatching(/^inner-[0-9a-f]+\/pay$/)])
    far.isDown = false
    await skein.retry(plan.from[1]?.split('/')[0] ?? '')
    expect(await skein.result('o1')).toBe(7)
  })

  it('a run that was cancelled stays so; an agent goes on with its model call; a bad name has the nearest one', async () => {
    await using skein = await open({ data })
    const slept = await skein.start(
      workflow({ name: 'slept' }, (ctx) => ctx.sleep('1h')),
      undefined,
      { id: 's1' },
    )
    await expect(skein.retry('s1')).rejects.toThrow(/has not failed/)
    await slept.cancel()
    await expect(slept.result()).rejects.toMatchObject({ code: 'CANCELLED' })
    await expect(skein.retry('s1')).rejects.toThrow(/was cancelled, and stays so/)
    const asked = await skein.start(clerk, 'hello', { id: 'k1' })
    await expect(asked.result()).rejects.toMatchObject({ code: 'MODEL_UNKNOWN' })
    expect((await skein.planRetry('k1')).from).toEqual(['k1/none'].map(() => expect.stringMatching(/^k1\//) as never))
    await expect(skein.retry('k1', { from: ['nope'] })).rejects.toMatchObject({ code: 'EFFECT_UNKNOWN' })
  })
})

describe('skein.bulk', () => {
  it('does nothing without go, acts on each with it, and one failure does not stop the others', async () => {
    await using skein = await open({ data })
    const ids = Array.from({ length: 30 }, (_, i) => `p${i}`)
    await Promise.all(ids.map(async (id) => (await skein.start(paying, 1, { id })).result().catch(() => undefined)))
    await skein.start(catching, undefined, { id: 'c1' }).then((handle) => handle.result().catch(() => undefined))
    expect(await skein.bulk('retry', 'status=failed,error=EFFECT_FAILED')).toHaveLength(31)
    expect((await skein.inspect('p0'))?.status).toBe('failed')
    far.isDown = false
    const done = await skein.bulk('retry', 'status=failed', { go: true, by: 'ann' })
    expect(done.filter(({ error }) => error !== undefined).map(({ target }) => target.pid)).toEqual(['c1'])
    expect(await Promise.all(ids.map((id) => skein.result(id)))).toEqual(ids.map(() => ['first', 1]))
  })
})

it('says before anything is done that an agent cannot go on from what its model has answered to', async () => {
  const [call, model, later] = ['s/tool:pay:x#0', 's/model:m:x#1', 's/tool:pay:x#2']
  const error = failure({ code: 'EFFECT_FAILED', message: 'no', retryable: false })
  const failedSettled = (key: string): FactBody => ({
    type: 'settled',
    key: asEffectKey(key),
    attempt: 1,
    outcome: error,
    actual: {},
  })
  const reader = madeReader([
    {
      pid: 'a1',
      kind: 'agent',
      status: 'failed',
      facts: [
        intended(call, 'pay'),
        begun(call),
        failedSettled(call),
        intended(model, 'm', { kind: 'model' }),
        begun(model),
        settled(model),
        intended(later, 'pay'),
        begun(later),
        failedSettled(later),
        failed,
      ],
    },
  ])
  await expect(planRetry(reader, 'a1', { from: ['pay'] })).rejects.toMatchObject({
    code: 'RETRY_REFUSED',
    message: /the model of a1 has answered to that already/ as never,
  })
  expect(await planRetry(reader, 'a1')).toMatchObject({ does: 'go on', from: ['a1/pay#2'] })
})
