import { expect, it } from 'vitest'
import { asPid } from '../../std/index.ts'
import { all, engineOn, HandClock, request, settle } from '../engine.fixture.ts'
import { memoryMedium } from '../memory/memory-medium.ts'

it('E3: what is written and not durable yet is not told to whoever asks', async () => {
  const held = Promise.withResolvers<void>()
  using medium = memoryMedium()
  await using engine = engineOn(medium, new HandClock(), { afterCommit: (n) => (n === 1 ? held.promise : undefined) })
  await engine.start(request('p'))
  const started = engine.start(request('q'))
  await settle()
  const told: string[] = []
  const asking = [
    engine.inspect(asPid('q')).then((view) => told.push(view?.status ?? 'nobody')),
    all(engine.list({})).then((views) => told.push(String(views.length))),
  ]
  await settle()
  expect(told).toEqual([])
  held.resolve()
  await Promise.all([started, ...asking])
  expect(told.toSorted()).toEqual(['2', 'ready'])
})
