import { getEventListeners } from 'node:events'
import { expect, it } from 'vitest'
import { fastClock } from '../../test/fixtures/fast-clock.ts'
import { Cancelled, SkeinError } from '../std/index.ts'
import { Deadline } from './deadline.ts'

const never = new Promise<never>(() => {})

function deadline() {
  const abort = new AbortController()
  const { signal } = abort
  return { abort, signal, one: new Deadline({ clock: fastClock(), timeoutMs: 1_000, signal, name: 'm' }) }
}

it('whoever waits hears of the abort at once, with its reason, and what waits below is told before', async () => {
  const { abort, one } = deadline()
  const heard: string[] = []
  const waiting = one.race(never, () => heard.push('below')).catch((thrown: unknown) => (heard.push('above'), thrown))
  const why = new SkeinError('EFFECT_TIMEOUT', 'too late')
  abort.abort(why)
  expect([await waiting, heard]).toEqual([why, ['below', 'above']])
  await expect(one.race(never)).rejects.toBe(why)
  await expect(one.pause(0)).rejects.toBe(why)
})

it('one after the other, each hears of the abort that comes while it waits, and no other, through one listener', async () => {
  const { abort, signal, one } = deadline()
  const heard: string[] = []
  expect(await one.race(Promise.resolve(1), () => heard.push('first'))).toBe(1)
  await expect(one.race(Promise.reject(new Error('no')), () => heard.push('second'))).rejects.toThrow('no')
  await one.pause(1)
  const waiting = one.race(never, () => heard.push('last'))
  expect(getEventListeners(signal, 'abort')).toHaveLength(1)
  abort.abort()
  await expect(waiting).rejects.toBeInstanceOf(Cancelled)
  expect(heard).toEqual(['last'])
})

it('a second one while one waits is refused, and takes the abort from nobody', async () => {
  const { abort, one } = deadline()
  const heard: string[] = []
  const first = one.race(never, () => heard.push('first'))
  await expect(one.race(Promise.resolve(1), () => heard.push('second'))).rejects.toMatchObject({ code: 'INTERNAL' })
  await expect(one.pause(0)).rejects.toMatchObject({ code: 'INTERNAL' })
  abort.abort()
  await expect(first).rejects.toBeInstanceOf(Cancelled)
  expect(heard).toEqual(['first'])
})
