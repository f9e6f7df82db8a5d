import { describe, expect, it } from 'vitest'
import { SkeinError } from '../../std/index.ts'
import { workflow } from '../definitions/workflow.ts'
import type { AnyDefinition } from '../definitions/definition.ts'
import { failureOf } from '../journal/outcome.ts'
import type { Ctx } from '../workflows/context.ts'
import { Lane } from './lane.fixture.ts'

const flow = (run: (ctx: Ctx) => unknown, name = 'flow'): AnyDefinition => workflow({ name }, async (ctx) => run(ctx))

describe('a process of its own', () => {
  it('E4: says at its return what it repeats', async () => {
    const lane = new Lane({ definitions: [flow((ctx) => ctx.step('look', () => 1, { effect: 'read' }))] })
    for (let frame = 0; !lane.types().includes('begun'); frame++) expect(await lane.run(frame)).toBe('crashed')
    expect(await lane.run()).toBe('ended')
    expect(lane.news.findLast(({ type }) => type === 'resumed')).toMatchObject({ repeated: 1, kept: 0, inDoubt: 0 })
  })

  it('E2: a write that nobody can tell apart is done once, however it failed', async () => {
    let count = 0
    const busy = (): never => {
      count += 1
      throw new SkeinError('HTTP_UNAVAILABLE', 'busy', { retryable: true })
    }
    const lane = new Lane({ definitions: [flow((ctx) => ctx.step('put', busy, { attempts: 3 }))] })
    await lane.run()
    const { end } = lane
    expect(end?.type === 'ended' ? failureOf(end.result)?.code : end).toBe('HTTP_UNAVAILABLE')
    expect(count).toBe(1)
  })

  it('its children are of the file that it is of', async () => {
    const child = flow(() => 1, 'child')
    const body = flow((ctx) => ctx.run(child as never, null as never))
    const filesOf = async (file?: string): Promise<unknown> => {
      const lane = new Lane({ definitions: [body, child], ...(file === undefined ? {} : { file }) })
      await lane.run()
      const starts = lane.frames.flatMap(({ sent = [] }) => sent.filter((one) => one.type === 'start'))
      return starts.map((one) => (one.type === 'start' ? ('file' in one.request ? one.request.file : 'none') : ''))
    }
    expect(await filesOf('/a/flow.ts')).toEqual(['/a/flow.ts'])
    expect(await filesOf()).toEqual(['none'])
  })

  it('M7: what an agent sends asks for no answer, what a workflow asks by a call does', async () => {
    const talker = {
      ...{ kind: 'agent', name: 'talker', version: '1', source: 'talker' },
      reducer: () => ({
        begin: () => ({ asks: [{ type: 'send', slot: 's', to: 'q', body: 1 }] }),
        on: () => ({ asks: [], end: { ok: true, value: 1 } }),
      }),
    } as unknown as AnyDefinition
    const repliesOf = async (definition: AnyDefinition): Promise<readonly boolean[]> => {
      const lane = new Lane({ definitions: [definition] })
      await lane.run()
      return lane.frames.flatMap(({ sent = [] }) =>
        sent.flatMap((one) => (one.type === 'message' ? ['replyTo' in one.message] : [])),
      )
    }
    expect(await repliesOf(talker)).toEqual([false])
    expect(await repliesOf(flow((ctx) => ctx.call('q', 1)))).toEqual([true])
  })
})
