import { describe, expect, it } from 'vitest'
import { SkeinError } from '../../std/index.ts'
import type { EffectAsk } from './ask.ts'
import type { KernelDeps } from '../ports/host.ts'
import { failureOf } from '../journal/outcome.ts'
import type { Settled } from '../ports/activation.ts'
import { Abort } from './abort.ts'
import { runAttempt } from './attempt.ts'

const timer = { [Symbol.dispose]: () => undefined }

/** A step whose driver answers with what `perform` gives; `fire` lets its time be up. */
function attempt(perform: (signal: () => AbortSignal) => unknown) {
  const abort = new Abort()
  const timers: (() => void)[] = []
  const left: unknown[] = []
  const deps = {
    clock: {
      monotonicMs: () => 0,
      timer: (_ms: number, fire: () => void) => {
        timers.push(fire)
        return { [Symbol.dispose]: () => void left.push('timer') }
      },
    },
    drivers: { step: { perform: (call: { readonly signal: AbortSignal }) => perform(() => call.signal) } },
  } as unknown as KernelDeps
  const ask = { class: 'read', name: 's', key: 's', work: { kind: 'step' } } as unknown as EffectAsk
  const slot = { [Symbol.dispose]: () => void left.push('slot') }
  const options = { timeoutMs: 10, reserve: {}, act: 'execute', slot } as unknown as Parameters<typeof runAttempt>[1]
  return { run: () => runAttempt(ask, options, deps, abort), abort, timers, left }
}

const codeOf = ({ outcome }: Settled): string | undefined => failureOf(outcome)?.code

describe('one attempt', () => {
  it('E6: never rejects and lets go of its slot, even where what was thrown cannot be looked at', async () => {
    const hostile = {
      get code(): string {
        throw new Error('no look at this')
      },
    }
    const deps = {
      clock: { monotonicMs: () => 0, timer: () => timer },
      drivers: { step: { perform: () => Promise.reject(hostile) } },
      trace: () => undefined,
    } as unknown as KernelDeps
    const ask = { class: 'write', idempotent: false, name: 's', key: 's', work: { kind: 'step', fn: () => 1 } }
    let isFree = false
    const slot = { [Symbol.dispose]: () => void (isFree = true) }
    const options = { timeoutMs: 10, reserve: {}, args: undefined, argsAreRaw: false, act: 'execute', slot } as const
    const settled = await runAttempt(
      ask as unknown as EffectAsk,
      options as unknown as Parameters<typeof runAttempt>[1],
      deps,
      new Abort(),
    )
    expect(settled.outcome).toMatchObject({ type: 'error' })
    expect(failureOf(settled.outcome)?.message).toContain('no look')
    expect(isFree).toBe(true)
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

  it('aborted before it begins, or while it does, it is cancelled, and its driver may fail unheard', async () => {
    const before = attempt(() => expect.unreachable())
    before.abort.abort(new SkeinError('CANCELLED', 'enough'))
    expect(before.run()).toMatchObject({ outcome: { type: 'cancelled' }, actual: {} })
    const during = attempt(() => {
      during.abort.abort(new SkeinError('CANCELLED', 'enough'))
      return Promise.reject(new Error('unheard'))
    })
    expect(await during.run()).toMatchObject({ outcome: { type: 'cancelled' } })
    expect([before.left, during.left, during.timers]).toEqual([['slot'], ['slot'], []])
  })

  it('X2: does nothing where it was let go of before it began, costs nothing and lets go of its slot', async () => {
    let done = 0
    const { run, abort, left } = attempt(() => ({ value: ++done }))
    abort.abort(new SkeinError('CANCELLED', 'let go of'))
    expect(await run()).toEqual({ outcome: { type: 'cancelled' }, actual: {} })
    expect({ done, left }).toEqual({ done: 0, left: ['slot'] })
  })
})
