import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { payloadOf } from '../../kernel/index.ts'
import type { Activation, FactBody, Settled } from '../../kernel/index.ts'
import { asPid, limits } from '../../std/index.ts'
import {
  all,
  captured,
  codeOf,
  endWith,
  engineOn,
  factsFrom,
  HandClock,
  key,
  message,
  note,
  ok,
  request,
  rest,
  settle,
  SUMMARY,
} from '../engine.fixture.ts'
import { memoryMedium } from '../memory/memory-medium.ts'
import type { MemoryMedium } from '../memory/memory-medium.ts'
import type { LocalEngine } from './local-engine.ts'

const read = (name: string) => ({ key: key(name), attempt: 1, class: 'read', begun: undefined }) as const

describe('an activation', () => {
  let medium: MemoryMedium
  let clock: HandClock
  let engine: LocalEngine

  beforeEach(() => {
    medium = memoryMedium()
    clock = new HandClock()
    engine = engineOn(medium, clock)
  })
  afterEach(async () => {
    await engine[Symbol.asyncDispose]()
    medium[Symbol.dispose]()
  })

  const activated = async (pid = 'p'): Promise<{ activation: Activation; host: ReturnType<typeof captured> }> => {
    const host = captured()
    await engine.host(host.run)
    await engine.start(request(pid))
    return { activation: await host.next(), host }
  }

  it('E3: holds a read until every frame before it is durable, and runs a local at once', async () => {
    const { activation } = await activated()
    const started: string[] = []
    const run = (name: string) => (): Promise<Settled> => {
      started.push(name)
      return Promise.resolve(ok(name))
    }
    activation.frame(factsFrom(0, [note('a')]), {})
    activation.perform(read('r'), run('read'))
    activation.perform({ ...read('l'), class: 'local' }, run('local'))
    expect(started).toEqual(['local'])
    await settle()
    expect(started).toEqual(['local', 'read'])
    const ends = [await activation.next(), await activation.next()]
    expect(ends.map((event) => event?.type === 'settled' && event.key)).toEqual(['l', 'r'])
  })

  it('E3: starts a read at once when everything before it is durable', async () => {
    const { activation } = await activated()
    activation.frame(factsFrom(0, [note('a')]), {})
    await settle()
    let isStarted = false
    activation.perform(read('r'), async () => {
      isStarted = true
      return ok(1)
    })
    expect(isStarted).toBe(true)
  })

  it('an effect cancelled before it may start is still run once, and is told', async () => {
    const { activation } = await activated()
    const seen: boolean[] = []
    activation.frame(factsFrom(0, [note('a')]), {})
    activation.perform(read('r'), async ({ signal }) => {
      seen.push(signal.aborted)
      return { outcome: { type: 'cancelled' } }
    })
    activation.abort(key('r'))
    expect(await activation.next()).toMatchObject({ type: 'settled', settled: { outcome: { type: 'cancelled' } } })
    expect(seen).toEqual([true])
  })

  it('abort reaches the signal of that effect only; a driver that throws has failed', async () => {
    const { activation } = await activated()
    const untilAborted = ({ signal }: { signal: AbortSignal }) =>
      new Promise<Settled>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    activation.perform(read('a'), untilAborted)
    activation.perform(read('b'), untilAborted)
    activation.abort(key('b'))
    expect(await activation.next()).toMatchObject({ key: 'b', settled: { outcome: { type: 'error' } } })
    expect(await activation.next(0)).toBeUndefined()
    activation.abort(key('a'))
    expect(await activation.next()).toMatchObject({ key: 'a' })
  })

  it('a driver that throws in its first line has failed like any other', async () => {
    const { activation } = await activated()
    activation.perform(read('a'), () => {
      throw new Error('at once')
    })
    expect(await activation.next()).toMatchObject({ settled: { outcome: { type: 'error' } } })
  })

  it('E4: an attempt begun by another owner is a re-execution', async () => {
    const { activation } = await activated()
    const seen: boolean[] = []
    for (const begun of [undefined, activation.owner, 'other' as typeof activation.owner]) {
      activation.perform({ ...read(String(begun)), begun }, async ({ reexecution }) => {
        seen.push(reexecution)
        return ok(1)
      })
    }
    expect(seen).toEqual([false, false, true])
  })

  it('T2: control goes first, the rest in order of arrival', async () => {
    const { activation } = await activated()
    await engine.deliver(message('p', 'm1'))
    await engine.deliver(message('p', 'm2'))
    await engine.control(asPid('p'), { id: 'c1', type: 'cancel', reason: 'r', by: 'me' })
    const events = [await activation.next(), await activation.next(), await activation.next()]
    expect(events.map((event) => (event?.type === 'message' ? event.message.id : event?.type))).toEqual([
      'control',
      'm1',
      'm2',
    ])
  })

  it('J1: the journal is what was framed, in order, and verifies', async () => {
    const { activation } = await activated()
    activation.frame(factsFrom(0, [note('a'), note('b')]), {})
    activation.frame(factsFrom(2, [note('c')]), {})
    await endWith(activation)
    const frames = await all(engine.history(asPid('p')))
    expect(frames.map((frame) => frame.n)).toEqual([0, 1])
    expect(frames.flatMap((frame) => frame.facts)).toEqual(factsFrom(0, [note('a'), note('b'), note('c')]))
    expect(frames[1]?.prevHash).toBe(frames[0]?.hash)
    expect(await all(engine.verify())).toEqual([])
  })

  it('history begins with the frame that holds the fact asked for', async () => {
    const { activation } = await activated()
    activation.frame(factsFrom(0, [note('a'), note('b')]), {})
    activation.frame(factsFrom(2, [note('c'), note('d')]), {})
    await endWith(activation)
    const from = async (seq: number) => (await all(engine.history(asPid('p'), seq as never))).map((frame) => frame.n)
    expect(await Promise.all([from(0), from(1), from(2), from(3), from(4)])).toEqual([[0, 1], [0, 1], [1], [1], []])
    expect(await all(engine.history(asPid('nobody')))).toEqual([])
  })

  it('A4: the facts of an activation are those of the open segment, led by the birth', async () => {
    const { activation, host } = await activated()
    const born = {
      type: 'born',
      kind: 'workflow',
      workflow: 'w',
      version: '1',
      codeDigest: 'd',
      input: payloadOf(1),
      root: asPid('p'),
      depth: 0,
      cap: {},
      strict: false,
      incarnation: 0,
    } as const
    const snapshot = {
      type: 'snapshot',
      state: payloadOf(2),
      version: '1',
      segment: 1,
      carried: payloadOf([]),
    } as const
    activation.frame(factsFrom(0, [born, note('old')]), {})
    await activation.commit({ type: 'yield', summary: SUMMARY })
    const second = await host.next()
    expect(second.facts.map((fact) => fact.type)).toEqual(['born', 'settled'])
    second.frame(factsFrom(2, [note('older'), snapshot, note('new')]), {})
    await second.commit({ type: 'yield', summary: SUMMARY })
    const again = await host.next()
    expect(again.facts.map((fact) => fact.type)).toEqual(['born', 'snapshot', 'settled'])
    expect(again.facts[1]).toMatchObject({ seq: 3 })
    again.frame(factsFrom(5, [note('next')]), {})
    await endWith(again)
    expect((await all(engine.history(asPid('p')))).map((frame) => frame.n)).toEqual([0, 1, 2])
  })

  it('frames of one who has more messages to go on with share a commit, but nothing outward starts before it', async () => {
    const { activation } = await activated()
    const frames = async (): Promise<number> => (await all(engine.history(asPid('p')))).length
    for (const id of ['m1', 'm2', 'm3']) await engine.deliver(message('p', id))
    const take = async (seq: number): Promise<void> => {
      const event = await activation.next()
      const consumed = event?.type === 'message' ? [event.message.id] : []
      activation.frame(factsFrom(seq, [note('a')]), { consumed })
      await settle()
    }
    await take(0)
    await take(1)
    expect(await frames()).toBe(0)
    let startedAfter = -1
    activation.perform(read('r'), async () => {
      startedAfter = await frames()
      return ok('r')
    })
    await settle()
    expect(startedAfter).toBe(2)
    await take(2)
    expect(await activation.next()).toMatchObject({ type: 'settled' })
    expect(await activation.next(0)).toBeUndefined()
    await settle()
    expect(await frames()).toBe(3)
  })

  it('T7: rests only when nothing has come, and says no otherwise', async () => {
    const { activation } = await activated()
    await engine.deliver(message('p', 'm'))
    expect(await rest(activation)).toBe(false)
    await activation.next()
    expect(await rest(activation)).toBe(true)
    expect((await engine.inspect(asPid('p')))?.status).toBe('waiting')
    expect(await codeOf(activation.next())).toBe('ENGINE_CLOSED')
    expect(() => activation.frame(factsFrom(0, [note('late')]), {})).toThrow('over')
  })

  it('T7: a message that is committed together with the rest keeps the process up', async () => {
    const { activation } = await activated()
    const delivered = engine.deliver(message('p', 'm'))
    expect(await rest(activation)).toBe(false)
    expect(await delivered).toBe('queued')
    expect(await activation.next()).toMatchObject({ type: 'message' })
  })

  it('a message that comes right after the rest in the same commit does not wake it without a matching wait', async () => {
    const { activation, host } = await activated()
    const resting = rest(activation)
    const delivered = engine.deliver(message('p', 'm'))
    expect(await resting).toBe(true)
    expect(await delivered).toBe('queued')
    await settle()
    expect(host.log).toEqual(['p'])
    expect(await engine.inspect(asPid('p'))).toMatchObject({ status: 'waiting', mailbox: 1 })
  })

  it('next() answers undefined after the idle time, and at once for 0', async () => {
    const { activation } = await activated()
    expect(await activation.next(0)).toBeUndefined()
    const idle = activation.next(500)
    clock.advance(499)
    await settle(1)
    clock.advance(1)
    expect(await idle).toBeUndefined()
    expect(clock.timers).toBe(0)
  })

  it('an outcome of its own ends a process: done, failed or cancelled', async () => {
    const host = captured()
    await engine.host(host.run)
    const results = [
      ok(1).outcome,
      { type: 'error', error: payloadOf({}) },
      { type: 'cancelled' },
      { type: 'unknown', why: '?' },
    ] as const
    for (const [i, result] of results.entries()) {
      await engine.start(request(`p${i}`))
      const activation = await host.next()
      await activation.commit({ type: 'ended', result, summary: SUMMARY })
    }
    const views = await all(engine.list({}))
    expect(views.map((view) => view.status)).toEqual(['done', 'failed', 'cancelled', 'failed'])
    expect(views.map((view) => view.result)).toEqual(results)
  })

  it('T5: a frame over the limit is refused before it is queued', async () => {
    const { activation } = await activated()
    const value = payloadOf('x'.repeat(limits.PAYLOAD_INLINE_BYTES_MAX - 2))
    const fact = { ...note('a'), outcome: { type: 'ok', value } } as FactBody
    const many = Array.from({ length: 1_100 }, () => fact)
    expect(() => activation.frame(factsFrom(0, many), {})).toThrow('characters')
    activation.frame(factsFrom(0, [note('b')]), { consumed: [message('p', 'never seen').id] })
    await endWith(activation)
  })

  it('a message that is seen while its commit is still being confirmed is heard once', async () => {
    const slow = Promise.withResolvers<void>()
    let isSlow = false
    using disk = memoryMedium()
    await using delayed = engineOn(disk, clock, { afterCommit: () => (isSlow ? slow.promise : undefined) })
    const host = captured()
    await delayed.host(host.run)
    await delayed.start(request('p'))
    const first = await host.next()
    first.frame(factsFrom(0, [note('a')]), {
      waits: [{ key: key('w'), on: { kind: 'message', pattern: {}, dueAt: clock.now() + 100 } }],
    })
    await rest(first)
    isSlow = true
    const delivered = delayed.deliver(message('p', 'm'))
    await settle()
    clock.advance(100)
    const again = await host.next()
    expect(await again.next()).toMatchObject({ type: 'message' })
    isSlow = false
    slow.resolve()
    expect(await delivered).toBe('queued')
    clock.advance(0)
    expect(await again.next()).toEqual({ type: 'timer', key: 'w' })
    expect(await again.next(0)).toBeUndefined()
  })

  it('T5: a frame that is too large or not whole fails alone, and the next one is still the first', async () => {
    const { activation } = await activated()
    const bad = { ...message('q', 'm'), body: payloadOf('x'.repeat(2_000_000)) }
    expect(() =>
      activation.frame(factsFrom(0, [note('a')]), { sent: [{ type: 'message', key: key('s'), message: bad }] }),
    ).toThrow('bytes')
    activation.frame(factsFrom(0, [note('b')]), {})
    await endWith(activation)
    expect(await codeOf(Promise.resolve(activation.decide(() => [])))).toBe('ENGINE_CLOSED')
    expect((await all(engine.history(asPid('p')))).map(({ n, facts }) => [n, facts.length])).toEqual([[0, 1]])
    expect(await all(engine.verify(asPid('p')))).toEqual([])
  })
})
