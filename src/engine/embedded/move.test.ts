/** Both ends of a move, without what carries the run from one to the other. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Wait } from '../../kernel/index.ts'
import { asPid } from '../../std/index.ts'
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
  request,
  rest,
  settle,
} from '../engine.fixture.ts'
import { memoryMedium } from '../memory/memory-medium.ts'
import type { MemoryMedium } from '../memory/memory-medium.ts'
import type { LocalEngine } from './local-engine.ts'

const P = asPid('p')
const ABOUT = { id: 'move-1', target: 'there', by: 'ann' }
const FOR_MAIL: Wait = { key: key('mail'), on: { kind: 'message', pattern: { topic: 'go' } } }

describe('a run that moves', () => {
  let media: MemoryMedium[]
  let clock: HandClock
  let here: LocalEngine
  let there: LocalEngine

  beforeEach(() => {
    media = [memoryMedium(), memoryMedium()]
    clock = new HandClock()
    ;[here, there] = media.map((medium) => engineOn(medium, clock)) as [LocalEngine, LocalEngine]
  })
  afterEach(async () => {
    for (const engine of [here, there]) await engine[Symbol.asyncDispose]()
    for (const medium of media) medium[Symbol.dispose]()
  })

  /** As if the owner of one end were started again: runs leave and arrive while nobody hosts them. */
  const again = async (engine: LocalEngine): Promise<LocalEngine> => {
    await engine[Symbol.asyncDispose]()
    const made = engineOn(media[engine === here ? 0 : 1]!, clock)
    if (engine === here) here = made
    else there = made
    return made
  }
  const waiting = async (): Promise<void> => {
    const host = captured()
    await here.host(host.run)
    await here.start(request('p'))
    const activation = await host.next()
    activation.frame(factsFrom(0, [note('a')]), {
      waits: [{ key: key('t'), on: { kind: 'timer', dueAt: clock.now() + 1_000 } }, FOR_MAIL],
    })
    await rest(activation)
    await again(here)
  }
  const wellIn = async (engine: LocalEngine): Promise<void> => expect(await all(engine.verify())).toEqual([])

  it('is gone where it was, and is there with its facts, waits and mail', async () => {
    await waiting()
    await here.deliver(message('p', 'm1', { topic: 'go' }))
    const before = await here.inspect(P)
    const run = await here.depart(P, ABOUT)
    expect(run.processes.map(({ pid, mail }) => [pid, mail.length])).toEqual([['p', 1]])
    expect(await here.present([P])).toEqual([])
    expect(await here.unconfirmed('there')).toEqual(['p'])
    expect(await here.unconfirmed('elsewhere')).toEqual([])
    expect((await here.inspect(P))?.status).toBe('cancelled')
    await there.arrive(run)
    const after = await there.inspect(P)
    expect(after).toEqual({ ...before, epoch: after?.epoch })
    expect(after?.waits).toHaveLength(2)
    await wellIn(there)
    const host = captured()
    await there.host(host.run)
    const activation = await host.next()
    expect(await activation.next()).toMatchObject({ type: 'message', message: { id: 'm1' } })
    clock.advance(1_000)
    expect(await activation.next()).toEqual({ type: 'timer', key: 't' })
    await endWith(activation)
    await settle()
    expect((await there.inspect(P))?.status).toBe('done')
  })

  it('that nobody has, or that its owner had when it was killed, is ready where it arrives', async () => {
    await here.start(request('p'))
    const host = captured()
    await here.host(host.run)
    await host.next()
    media[0]?.crash()
    here.abandon(new Error('killed') as never)
    here = engineOn(media[0]!, clock)
    const run = await here.depart(P, ABOUT)
    expect(run.processes[0]?.status).toBe('ready')
    await there.arrive(run)
    const next = captured()
    await there.host(next.run)
    await settle()
    expect(next.log).toEqual(['p'])
  })

  it('leaves once: the same again to the same place, nothing to another, and nothing that is not there', async () => {
    await waiting()
    await here.deliver(message('p', 'm1'))
    const run = await here.depart(P, ABOUT)
    expect(await here.depart(P, { ...ABOUT, id: 'move-2' })).toEqual(run)
    expect(await codeOf(here.depart(P, { ...ABOUT, target: 'elsewhere' }))).toBe('RUN_MOVED')
    expect(await codeOf(here.erase(P, { by: 'ann' }))).toBe('RUN_MOVED')
    await here.confirm(P, ABOUT.id)
    expect(await here.unconfirmed('there')).toEqual([])
    expect(await codeOf(here.depart(P, ABOUT))).toBe('RUN_MOVED')
    expect(await codeOf(here.depart(asPid('q'), ABOUT))).toBe('PROCESS_UNKNOWN')
    expect((await here.erase(P, { by: 'ann' })).payloads).toBeGreaterThan(0)
  })

  it('arrives once, and not where it is, where its pid was erased, or where it was refused', async () => {
    await waiting()
    const run = await here.depart(P, ABOUT)
    await there.arrive(run)
    await there.arrive(run)
    expect(await there.present([P, asPid('q')])).toEqual(['p'])
    await wellIn(there)
    expect(await there.refuse(run.id)).toBe(false)
    expect(await codeOf(there.arrive({ ...run, id: 'move-2' }))).toBe('RUN_ALREADY_THERE')
    expect(await there.refuse('move-3')).toBe(true)
    expect(await codeOf(there.arrive({ ...run, id: 'move-3' }))).toBe('RUN_ALREADY_THERE')
  })

  it('is called off without what was carried, and hears its mail; who is late speaks of another move', async () => {
    await waiting()
    await here.deliver(message('p', 'm1'))
    await here.depart(P, ABOUT)
    expect(await here.onTheWay(P)).toEqual(ABOUT)
    await here.comeBack(P, 'another')
    await here.confirm(P, 'another')
    expect([await here.present([P]), await here.onTheWay(P)]).toEqual([[], ABOUT])
    await here.comeBack(P, ABOUT.id)
    await here.comeBack(P, ABOUT.id)
    expect([await here.present([P]), await here.onTheWay(P)]).toEqual([['p'], undefined])
    const second = await here.depart(P, { ...ABOUT, id: 'move-2' })
    expect(second.processes[0]?.mail).toHaveLength(1)
    await here.confirm(P, ABOUT.id)
    await here.comeBack(P, ABOUT.id)
    expect(await here.depart(P, ABOUT), 'it is on its way by the second').toEqual(second)
    await here.confirm(P, 'move-2')
    expect(await here.onTheWay(P)).toBeUndefined()
  })

  it('comes back to where it was, and replaces what was kept of it there', async () => {
    await waiting()
    await there.arrive(await here.depart(P, ABOUT))
    await here.confirm(P, ABOUT.id)
    await there.deliver(message('p', 'm2'))
    const before = await there.inspect(P)
    const back = await there.depart(P, { ...ABOUT, id: 'move-2', target: 'here' })
    await here.arrive(back)
    const after = await here.inspect(P)
    expect(after).toEqual({ ...before, epoch: after?.epoch })
    expect(await here.present([P])).toEqual(['p'])
    await wellIn(here)
    const third = await here.depart(P, { ...ABOUT, id: 'move-3' })
    expect(third).toEqual({ ...back, id: 'move-3' })
  })

  it('that waits goes on waiting where it arrives', async () => {
    await waiting()
    const run = await here.depart(P, ABOUT)
    expect(run.processes[0]?.status).toBe('waiting')
    await there.arrive(run)
    expect((await there.inspect(P))?.status).toBe('waiting')
  })

  it('takes along that it was erased', async () => {
    const host = captured()
    await here.host(host.run)
    await here.start(request('p'))
    await endWith(await host.next())
    await settle()
    await again(here)
    await here.erase(P, { by: 'bob' })
    await there.arrive(await here.depart(P, ABOUT))
    const view = await there.inspect(P)
    expect(view?.erased).toMatchObject({ by: 'bob' })
    expect(view?.erased).toEqual((await here.inspect(P))?.erased)
  })

  it('arrives only before its engine has work', async () => {
    await waiting()
    const run = await here.depart(P, ABOUT)
    await there.host(captured().run)
    expect(await codeOf(there.arrive(run))).toBe('USAGE')
    expect(await there.present([P])).toEqual([])
  })
})
