import { expect, it } from 'vitest'
import { payloadOf } from '../../kernel/index.ts'
import { engineOn, HandClock, request } from '../engine.fixture.ts'
import { memoryMedium } from '../memory/memory-medium.ts'

it('an engine is open from the first, and holds what is settled before anybody waits for it, unless told not to', async () => {
  using medium = memoryMedium()
  await using engine = engineOn(medium, new HandClock())
  expect(await engine.start(request('p'))).toEqual({ pid: 'p', created: true })
  const settlement = { how: 'done', value: payloadOf(1), by: 'far side' } as const
  expect(await engine.settle('early', settlement)).toBe('held')
  expect(await engine.settle('never', settlement, false)).toBe('unknown')
})
