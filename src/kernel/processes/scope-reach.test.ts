import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { AnyDefinition } from '../definitions/definition.ts'
import { workflow } from '../definitions/workflow.ts'
import { failureOf, valueOf } from '../journal/outcome.ts'
import type { Ctx } from '../workflows/context.ts'
import { Lane } from './lane.fixture.ts'

const flow = (run: (ctx: Ctx, input: unknown) => unknown): AnyDefinition =>
  workflow({ name: 'flow' }, async (ctx, input) => run(ctx, input))

function resultOf({ end }: Lane): unknown {
  if (end?.type === 'parked') return end.error
  if (end?.type !== 'ended') return end
  return end.result.type === 'ok' ? valueOf(end.result.value) : failureOf(end.result)
}

/** Longer than anything else in these tests takes. */
async function aWhile(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await setImmediate()
}

/** Ends after a while, or at once when it is told to stop. */
const slowly = async <T>(value: T, signal: AbortSignal | undefined): Promise<T> => {
  await aWhile()
  signal?.throwIfAborted()
  return value
}

describe('what a scope reaches', () => {
  it('X2, X3: a race that closes in one branch leaves the calls of the others alone', async () => {
    const lane = new Lane({
      definitions: [
        flow((ctx) =>
          ctx.all([
            (c) => c.race([(c1) => c1.step('fast', () => 'fast', { effect: 'read' }), (c1) => c1.sleep('1h')]),
            (c) => c.step('slow', ({ abortSignal }) => slowly('slow', abortSignal), { effect: 'read' }),
          ]),
        ),
      ],
    })
    expect(await lane.run()).toBe('ended')
    expect(resultOf(lane)).toEqual(['fast', 'slow'])
  })

  it('A4: a segment ends only after the writes that it has begun', async () => {
    const write = {
      name: 'write',
      inputSchema: z.object({}),
      execute: (_input: object, { abortSignal }: { readonly abortSignal?: AbortSignal | undefined }) =>
        slowly('written', abortSignal),
    }
    const lane = new Lane({
      input: 0,
      definitions: [
        flow(async (ctx, segment) => {
          if (segment === 1) return 'over'
          await ctx.race([(c) => c.tool(write, {}), (c) => c.step('fast', () => 1, { effect: 'read' })])
          return ctx.continueAsNew(1)
        }),
      ],
    })
    expect(await lane.run()).toBe('ended')
    expect(resultOf(lane)).toBe('over')
    const written = lane.journal.findIndex((fact) => fact.type === 'settled' && fact.key.includes('tool:write'))
    expect(written).toBeGreaterThan(0)
    expect(lane.types().indexOf('snapshot')).toBeGreaterThan(written)
  })

  it('D3: a workflow that has been told something and then awaits something foreign is stopped, and says so', async () => {
    const lane = new Lane({
      definitions: [
        flow(async (ctx) => {
          await ctx.now()
          await new Promise(() => undefined)
        }),
      ],
    })
    expect(await lane.run()).toBe('parked')
    expect(resultOf(lane)).toMatchObject({ code: 'FOREIGN_AWAIT' })
  })

  it('C3: the end of a child that is told twice is booked once', async () => {
    const child = workflow({ name: 'child' }, async () => 1)
    const lane = new Lane({ definitions: [flow((ctx) => ctx.all([(c) => c.run(child, 1), (c) => c.sleep('1h')]))] })
    expect(await lane.run()).toBe('wait')
    const start = lane.journal.find((fact) => fact.type === 'sent')
    if (start?.type !== 'sent') throw new Error('a child was started')
    const running = lane.run()
    for (const id of ['once', 'twice'])
      lane.give({
        type: 'control',
        control: {
          id,
          type: 'childEnded',
          child: start.to,
          key: start.key,
          outcome: { type: 'ok', value: { text: '1' } },
          cap: {},
          spent: {},
          forfeited: {},
        },
      })
    expect(await running).toBe('wait')
    expect(lane.journal.filter((fact) => fact.type === 'account' && fact.op === 'return')).toHaveLength(1)
  })
})
