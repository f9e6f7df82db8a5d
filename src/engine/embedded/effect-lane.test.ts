import { describe, expect, it } from 'vitest'
import type { Settled } from '../../kernel/index.ts'
import { asOwnerId, SkeinError } from '../../std/index.ts'
import { key, ok, settle } from '../engine.fixture.ts'
import { EffectLane } from './effect-lane.ts'

const read = (attempt = 1) => ({ key: key('r'), attempt, class: 'read', begun: undefined }) as const
const CLOSED = new SkeinError('ENGINE_CLOSED', 'closed')

function lane() {
  const ends: [attempt: number, type: string][] = []
  return {
    ends,
    lane: new EffectLane(asOwnerId('me'), ({ attempt }, { outcome }) => ends.push([attempt, outcome.type])),
  }
}

describe('the lane of effects', () => {
  it('E9: what ends after it was closed is no outcome, and nothing starts any more', async () => {
    const { ends, lane: closing } = lane()
    const late = Promise.withResolvers<Settled>()
    let started = 0
    closing.perform(read(), () => late.promise, 0, 0)
    closing.perform({ ...read(), key: key('held') }, () => ((started += 1), Promise.resolve(ok(1))), 1, 0)
    closing.close(CLOSED)
    closing.release(1)
    closing.perform({ ...read(), key: key('after') }, () => ((started += 1), Promise.resolve(ok(1))), 0, 0)
    late.resolve(ok(1))
    await settle(1)
    expect([ends, started, closing.isIdle]).toEqual([[], 0, true])
  })

  it('a late end of an older attempt leaves the younger one in flight', async () => {
    const { ends, lane: busy } = lane()
    const first = Promise.withResolvers<Settled>()
    busy.perform(read(1), () => first.promise, 0, 0)
    let isAborted = false
    busy.perform(
      read(2),
      ({ signal }) => {
        signal.addEventListener('abort', () => (isAborted = true))
        return new Promise(() => {})
      },
      0,
      0,
    )
    first.resolve(ok(1))
    await settle(1)
    expect([ends, busy.isIdle]).toEqual([[[1, 'ok']], false])
    busy.abort(key('r'))
    busy.abort(key('nobody'))
    expect(isAborted).toBe(true)
  })

  it('E3: held effects start in order, each when its own frame is durable', async () => {
    const { lane: ordered } = lane()
    const log: number[] = []
    for (const after of [1, 1, 3]) {
      ordered.perform(
        { ...read(), key: key(`k${log.length}${after}`) },
        () => (log.push(after), new Promise(() => {})),
        after,
        0,
      )
    }
    ordered.release(2)
    expect(log).toEqual([1, 1])
    ordered.release(3)
    expect(log).toEqual([1, 1, 3])
  })
})
