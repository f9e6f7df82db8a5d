import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Activation, Settled, Wait } from '../../kernel/index.ts'
import { asPid, SkeinError } from '../../std/index.ts'
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
import { ACTIVATIONS_PER_MACROTASK, DRAIN_REPEATABLE_MS } from '../limits.ts'
import { memoryMedium } from '../memory/memory-medium.ts'
import type { MemoryMedium } from '../memory/memory-medium.ts'
import type { LocalEngine } from './local-engine.ts'

const P = asPid('p')
const dueAt = (name: string, at: number): Wait => ({ key: key(name), on: { kind: 'timer', dueAt: at } })

describe('residency', () => {
  let medium: MemoryMedium
  let clock: HandClock
  let engine: LocalEngine
  let host: ReturnType<typeof captured>

  beforeEach(() => {
    medium = memoryMedium()
    clock = new HandClock()
    engine = engineOn(medium, clock)
    host = captured()
  })
  afterEach(async () => {
    await engine[Symbol.asyncDispose]()
    medium[Symbol.dispose]()
  })

  const activated = async (): Promise<Activation> => {
    await engine.host(host.run)
    await engine.start(request('p'))
    return host.next()
  }
  /** As if the machine had lost power, and was started again. */
  const reboot = (): void => {
    medium.crash()
    engine.abandon(new SkeinError('ENGINE_CLOSED', 'crashed'))
    engine = engineOn(medium, clock)
    host = captured()
  }

  it('a timer of a resident process comes when it is due, not before, and once', async () => {
    const activation = await activated()
    activation.frame(factsFrom(0, [note('a')]), { waits: [dueAt('t', clock.now() + 100)] })
    clock.advance(99)
    expect(await activation.next(0)).toBeUndefined()
    clock.advance(1)
    expect(await activation.next()).toEqual({ type: 'timer', key: 't' })
    clock.advance(1_000)
    expect(await activation.next(0)).toBeUndefined()
  })

  it('a clock that jumps back makes timers late, never early', async () => {
    const activation = await activated()
    activation.frame(factsFrom(0, [note('a')]), { waits: [dueAt('t', clock.now() + 100)] })
    clock.jump(-50)
    clock.advance(100)
    expect(await activation.next(0)).toBeUndefined()
    clock.advance(50)
    expect(await activation.next()).toEqual({ type: 'timer', key: 't' })
  })

  it('a wait that comes in the last frame of a drained host is kept for the next', async () => {
    const activation = await activated()
    const closing = engine[Symbol.asyncDispose]()
    activation.frame(factsFrom(0, [note('a')]), { waits: [dueAt('t', clock.now() + 100)] })
    await closing
    expect(clock.timers).toBe(0)
    engine = engineOn(medium, clock)
    expect((await engine.inspect(P))?.waits).toHaveLength(1)
  })

  it('more processes than one macrotask takes on are activated all the same', async () => {
    for (let i = 0; i < ACTIVATIONS_PER_MACROTASK * 2 + 1; i++) await engine.start(request(`p${i}`))
    await engine.host(host.run)
    await settle(20)
    expect(host.log).toHaveLength(ACTIVATIONS_PER_MACROTASK * 2 + 1)
  })

  it('a timer whose wait was taken back never comes', async () => {
    const activation = await activated()
    activation.frame(factsFrom(0, [note('a')]), { waits: [dueAt('t', clock.now() + 100)] })
    activation.frame(factsFrom(1, [note('b')]), { unwaits: [key('t')] })
    clock.advance(1_000)
    expect(await activation.next(0)).toBeUndefined()
    expect(clock.timers).toBe(0)
  })

  it('a time that is no whole number is never early, one that is no number never comes', async () => {
    const activation = await activated()
    activation.frame(factsFrom(0, [note('a')]), {
      waits: [dueAt('t', clock.now() + 0.5), dueAt('never', Infinity), dueAt('nan', Number.NaN)],
    })
    await rest(activation)
    clock.advance(1)
    const again = await host.next()
    clock.advance(0)
    expect(await again.next()).toEqual({ type: 'timer', key: 't' })
    expect(await again.next(0)).toBeUndefined()
  })

  it('T6: a resting process costs one timer in all, and wakes when due', async () => {
    await engine.host(host.run)
    for (const [i, ms] of [300, 100, 200].entries()) {
      await engine.start(request(`p${i}`))
      const activation = await host.next()
      activation.frame(factsFrom(0, [note('a')]), { waits: [dueAt('t', clock.now() + ms)] })
      await rest(activation)
    }
    expect(clock.timers).toBe(1)
    host.log.length = 0
    for (let ms = 0; ms < 3; ms++) {
      clock.advance(100)
      await settle()
    }
    expect(host.log).toEqual(['p1', 'p2', 'p0'])
  })

  it('a process due while nobody hosted it is woken at boot, its overdue timers in order', async () => {
    const activation = await activated()
    activation.frame(factsFrom(0, [note('a')]), {
      waits: [dueAt('late', clock.now() + 200), dueAt('early', clock.now() + 100)],
    })
    await rest(activation)
    reboot()
    clock.advance(1_000)
    await engine.host(host.run)
    const again = await host.next()
    clock.advance(0)
    expect([await again.next(), await again.next()]).toEqual([
      { type: 'timer', key: 'early' },
      { type: 'timer', key: 'late' },
    ])
  })

  it('boot takes over what was ready, running and parked, and lets the rest sleep', async () => {
    await engine.host(host.run)
    for (const pid of ['running', 'waiting', 'parked', 'ended']) await engine.start(request(pid))
    const [, waiting, parked, ended] = [await host.next(), await host.next(), await host.next(), await host.next()]
    await rest(waiting)
    await parked.commit({
      type: 'parked',
      error: { code: 'CODE_ABSENT', message: 'no code', retryable: false },
      summary: SUMMARY,
    })
    await endWith(ended)
    expect(await engine.inspect(asPid('parked'))).toMatchObject({ status: 'parked', parked: { code: 'CODE_ABSENT' } })
    reboot()
    await engine.start(request('ready'))
    expect(await engine.inspect(asPid('running'))).toMatchObject({ status: 'ready' })
    await engine.host(host.run)
    await settle()
    expect(host.log).toEqual(['running', 'parked', 'ready'])
    expect(await engine.inspect(asPid('running'))).toMatchObject({ status: 'running', activations: 2, epoch: 2 })
  })

  it('a parked process wakes for a control, not for a message, and does not loop', async () => {
    const activation = await activated()
    await engine.control(P, { id: 'c0', type: 'cancel', reason: '', by: '' })
    const park = {
      type: 'parked',
      error: { code: 'CODE_ABSENT', message: 'no code', retryable: false },
      summary: SUMMARY,
    } as const
    await settle()
    await activation.commit(park)
    const second = await host.next()
    await second.commit(park)
    await engine.deliver(message('p', 'm'))
    await settle()
    expect(host.log).toEqual(['p', 'p'])
    expect((await engine.inspect(P))?.status).toBe('parked')
    await engine.control(P, { id: 'c1', type: 'resolve', key: key('k'), how: 'again', by: 'me' })
    expect(await (await host.next()).next()).toMatchObject({ control: { id: 'c0' } })
  })

  it('a run that fails parks its process, visibly; the others go on', async () => {
    await engine.host((activation) =>
      activation.pid === 'bad' ? Promise.reject(new SkeinError('CODE_ABSENT', 'no code')) : host.run(activation),
    )
    await engine.start(request('bad'))
    await engine.start(request('good'))
    await endWith(await host.next())
    await settle()
    expect(await engine.inspect(asPid('bad'))).toMatchObject({
      status: 'parked',
      parked: { code: 'CODE_ABSENT', message: 'no code' },
    })
    expect(await engine.inspect(asPid('good'))).toMatchObject({ status: 'done' })
  })

  it('a run that throws something odd, or returns without an end, parks its process as a defect', async () => {
    await engine.host(async ({ pid }) => {
      if (pid === 'odd') throw 'a string'
    })
    await engine.start(request('odd'))
    await engine.start(request('endless'))
    await settle()
    expect((await all(engine.list({}))).map((view) => view.parked?.code)).toEqual(['INTERNAL', 'INTERNAL'])
  })

  it('T1: the next activation of a process waits for the run of the last to return', async () => {
    let release = (): void => {}
    const log: string[] = []
    await engine.host(async (activation) => {
      log.push('begin')
      await rest(activation)
      await new Promise<void>((resolve) => (release = resolve))
      log.push('end')
    })
    await engine.start(request('p'))
    await settle()
    await engine.control(P, { id: 'c', type: 'cancel', reason: '', by: '' })
    await settle()
    expect(log).toHaveLength(1)
    release()
    await settle()
    expect(log).toHaveLength(3)
    release()
    await settle()
    release()
  })

  it('drain: next() rejects, effects are aborted without an outcome, frames are kept, the process goes on later', async () => {
    const activation = await activated()
    let reason: unknown
    activation.perform({ key: key('r'), attempt: 1, class: 'read', begun: undefined }, ({ signal }) => {
      signal.addEventListener('abort', () => (reason = signal.reason))
      return new Promise(() => {})
    })
    const next = activation.next()
    activation.frame(factsFrom(0, [note('a')]), {})
    const closing = engine[Symbol.asyncDispose]()
    expect(await codeOf(next)).toBe('ENGINE_CLOSED')
    await closing
    expect(activation.signal.aborted).toBe(true)
    expect(reason).toMatchObject({ code: 'ENGINE_CLOSED' })
    expect(await codeOf(engine.start(request('q')))).toBe('ENGINE_CLOSED')
    engine = engineOn(medium, clock)
    host = captured()
    expect((await engine.inspect(P))?.status).toBe('ready')
    await engine.host(host.run)
    expect((await host.next()).facts).toHaveLength(1)
  })

  it('E9: a leaving host waits for a write that nobody may repeat, longer than for what can be repeated', async () => {
    const activation = await activated()
    let isAborted = false
    let end: (settled: Settled) => void = () => undefined
    activation.perform({ key: key('w'), attempt: 1, class: 'write', begun: undefined }, ({ signal }) => {
      signal.addEventListener('abort', () => (isAborted = true))
      return new Promise((resolve) => (end = resolve))
    })
    const next = activation.next()
    const closing = engine[Symbol.asyncDispose]()
    await settle()
    clock.advance(4 * DRAIN_REPEATABLE_MS)
    await settle()
    expect(isAborted).toBe(false)
    end(ok(1))
    expect(await next).toMatchObject({ type: 'settled', settled: ok(1) })
    expect(await codeOf(activation.next())).toBe('ENGINE_CLOSED')
    await closing
    engine = engineOn(medium, clock)
  })

  it('a host can leave and another come, over one engine', async () => {
    const first = await engine.host(host.run)
    await engine.start(request('p'))
    const awaited = (await host.next()).next()
    await expect(engine.host(host.run)).rejects.toThrow('hosted already')
    await Promise.all([first[Symbol.asyncDispose](), expect(awaited).rejects.toThrow('shutting down')])
    await engine.host(host.run)
    await endWith(await host.next())
    expect((await engine.inspect(P))?.status).toBe('done')
  })

  it('T7: with no room for others, an idle process leaves early', async () => {
    await engine.host(
      async (activation) => {
        if (await activation.next(60_000)) return
        if (activation.pid === 'p0') await rest(activation)
        else await endWith(activation)
      },
      { residentMax: 1 },
    )
    for (let i = 0; i < 5; i++) await engine.start(request(`p${i}`))
    await settle(40)
    clock.advance(60_000)
    await settle()
    expect((await all(engine.list({}))).map((view) => view.status)).toEqual(['waiting', 'done', 'done', 'done', 'done'])
  })

  it('a thousand processes at once: each runs its effects to the end', async () => {
    const N = 1_000
    const effects = 3
    let ended = 0
    const done = Promise.withResolvers<void>()
    await engine.host(async (activation) => {
      for (let i = 0; i < effects; i++) {
        activation.frame(factsFrom(i, [note(`n${i}`)]), {})
        activation.perform({ key: key(`r${i}`), attempt: 1, class: 'read', begun: undefined }, async () => ok(i))
        await activation.next()
      }
      await endWith(activation)
      if (++ended === N) done.resolve()
    })
    const started = await Promise.all(Array.from({ length: N }, (_, i) => engine.start(request(`p${i}`))))
    expect(started.every(({ created }) => created)).toBe(true)
    await done.promise
    const views = await all(engine.list({ status: ['done'] }))
    expect(views).toHaveLength(N)
    expect(await all(engine.list({ limit: 250 }))).toHaveLength(250)
    expect(await all(engine.verify())).toEqual([])
  })
})
