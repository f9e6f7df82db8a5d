import { expect, it } from 'vitest'
import type { Engine, ProcessView } from '../../engine/index.ts'
import { asPid, SkeinError } from '../../std/index.ts'
import type { Clock, ErrorCode } from '../../std/index.ts'
import { ENDS_LOOK_MS, ENDS_LOOKS_AT_ONCE, ENDS_RESIDENT_LOOK_MS } from '../limits.ts'
import { Ends } from './ends.ts'

const pid = asPid('p')
const MINUTE_MS = 60_000
const LONGEST_MS = 1_000

/** An engine with many hosts, and one process that runs; time goes by when it is told to. */
function shared(endsLookMsMax?: number) {
  let now = 0
  let timers: { readonly at: number; readonly fire: () => void }[] = []
  let status: ProcessView['status'] = 'running'
  let thrown: SkeinError | undefined
  const lookedAt: number[] = []
  let held = Promise.resolve()
  const clock = {
    timer(ms: number, fire: () => void) {
      const timer = { at: now + ms, fire }
      timers.push(timer)
      return { [Symbol.dispose]: () => void (timers = timers.filter((one) => one !== timer)) }
    },
  } as unknown as Clock
  const engine = {
    traits: { nodes: 'many', endsLookMsMax },
    inspect: async () => {
      lookedAt.push(now)
      await held
      if (thrown !== undefined) throw thrown
      return { pid, status, ...(status === 'done' ? { result: { type: 'value' } } : {}) }
    },
  } as unknown as Engine
  return {
    ends: new Ends(engine, clock),
    lookedAt,
    timers: () => timers.length,
    end: () => (status = 'done'),
    /** Nobody is answered until it is released. */
    hold: () => {
      const { promise, resolve } = Promise.withResolvers<void>()
      held = promise
      return resolve
    },
    fail: (code: ErrorCode) => (thrown = new SkeinError(code, 'it says so')),
    pass: async (ms: number) => {
      for (const until = now + ms; ;) {
        await new Promise((resolve) => setImmediate(resolve))
        const next = timers.toSorted((a, b) => a.at - b.at)[0]
        if (next === undefined || next.at > until) {
          now = until
          return
        }
        now = next.at
        timers = timers.filter((one) => one !== next)
        next.fire()
      }
    },
  }
}

it.each([
  ['ever less often where looks are dear', LONGEST_MS],
  ['at an even pace elsewhere', undefined],
])('whoever waits for a run of another host looks %s, and hears of its end', async (_, longestMs) => {
  const { ends, lookedAt, pass, end, timers } = shared(longestMs)
  const outcome = ends.outcome(pid)
  await pass(MINUTE_MS)
  const pauses = lookedAt.slice(1).map((at, i) => at - lookedAt[i]!)
  expect([pauses[0], pauses.at(-1)]).toEqual([ENDS_LOOK_MS, longestMs ?? ENDS_LOOK_MS])
  end()
  await pass(LONGEST_MS)
  expect(await outcome).toEqual({ type: 'value' })
  expect(timers()).toBe(0)
})

it('a run that is resident here is seldom looked at, and its end is heard at once', async () => {
  const { ends, lookedAt, pass, end, timers } = shared()
  const outcome = ends.outcome(pid)
  ends.resident(pid)
  await pass(MINUTE_MS)
  expect(lookedAt).toEqual(Array.from({ length: 7 }, (_, i) => i * ENDS_RESIDENT_LOOK_MS))
  end()
  await ends.rested(pid)
  expect(await outcome).toEqual({ type: 'value' })
  expect(timers()).toBe(0)
})

it('the end of a run here is told with its result, and nobody looks for it', async () => {
  const { ends, lookedAt, timers } = shared()
  const outcome = ends.outcome(pid)
  ends.resident(pid)
  await new Promise((resolve) => setImmediate(resolve))
  const looks = lookedAt.length
  await ends.rested(pid, { type: 'cancelled' })
  expect(await outcome).toEqual({ type: 'cancelled' })
  expect([lookedAt.length, timers()]).toEqual([looks, 0])
})

it('a run that another host has taken from one that was cut off is heard to end', async () => {
  const { ends, pass, end } = shared()
  ends.resident(pid)
  const outcome = ends.outcome(pid)
  await pass(ENDS_LOOK_MS)
  end()
  await pass(ENDS_RESIDENT_LOOK_MS)
  expect(await outcome).toEqual({ type: 'value' })
})

it('a server that is away for a while ends no waiting, and one that refuses does', async () => {
  const { ends, pass, fail } = shared()
  const outcome = ends.outcome(pid).catch((error: unknown) => error)
  fail('ENGINE_UNREACHABLE')
  await pass(MINUTE_MS)
  fail('ENGINE_REFUSED')
  await pass(ENDS_LOOK_MS)
  expect(await outcome).toMatchObject({ code: 'ENGINE_REFUSED' })
})

it('a run that was started from here is not looked for before it can have begun elsewhere, and one that was there is', async () => {
  const { ends, lookedAt, pass } = shared()
  const waiting = ['new', 'old'].map((id) => {
    ends.starting(asPid(id))
    if (id === 'old') ends.notFresh(asPid(id))
    return ends.outcome(asPid(id))
  })
  await pass(ENDS_LOOK_MS - 1)
  expect(lookedAt).toEqual([0])
  await pass(1)
  expect(lookedAt).toEqual([0, ENDS_LOOK_MS, ENDS_LOOK_MS])
  ends.close(new Error('over'))
  expect(await Promise.allSettled(waiting)).toHaveLength(2)
})

it('an engine that is not dear to ask is asked for all runs at one time', async () => {
  const { ends, pass, hold, lookedAt } = shared()
  const release = hold()
  const pids = Array.from({ length: 2 * ENDS_LOOKS_AT_ONCE }, (_, i) => asPid(`p${i}`))
  for (const one of pids) ends.starting(one)
  const waiting = pids.map((one) => ends.outcome(one))
  await pass(ENDS_LOOK_MS)
  expect(lookedAt).toEqual(pids.map(() => ENDS_LOOK_MS))
  release()
  ends.close(new Error('over'))
  expect(await Promise.allSettled(waiting)).toHaveLength(pids.length)
})

it('a server that is slow is asked few things at once, and not for a run that has begun here meanwhile', async () => {
  const { ends, pass, hold, lookedAt } = shared(MINUTE_MS)
  const release = hold()
  const pids = Array.from({ length: 2 * ENDS_LOOKS_AT_ONCE }, (_, i) => asPid(`p${i}`))
  for (const one of pids) ends.starting(one)
  const waiting = pids.map((one) => ends.outcome(one))
  await pass(MINUTE_MS)
  expect(lookedAt).toHaveLength(ENDS_LOOKS_AT_ONCE)
  for (const one of pids) ends.resident(one)
  release()
  await pass(1)
  expect(lookedAt).toHaveLength(ENDS_LOOKS_AT_ONCE)
  await pass(ENDS_RESIDENT_LOOK_MS)
  expect(lookedAt).toHaveLength(ENDS_LOOKS_AT_ONCE + pids.length)
  ends.close(new Error('over'))
  expect(await Promise.allSettled(waiting)).toHaveLength(pids.length)
})

it('who is refused while it is looked for its run hears why, and nobody else does', async () => {
  const { ends, hold } = shared()
  const release = hold()
  const outcome = ends.outcome(pid)
  ends.close(new SkeinError('ENGINE_CLOSED', 'this host is closed'))
  // A rejection that nobody has taken by now would end the program.
  await new Promise((resolve) => setImmediate(resolve))
  release()
  await expect(outcome).rejects.toMatchObject({ code: 'ENGINE_CLOSED' })
})
