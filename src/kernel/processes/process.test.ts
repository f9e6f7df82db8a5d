import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { asEffectKey, ROOT_SCOPE } from '../../std/index.ts'
import type { Ask } from '../effects/ask.ts'
import { Admission } from '../gate/admission.ts'
import type { FactBody } from '../journal/facts.ts'
import { NOTHING } from '../journal/outcome.ts'
import type { Activation } from '../ports/activation.ts'
import type { KernelDeps } from '../ports/host.ts'
import { SHIELD_PATH } from '../scopes/scope.ts'
import { Process } from './process.ts'

const hash = { sha256: (text: string) => createHash('sha256').update(text).digest('hex') }
const made = (): Process => {
  const deps = { hash, clock: { now: () => 1 } } as unknown as KernelDeps
  return new Process({ pid: 'p', facts: [] } as unknown as Activation, deps, new Admission())
}
const K = asEffectKey('tool:pay:-#0')

describe('a process', () => {
  it('E3: has a turn of its own only where nothing of it concerns anybody else', () => {
    const after = (...facts: readonly FactBody[]): boolean => {
      using process = made()
      for (const fact of facts) process.record(fact)
      return process.isTurnPrivate
    }
    const drawn: FactBody = { type: 'settled', key: K, attempt: 0, outcome: { type: 'ok', value: NOTHING } }
    expect(after()).toBe(true)
    expect(after(drawn)).toBe(true)
    expect(after(drawn, { type: 'waiting', key: K, on: { kind: 'timer', dueAt: 5 } })).toBe(false)
    expect(after({ type: 'sent', key: K, id: 'm' as never, to: 'q' as never, what: 'message' }, drawn)).toBe(false)
  })

  it('G4: holds the slot of an effect that is about to start, and none when it is over', () => {
    const log: string[] = []
    const slot = (name: string): Disposable => ({ [Symbol.dispose]: () => void log.push(name) })
    const process = made()
    process.holdSlot(K, slot('held'))
    expect(log).toEqual([])
    process[Symbol.dispose]()
    process.holdSlot(asEffectKey('late'), slot('late'))
    expect(log).toEqual(['held', 'late'])
  })

  it('X5: wants no effect any more once it is cancelled, but for what is shielded', () => {
    using process = made()
    const shielded = asEffectKey(`${SHIELD_PATH}tool:refund:-#0`)
    for (const key of [K, shielded]) process.register({ key } as Ask)
    expect([process.isWanted(K), process.isWanted(shielded)]).toEqual([true, true])
    process.record({ type: 'closed', scope: ROOT_SCOPE, reason: 'enough' } as FactBody)
    expect([process.isWanted(K), process.isWanted(shielded)]).toEqual([false, true])
    expect(process.isWanted(asEffectKey('never asked for'))).toBe(false)
  })

  it('D7: has not been told that its segment is long', () => {
    using process = made()
    expect(process.warnedLength).toBe(false)
  })
})
