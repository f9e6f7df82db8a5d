import { describe, expect, it } from 'vitest'
import { asMessageId, asPid, SkeinError } from '../../std/index.ts'
import { HandClock, key, ok } from '../engine.fixture.ts'
import { EventQueue } from './event-queue.ts'
import type { Arrived } from './event-queue.ts'

const message = (id: string): Arrived => ({
  event: { type: 'message', message: { id: asMessageId(id), to: asPid('p'), body: { text: '1' } } },
  row: { seq: 1, bytes: 1 },
})
const control = (id: string): Arrived => ({
  event: { type: 'control', control: { id, type: 'cancel', reason: 'why', by: 'somebody' } },
  row: { seq: 2, bytes: 1 },
})
const settled: Arrived = { event: { type: 'settled', key: key('a'), attempt: 1, settled: ok(1) } }
const sent: Arrived = { event: { type: 'sent', key: key('b'), result: 'queued' } }
const timer: Arrived = { event: { type: 'timer', key: key('t') } }
const closed = new SkeinError('ENGINE_CLOSED', 'over')

describe('the events of a process', () => {
  const clock = new HandClock()
  const queue = () => {
    const taken: Arrived[] = []
    return { queue: new EventQueue(clock, (arrived) => taken.push(arrived)), taken }
  }

  it('T2: controls go first, everything else in order of arrival', async () => {
    const { queue: events, taken } = queue()
    const all = [message('1'), timer, control('c'), settled, control('d')]
    for (const one of all) events.push(one)
    expect(events.hasControls).toBe(true)
    const order: unknown[] = []
    while (!events.isEmpty) order.push(await events.next(undefined))
    expect(order).toEqual([control('c'), control('d'), message('1'), timer, settled].map(({ event }) => event))
    expect(taken).toHaveLength(all.length)
    expect(events.hasControls).toBe(false)
  })

  it('T2: what comes goes to the one who waits, and to nobody else', async () => {
    const { queue: events, taken } = queue()
    const next = events.next(undefined)
    expect(events.isAwaited).toBe(true)
    events.push(message('1'))
    expect(events.isAwaited).toBe(false)
    expect(events.isEmpty).toBe(true)
    expect(await next).toEqual(message('1').event)
    expect(taken).toEqual([message('1')])
  })

  it('T7: once it leaves, only ends of effects and answers to sends are handed out; the rest stays for the next owner', async () => {
    const { queue: events, taken } = queue()
    events.push(message('1'))
    expect(events.hasOutcomes).toBe(false)
    events.push(settled)
    events.onlyOutcomes()
    expect(events.hasOutcomes).toBe(true)
    expect(await events.next(undefined)).toEqual(settled.event)
    expect(events.hasOutcomes).toBe(false)
    const next = events.next(undefined)
    for (const one of [message('2'), control('c'), timer]) events.push(one)
    expect(events.isAwaited).toBe(true)
    events.push(sent)
    expect(await next).toEqual(sent.event)
    expect(taken).toEqual([settled, sent])
    expect(events.isEmpty).toBe(false)
  })

  it('T7: whoever waits with a limit hears that nothing came, when it is over or when others want in', async () => {
    const { queue: events } = queue()
    expect(await events.next(0)).toBeUndefined()
    expect(events.endIdle()).toBe(false)
    const idle = events.next(1_000)
    expect(events.endIdle()).toBe(true)
    expect(await idle).toBeUndefined()
    const patient = events.next(undefined)
    expect(events.endIdle()).toBe(false)
    events.push(timer)
    expect(await patient).toEqual(timer.event)
  })

  it('a closed queue hands out nothing more, and says why', async () => {
    const { queue: events, taken } = queue()
    const next = events.next(undefined)
    events.close(closed)
    events.close(new SkeinError('INTERNAL', 'a later reason'))
    await expect(next).rejects.toThrow('over')
    events.push(message('1'))
    await expect(events.next(undefined)).rejects.toThrow('over')
    expect(taken).toEqual([])
  })

  it('T2: what is kept back for the next owner is nothing that can be gone on with', () => {
    const { queue: events } = queue()
    expect(events.hasNext).toBe(false)
    events.push(message('1'))
    expect(events.hasNext).toBe(true)
    events.onlyOutcomes()
    expect(events.hasNext).toBe(false)
    events.push(settled)
    expect(events.hasNext).toBe(true)
  })
})
