import { expect, it } from 'vitest'
import type { Engine, ProcessView } from '../../engine/index.ts'
import { asPid } from '../../std/index.ts'
import type { Clock } from '../../std/index.ts'
import { ENDS_LOOK_MS, ENDS_LOOK_MS_MAX } from '../limits.ts'
import { Ends } from './ends.ts'

const pid = asPid('p')
const MINUTE_MS = 60_000

/** An engine with many hosts, and one process that runs; time goes by when it is told to. */
function shared() {
  let now = 0
  let timers: { readonly at: number; readonly fire: () => void }[] = []
  let status: ProcessView['status'] = 'running'
  const lookedAt: number[] = []
  const clock = {
    timer(ms: number, fire: () => void) {
      const timer = { at: now + ms, fire }
      timers.push(timer)
      return { [Symbol.dispose]: () => void (timers = timers.filter((one) => one !== timer)) }
    },
  } as unknown as Clock
  const engine = {
    traits: { nodes: 'many' },
    inspect: async () => {
      lookedAt.push(now)
      return { pid, status, ...(status === 'done' ? { result: { type: 'value' } } : {}) }
    },
  } as unknown as Engine
  return {
    ends: new Ends(engine, clock),
    lookedAt,
    timers: () => timers.length,
    end: () => (status = 'done'),
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

it('whoever waits for a run of another host looks ever less often, and hears of its end', async () => {
  const { ends, lookedAt, pass, end, timers } = shared()
  const outcome = ends.outcome(pid)
  await pass(MINUTE_MS)
  const pauses = lookedAt.slice(1).map((at, i) => at - lookedAt[i]!)
  expect([pauses[0], pauses.at(-1)]).toEqual([ENDS_LOOK_MS, ENDS_LOOK_MS_MAX])
  end()
  await pass(ENDS_LOOK_MS_MAX)
  expect(await outcome).toEqual({ type: 'value' })
  expect(timers()).toBe(0)
})

it('nobody asks for a run that is resident here, and its end is heard at once', async () => {
  const { ends, lookedAt, pass, end } = shared()
  ends.resident(pid)
  const outcome = ends.outcome(pid)
  await pass(MINUTE_MS)
  expect(lookedAt).toEqual([0])
  end()
  await ends.rested(pid)
  expect(await outcome).toEqual({ type: 'value' })
})
