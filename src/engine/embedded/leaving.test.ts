import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Activation } from '../../kernel/index.ts'
import { payloadOf } from '../../kernel/index.ts'
import { SkeinError } from '../../std/index.ts'
import { captured, codeOf, HandClock, key, message, ok, request, settle } from '../engine.fixture.ts'
import { memoryMedium } from '../memory/memory-medium.ts'
import type { MemoryMedium } from '../memory/memory-medium.ts'
import { DRAIN_MACROTASKS } from '../limits.ts'
import { nodeHash } from '../platform/node-hash.ts'
import { nodeRandom } from '../platform/node-random.ts'
import { nodeSoon } from '../platform/node-soon.ts'
import { createEngine } from './create-engine.ts'
import type { LocalEngine } from './local-engine.ts'

const READ = { key: key('r'), attempt: 1, class: 'read', begun: undefined } as const

describe('a host that leaves, by a clock that stands still', () => {
  let medium: MemoryMedium
  let engine: LocalEngine
  let host: ReturnType<typeof captured>

  beforeEach(() => {
    medium = memoryMedium()
    const store = medium.open()
    engine = createEngine({ store, clock: new HandClock(), random: nodeRandom, hash: nodeHash, soon: nodeSoon })
    host = captured()
  })
  afterEach(() => medium[Symbol.dispose]())

  const activated = async (pid = 'p'): Promise<Activation> => {
    await engine.start(request(pid))
    return host.next()
  }
  const never = (): Promise<never> => new Promise(() => undefined)

  it('takes away at once whoever has nothing in flight, whatever others do', async () => {
    await engine.host(host.run)
    const [busy, idle] = [await activated('busy'), await activated('idle')]
    busy.perform(READ, never)
    await settle()
    const [next, left] = [busy.next(), codeOf(idle.next())]
    const closing = engine[Symbol.asyncDispose]()
    expect(await left).toBe('ENGINE_CLOSED')
    expect(busy.signal.aborted).toBe(false)
    busy.abort(READ.key)
    engine.abandon(new SkeinError('STORE_LOST', 'gone'))
    expect(await codeOf(next)).toBe('STORE_LOST')
    await closing
  })

  it('goes when the last outcome has been heard', async () => {
    await engine.host(host.run)
    const activation = await activated()
    activation.perform(READ, () => Promise.resolve(ok(1)))
    await settle()
    const closing = engine[Symbol.asyncDispose]()
    await settle(3 * DRAIN_MACROTASKS)
    expect(await activation.next()).toMatchObject({ type: 'settled' })
    expect(await codeOf(activation.next())).toBe('ENGINE_CLOSED')
    await closing
  })

  it('goes at once when its store is lost meanwhile', async () => {
    await engine.host(host.run)
    const activation = await activated()
    activation.perform(READ, never)
    const next = activation.next()
    const closing = engine[Symbol.asyncDispose]()
    await settle(3 * DRAIN_MACROTASKS)
    engine.abandon(new SkeinError('STORE_FULL', 'the disk is full'))
    expect(await codeOf(next)).toBe('STORE_FULL')
    await closing
  })

  it('answers nobody afterwards', async () => {
    await engine[Symbol.asyncDispose]()
    const codes = await Promise.all([
      codeOf(engine.switches()),
      codeOf(engine.start(request('p'))),
      codeOf(engine.deliver(message('p', 'm'))),
      codeOf(engine.settle('token', { how: 'done', value: payloadOf(1), by: 'ann' })),
      codeOf(engine.host(host.run)),
    ])
    expect(new Set(codes)).toEqual(new Set(['ENGINE_CLOSED']))
  })
})
