import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { asPid } from '../../std/index.ts'
import {
  all,
  captured,
  endWith,
  engineOn,
  factsFrom,
  HandClock,
  key,
  message,
  note,
  request,
  rest,
  settle,
} from '../engine.fixture.ts'
import { WATCH_BACKLOG_MAX } from '../limits.ts'
import { memoryMedium } from '../memory/memory-medium.ts'
import type { MemoryMedium } from '../memory/memory-medium.ts'
import type { Change } from '../port.ts'
import type { LocalEngine } from './local-engine.ts'

describe('watch', () => {
  let medium: MemoryMedium
  let engine: LocalEngine
  let host: ReturnType<typeof captured>
  let stop: AbortController

  beforeEach(async () => {
    medium = memoryMedium()
    engine = engineOn(medium, new HandClock())
    host = captured()
    stop = new AbortController()
    await engine.host(host.run)
  })
  afterEach(async () => {
    await engine[Symbol.asyncDispose]()
    medium[Symbol.dispose]()
  })
  const words = (changes: readonly Change[]) =>
    changes.map(({ pid, status, frame }) => `${pid} ${status}${frame === undefined ? '' : ` #${frame.n}`}`)

  it('tells of a life in order, every frame before the end', async () => {
    const watching = all(engine.watch({}, stop.signal))
    await engine.start(request('p'))
    const activation = await host.next()
    activation.frame(factsFrom(0, [note('a')]), {})
    await settle()
    activation.frame(factsFrom(1, [note('b')]), {})
    await endWith(activation)
    await settle()
    stop.abort()
    const changes = await watching
    expect(words(changes)).toEqual(['p ready', 'p running', 'p running #0', 'p running #1', 'p done'])
    expect(changes[2]?.frame).toEqual((await all(engine.history(asPid('p'))))[0])
  })

  it('tells of mail and of waking', async () => {
    await engine.start(request('p'))
    const activation = await host.next()
    activation.frame(factsFrom(0, [note('a')]), {
      waits: [{ key: key('w'), on: { kind: 'message', pattern: { topic: 't' } } }],
    })
    await rest(activation)
    const watching = all(engine.watch({}, stop.signal))
    await engine.deliver(message('p', 'm1'))
    await engine.deliver(message('p', 'm2', { topic: 't' }))
    await host.next()
    await settle()
    stop.abort()
    expect(words(await watching)).toEqual(['p waiting', 'p ready', 'p running'])
  })

  it('holds to its query', async () => {
    const queries = [{ root: asPid('a') }, { parent: asPid('a') }, { workflow: 'other' }, { status: ['done' as const] }]
    const watching = queries.map((query) => all(engine.watch(query, stop.signal)))
    await engine.start(request('a'))
    await engine.start(request('b', { root: asPid('a'), parent: { pid: asPid('a'), key: key('k') } }))
    await engine.start(request('c', { workflow: 'other' }))
    for (let i = 0; i < 3; i++) await endWith(await host.next())
    await settle()
    stop.abort()
    const seen = (await Promise.all(watching)).map((changes) =>
      [...new Set(changes.map((change) => change.pid))].toSorted(),
    )
    expect(seen).toEqual([['a', 'b'], ['b'], ['c'], ['a', 'b', 'c']])
  })

  it('a watcher that does not look loses the oldest, and costs nothing but its backlog', async () => {
    const changes = engine.watch({}, stop.signal)
    await Promise.all(Array.from({ length: WATCH_BACKLOG_MAX + 5 }, (_, i) => engine.start(request(`p${i}`))))
    stop.abort()
    expect(await all(changes)).toEqual([])
    const again = new AbortController()
    const late = engine.watch({ status: ['ready'] }, again.signal)
    await engine.start(request('last'))
    for await (const change of late) {
      expect(change.pid).toBe('last')
      break
    }
  })

  it('ends with the engine, when all was told', async () => {
    const changes = engine.watch({}, stop.signal)
    await engine.start(request('p'))
    await endWith(await host.next())
    await engine[Symbol.asyncDispose]()
    expect(words(await all(changes))).toEqual(['p ready', 'p running', 'p done'])
  })
})
