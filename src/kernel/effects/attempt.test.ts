import { describe, expect, it } from 'vitest'
import type { EffectAsk } from './ask.ts'
import type { KernelDeps } from '../ports/host.ts'
import { failureOf } from '../journal/outcome.ts'
import { Abort } from './abort.ts'
import { runAttempt } from './attempt.ts'

const timer = { [Symbol.dispose]: () => undefined }

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
})
