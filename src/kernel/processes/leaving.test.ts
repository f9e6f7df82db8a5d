import { describe, expect, it } from 'vitest'
import type { Ask } from '../effects/ask.ts'
import { leftBeforeLeaving } from './leaving.ts'
import type { Process } from './process.ts'

const ask = (key: string, of: object): Ask => ({ key, op: 'effect', ...of }) as unknown as Ask
const [plain, keyed, read, sleep] = [
  ask('plain', { class: 'write', idempotent: false }),
  ask('keyed', { class: 'write', idempotent: true }),
  ask('read', { class: 'read', idempotent: false }),
  ask('sleep', { op: 'sleep' }),
] as [Ask, Ask, Ask, Ask]

/** What is decided, and whose slots are given back. */
function left(draining: 'writes' | 'all' | undefined) {
  const released: string[] = []
  const process = { act: { draining }, releaseSlot: (key: string) => released.push(key), isHeldBack: false }
  const decided = leftBeforeLeaving(process as unknown as Process, [plain, keyed, read, sleep])
  return { decided, released, isHeldBack: process.isHeldBack }
}

describe('what is decided while a host is leaving', () => {
  it('is all, as long as it is not', () => {
    expect(left(undefined)).toEqual({ decided: [plain, keyed, read, sleep], released: [], isHeldBack: false })
  })

  it('is what may be cut short and done again; a plain write is the next host’s', () => {
    expect(left('writes')).toEqual({ decided: [keyed, read, sleep], released: ['plain'], isHeldBack: true })
  })

  it('is nothing at last', () => {
    expect(left('all')).toEqual({ decided: [], released: ['plain', 'keyed', 'read', 'sleep'], isHeldBack: true })
  })
})
