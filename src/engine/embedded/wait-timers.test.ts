import { describe, expect, it } from 'vitest'
import { asEffectKey } from '../../std/index.ts'
import { WaitTimers } from './wait-timers.ts'

describe('the timers of waits', () => {
  it('end with the process: none is armed once they are closed', () => {
    const armed: number[] = []
    const clock = {
      now: () => 0,
      monotonicMs: () => 0,
      timer: (ms: number) => {
        armed.push(ms)
        return { [Symbol.dispose]: () => void armed.splice(armed.indexOf(ms), 1) }
      },
    }
    const timers = new WaitTimers(clock, () => undefined)
    timers.add(asEffectKey('a'), 5)
    expect([armed, timers.earliest]).toEqual([[5], 5])
    timers.close()
    timers.add(asEffectKey('b'), 7)
    expect(armed).toEqual([])
  })
})
