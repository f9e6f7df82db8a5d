import { describe, expect, it } from 'vitest'
import { SkeinError } from '../../std/index.ts'
import type { EffectClass } from '../journal/facts.ts'
import type { EffectAsk } from './ask.ts'
import type { KernelDeps } from '../ports/host.ts'
import { failureOf } from '../journal/outcome.ts'
import type { Settled } from '../ports/activation.ts'
import { Abort } from './abort.ts'
import { runAttempt } from './attempt.ts'

/** A step whose driver answers with what `perform` gives; `fire` lets its time be up. */
function attempt(perform: (signal: () => AbortSignal) => unknown, effectClass: EffectClass = 'read') {
  const abort = new Abort()
  const timers: (() => void)[] = []
  const delays: number[] = []
  const left: unknown[] = []
  const now = { ms: 0 }
  const deps = {
    clock: {
      monotonicMs: () => now.ms,
      timer: (ms: number, fire: () => void) => {
        delays.push(ms)
        timers.push(fire)
        return { [Symbol.dispose]: () => void left.push('timer') }
      },
    },
    drivers: { step: { perform: (call: { readonly signal: AbortSignal }) => perform(() => call.signal) } },
  } as unknown as KernelDeps
  const ask = { class: effectClass, name: 's', key: 's', work: { kind: 'step' } } as unknown as EffectAsk
  const slot = { [Symbol.dispose]: () => void left.push('slot') }
  const options = { timeoutMs: 10, reserve: {}, act: 'execute', slot } as unknown as Parameters<typeof runAttempt>[1]
  return { run: () => runAttempt(ask, options, deps, abort), abort, timers, delays, left, now }
}

const codeOf = ({ outcome }: Settled): string | undefined => failureOf(outcome)?.code

describe('one attempt', () => {
  it('E6: never rejects and lets go of its slot, even where what was thrown cannot be looked at', async () => {
    const hostile = {
      get code(): string {
        throw new Error('no look at this')
      },
    }
    const { run, left } = attempt(() => Promise.reject(hostile), 'write')
    const { outcome } = await run()
    expect(outcome).toMatchObject({ type: 'error' })
    expect(failureOf(outcome)?.message).toContain('no look')
    expect(left).toEqual(['timer', 'slot'])
  })

  it('what a driver gives at once is no promise, and needs no timer', () => {
    const { run, timers, left } = attempt(() => ({ value: 1 }))
    expect(run()).toMatchObject({ outcome: { type: 'ok', value: { text: '1' } } })
    expect([timers, left]).toEqual([[], ['slot']])
    const thrown = attempt(() => {
      throw new Error('bad')
    }).run()
    expect(thrown).toMatchObject({ outcome: { type: 'error' } })
  })

  it('a deaf driver is left at its time-out, with its signal aborted', async () => {
    let signal: AbortSignal | undefined
    const { run, timers, left } = attempt((of) => {
      signal = of()
      return new Promise(() => undefined)
    })
    const settled = run()
    timers[0]?.()
    expect(codeOf(await settled)).toBe('EFFECT_TIMEOUT')
    expect(signal?.aborted).toBe(true)
    expect(left).toEqual(['timer', 'slot'])
  })

  it('an abort settles it at once, as nothing that was done; what the driver says later is dropped', async () => {
    const answer = Promise.withResolvers<unknown>()
    const { run, abort, left } = attempt(() => answer.promise)
    const settled = run()
    abort.abort(new SkeinError('CANCELLED', 'enough'))
    answer.resolve({ value: 1 })
    expect((await settled).outcome).toEqual({ type: 'cancelled' })
    expect(left).toEqual(['timer', 'slot'])
  })

  it('aborted while it begins it is cancelled, and its driver may fail unheard', async () => {
    const during = attempt(() => {
      during.abort.abort(new SkeinError('CANCELLED', 'enough'))
      return Promise.reject(new Error('unheard'))
    })
    expect(await during.run()).toMatchObject({ outcome: { type: 'cancelled' } })
    expect([during.left, during.timers]).toEqual([['slot'], []])
  })

  it('what can only be waited for is no result, whoever made it', async () => {
    // oxlint-disable-next-line unicorn/no-thenable -- such a thing is what is tried here
    const own = Object.fromEntries([['then', (resolve: (result: unknown) => void) => resolve({ value: 1 })]])
    const { run, timers } = attempt(() => own)
    expect((await run()).outcome).toMatchObject({ type: 'ok', value: { text: '1' } })
    expect(timers).toHaveLength(1)
  })

  it('what it does before it gives a promise is part of its time', () => {
    const begun = attempt(() => ((begun.now.ms += 4), new Promise(() => undefined)))
    void begun.run()
    const late = attempt(() => ((late.now.ms += 11), new Promise(() => undefined)))
    void late.run()
    expect([begun.delays, late.delays]).toEqual([[6], [0]])
  })

  it('costs the time that has begun, and no more than it was given', async () => {
    const took = async (ms: number) => {
      const { run, now } = attempt(async () => ((now.ms += ms), { value: 1 }))
      return (await run()).actual?.effectMs
    }
    expect([await took(0.25), await took(3), await took(11)]).toEqual([1, 3, 10])
  })

  it('X2: does nothing where it was let go of before it began, costs nothing and lets go of its slot', async () => {
    let done = 0
    const { run, abort, left } = attempt(() => ({ value: ++done }))
    abort.abort(new SkeinError('CANCELLED', 'let go of'))
    expect(await run()).toEqual({ outcome: { type: 'cancelled' }, actual: {} })
    expect({ done, left }).toEqual({ done: 0, left: ['slot'] })
  })
})
