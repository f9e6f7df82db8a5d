import { describe, expect, it } from 'vitest'
import type { EffectAsk } from './ask.ts'
import type { KernelDeps } from '../ports/host.ts'
import { SkeinError } from '../../std/index.ts'
import { failureOf } from '../journal/outcome.ts'
import { Abort } from './abort.ts'
import { runAttempt } from './attempt.ts'

const timer = { [Symbol.dispose]: () => undefined }

/** One attempt of a step on a clock that stands still, and whether its slot is free afterwards. */
async function attempt(perform: () => Promise<unknown>, abort = new Abort()) {
  const deps = {
    clock: { monotonicMs: () => 0, timer: () => timer },
    drivers: { step: { perform } },
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
    abort,
  )
  return { settled, isFree }
}

describe('one attempt', () => {
  it('E6: never rejects and lets go of its slot, even where what was thrown cannot be looked at', async () => {
    const hostile = {
      get code(): string {
        throw new Error('no look at this')
      },
    }
    const { settled, isFree } = await attempt(() => Promise.reject(hostile))
    expect(settled.outcome).toMatchObject({ type: 'error' })
    expect(failureOf(settled.outcome)?.message).toContain('no look')
    expect(isFree).toBe(true)
  })

  it('X2: does nothing where it was let go of before it began, costs nothing and lets go of its slot', async () => {
    let done = 0
    const abort = new Abort()
    abort.abort(new SkeinError('CANCELLED', 'let go of'))
    const { settled, isFree } = await attempt(async () => ({ value: ++done }), abort)
    expect({ settled, isFree, done }).toEqual({
      settled: { outcome: { type: 'cancelled' }, actual: {} },
      isFree: true,
      done: 0,
    })
  })
})
