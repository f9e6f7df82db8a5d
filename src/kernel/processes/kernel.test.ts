import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { asEffectKey } from '../../std/index.ts'
import { workflow } from '../definitions/workflow.ts'
import type { AnyDefinition } from '../definitions/definition.ts'
import { failureOf, valueOf } from '../journal/outcome.ts'
import { COMPENSATION_TIMEOUT_MS_DEFAULT } from '../limits.ts'
import type { Ctx } from '../workflows/context.ts'
import { Lane } from './lane.fixture.ts'

const flow = (run: (ctx: Ctx, input: unknown) => unknown): AnyDefinition =>
  workflow({ name: 'flow' }, async (ctx, input) => run(ctx, input))

function resultOf(lane: Lane): unknown {
  if (lane.end?.type === 'parked') return lane.end.error
  if (lane.end?.type !== 'ended') return lane.end
  return lane.end.result.type === 'ok' ? valueOf(lane.end.result.value) : failureOf(lane.end.result)
}

const ledgerTool = (ledger: string[], effect: 'read' | 'write' | 'local' = 'write', more: object = {}) => ({
  name: 'note',
  inputSchema: z.object({ n: z.number() }),
  effect,
  execute: ({ n }: { n: number }) => {
    ledger.push(String(n))
    return { n, twice: n * 2 }
  },
  ...more,
})

/** Runs with a crash before every frame in turn, until it ends. */
async function survive(definition: AnyDefinition, input?: unknown): Promise<Lane> {
  const lane = new Lane({ definitions: [definition], input })
  for (let crashAt = 0; crashAt < 200; crashAt++) {
    const how = await lane.run(crashAt)
    if (how !== 'crashed') return lane
  }
  throw new Error(`never ended: ${lane.types().join(' ')}`)
}

describe('the kernel on a bare lane', () => {
  it('runs tools, steps and draws to a value', async () => {
    const ledger: string[] = []
    const note = ledgerTool(ledger)
    const lane = new Lane({
      definitions: [
        flow(async (ctx) => {
          const a = await ctx.tool(note, { n: 1 })
          const at = await ctx.now()
          const b = await ctx.step('add', () => a.twice + 1)
          return { a, b, timed: at > 0 }
        }),
      ],
    })
    expect(await lane.run()).toBe('ended')
    expect(resultOf(lane)).toEqual({ a: { n: 1, twice: 2 }, b: 3, timed: true })
    expect(ledger).toEqual(['1'])
  })

  it('a uuid is one as others know it, version 4, and no two are equal', async () => {
    const lane = new Lane({ definitions: [flow((ctx) => ctx.map([...Array(64).keys()], (c) => c.uuid()))] })
    await lane.run()
    const uuids = resultOf(lane) as readonly string[]
    expect(new Set(uuids).size).toBe(64)
    for (const uuid of uuids) expect(uuid).toMatch(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/)
    // All four variants that the format allows are used: two bits of it are random.
    expect(new Set(uuids.map((uuid) => uuid.charAt(19))).size).toBe(4)
  })

  it('P1: keyed writes survive a crash at every frame with equal results', async () => {
    const ledger: string[] = []
    const note = ledgerTool(ledger, 'write', { idempotent: true })
    const lane = await survive(
      flow(async (ctx) => {
        const results = await ctx.map([1, 2, 3], async (c, n) => (await c.tool(note, { n })).twice)
        const raced = await ctx.race([(c) => c.tool(note, { n: 10 }), async (c) => (await c.sleep('1h'), undefined)])
        return { results, raced: raced?.n, id: (await ctx.uuid()).length }
      }),
    )
    expect(resultOf(lane)).toEqual({ results: [2, 4, 6], raced: 10, id: 36 })
    expect(new Set(ledger)).toEqual(new Set(['1', '2', '3', '10']))
  })

  it('E6: a plain write begun by a dead owner is put before someone, and resolve settles it', async () => {
    const ledger: string[] = []
    const note = ledgerTool(ledger)
    const lane = new Lane({ definitions: [flow(async (ctx) => (await ctx.tool(note, { n: 7 })).n)] })
    expect(await lane.run(1)).toBe('crashed')
    expect(await lane.run()).toBe('wait')
    expect(lane.types()).toContain('unknown')
    expect(ledger).toEqual(['7'])
    const key = lane.journal.find((fact) => fact.type === 'intended')?.key ?? asEffectKey('')
    const running = lane.run()
    lane.give({
      type: 'control',
      control: { id: 'c1', type: 'resolve', key, how: 'done', value: { text: '{"n":70}' }, by: 'ann' },
    })
    expect(await running).toBe('ended')
    expect(resultOf(lane)).toBe(70)
    expect(ledger).toEqual(['7'])
    // The row of the wait goes with its answer.
    expect(lane.frames.flatMap(({ unwaits = [] }) => unwaits)).toContain(`${key}!resolve`)
  })

  it('E6: what was said of an earlier attempt lets no later one be repeated', async () => {
    const ledger: string[] = []
    const note = ledgerTool(ledger)
    const lane = new Lane({ definitions: [flow(async (ctx) => (await ctx.tool(note, { n: 7 })).n)] })
    expect(await lane.run(1)).toBe('crashed')
    expect(await lane.run()).toBe('wait')
    const key = lane.journal.find((fact) => fact.type === 'intended')?.key ?? asEffectKey('')
    const about = { type: 'resolve', key, by: 'ann' } as const
    const deaf = lane.run()
    lane.give({ type: 'control', control: { ...about, id: 'old', how: 'again', attempt: 0 } })
    expect(await deaf).toBe('wait')
    expect(ledger).toEqual(['7'])
    const heard = lane.run()
    lane.give({ type: 'control', control: { ...about, id: 'new', how: 'fail', attempt: 1 } })
    await heard
    expect(lane.types()).toContain('resolved')
    expect(ledger).toEqual(['7'])
  })

  it('E6: a write in doubt that was looked up says so, and one that cannot be looked up says why', async () => {
    const broken = { execute: () => Promise.reject(Object.assign(new Error('broken'), { status: 500 })) }
    const found = ledgerTool([], 'write', {
      ...broken,
      reconcile: ({ n }: { n: number }) => ({ done: { n, twice: 8 } }),
    })
    const lost = ledgerTool([], 'write', { ...broken, reconcile: () => Promise.reject(new Error('nobody is there')) })
    const lane = new Lane({ definitions: [flow((ctx) => ctx.tool(found, { n: 4 }))] })
    expect(await lane.run()).toBe('ended')
    expect(resultOf(lane)).toEqual({ n: 4, twice: 8 })
    expect(lane.journal.find((fact) => fact.type === 'settled')).toMatchObject({
      attempt: 1,
      note: 'looked up: it was done, not sent again',
    })
    const parked = new Lane({ definitions: [flow((ctx) => ctx.tool(lost, { n: 4 }))] })
    void parked.run()
    await expect.poll(() => parked.types()).toContain('unknown')
    const why = 'looking it up failed: nobody is there'
    expect(parked.journal.find((fact) => fact.type === 'unknown')).toMatchObject({ why })
    // Of the time reserved only what has passed is lost; of the calls, the one that may have been made.
    const lostAmounts = parked.journal.find((fact) => fact.type === 'account')?.amounts
    expect(lostAmounts).toMatchObject({ toolCalls: 1 })
    expect(lostAmounts?.effectMs).toBeLessThan(100)
  })

  it('D3: an await of something foreign is refused before anything is asked', async () => {
    const lane = new Lane({
      definitions: [
        flow(async (ctx) => {
          await new Promise((resolve) => setTimeout(resolve, 5))
          return ctx.now()
        }),
      ],
    })
    expect(await lane.run()).toBe('parked')
    expect(resultOf(lane)).toMatchObject({ code: 'FOREIGN_AWAIT' })
  })

  it('D6: other code than the journal shows is refused before anything runs', async () => {
    const ledger: string[] = []
    const note = ledgerTool(ledger, 'write', { idempotent: true })
    let n = 1
    const lane = new Lane({
      definitions: [
        flow(async (ctx) => {
          await ctx.tool(note, { n })
          await ctx.tool(note, { n: 5 })
          return 1
        }),
      ],
    })
    expect(await lane.run(2)).toBe('crashed')
    const before = ledger.length
    n = 2
    expect(await lane.run()).toBe('parked')
    expect(resultOf(lane)).toMatchObject({ code: 'WORKFLOW_DIVERGED' })
    expect(ledger.length).toBe(before)
  })

  it('X1: the loser of a race rejects once and the scope stays closed', async () => {
    const seen: string[] = []
    const lane = new Lane({
      definitions: [
        flow(async (ctx) => {
          const won = await ctx.race([
            async (c) => {
              await c.now()
              return 'fast'
            },
            async (c) => {
              try {
                await c.sleep('1d')
              } catch (error) {
                seen.push((error as { code: string }).code)
              } finally {
                seen.push('finally')
              }
              return 'slow'
            },
          ])
          return { won, after: typeof (await ctx.random()) }
        }),
      ],
    })
    expect(await lane.run()).toBe('ended')
    expect(resultOf(lane)).toEqual({ won: 'fast', after: 'number' })
    expect(seen).toEqual(['CANCELLED', 'finally'])
  })

  it('A4: continueAsNew starts the next segment with its state', async () => {
    const lane = new Lane({
      definitions: [
        flow(async (ctx, input) => {
          const n = input as number
          await ctx.uuid()
          return n < 3 ? ctx.continueAsNew(n + 1) : n
        }),
      ],
      input: 0,
    })
    expect(await lane.run()).toBe('ended')
    expect(resultOf(lane)).toBe(3)
    expect(lane.types().filter((type) => type === 'snapshot')).toHaveLength(3)
  })

  it('G5: without money a process waits, and goes on when it is topped up', async () => {
    const ledger: string[] = []
    const note = ledgerTool(ledger)
    const lane = new Lane({
      definitions: [
        flow(async (ctx) => {
          await ctx.tool(note, { n: 1 })
          await ctx.tool(note, { n: 2 })
          return 'ok'
        }),
      ],
      cap: { toolCalls: 1 },
    })
    expect(await lane.run()).toBe('wait')
    expect(ledger).toEqual(['1'])
    const running = lane.run()
    lane.give({ type: 'control', control: { id: 't', type: 'topUp', amounts: { toolCalls: 1 }, by: 'ann' } })
    expect(await running).toBe('ended')
    expect(ledger).toEqual(['1', '2'])
  })

  it('G5: what is decided in one turn has one account: two calls do not both begin on what is left for one', async () => {
    const ledger: string[] = []
    const note = ledgerTool(ledger)
    const both = flow((ctx) => ctx.all([(c) => c.tool(note, { n: 1 }), (c) => c.tool(note, { n: 2 })]))
    const lane = new Lane({ definitions: [both], cap: { toolCalls: 1 } })
    expect(await lane.run()).toBe('wait')
    expect(ledger).toEqual(['1'])
  })

  it('X4: a compensation without a time of its own has one, whatever the budget', async () => {
    const lane = new Lane({
      definitions: [
        flow(async (ctx) => {
          ctx.compensate('undo', () => 'undone')
          await ctx.now()
          throw new Error('no')
        }),
      ],
    })
    expect(await lane.run()).toBe('ended')
    const undone = lane.journal.find((fact) => fact.type === 'intended')
    expect(undone?.timeoutMs).toBeGreaterThan(0)
    expect(undone?.timeoutMs).toBeLessThanOrEqual(COMPENSATION_TIMEOUT_MS_DEFAULT)
  })

  it('D1: what is emitted is told when it happens, and not again when it is replayed', async () => {
    const lane = new Lane({
      definitions: [
        flow(async (ctx) => {
          await ctx.now()
          ctx.emit('progress', 1)
          await ctx.sleep('1d')
        }),
      ],
    })
    const told = (): number => lane.news.filter(({ type }) => type === 'emit').length
    expect(await lane.run()).toBe('wait')
    expect(told()).toBe(1)
    expect(await lane.run()).toBe('wait')
    expect(told()).toBe(1)
  })

  it('X5: a cancelled process ends cancelled, its clean-up runs once', async () => {
    const seen: string[] = []
    const lane = new Lane({
      definitions: [
        flow(async (ctx) => {
          try {
            await ctx.sleep('1d')
          } finally {
            seen.push('finally')
          }
        }),
      ],
    })
    expect(await lane.run()).toBe('wait')
    const running = lane.run()
    lane.give({ type: 'control', control: { id: 'c', type: 'cancel', reason: 'enough', by: 'ann' } })
    expect(await running).toBe('ended')
    expect(lane.end).toMatchObject({ result: { type: 'cancelled' } })
    expect(seen.filter((word) => word === 'finally')).toHaveLength(1)
  })
})
