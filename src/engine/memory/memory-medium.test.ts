import { describe, expect, it } from 'vitest'
import { codeOf, settle } from '../engine.fixture.ts'
import { memoryMedium } from './memory-medium.ts'

const outcome = (promise: Promise<unknown> | unknown): Promise<string> =>
  Promise.race([Promise.resolve(promise).then(() => 'answered'), settle(3).then(() => 'silent')])

describe('a medium in memory', () => {
  it('keeps what was durable, over any number of owners', async () => {
    using medium = memoryMedium()
    for (const epoch of [1, 2, 3]) {
      const store = medium.open()
      expect([store.epoch, store.durability]).toEqual([epoch, 'memory'])
      await store.commit(() => store.tables.meta.set('owner', `${store.tables.meta.get('owner') ?? ''}${epoch}`))
      await store[Symbol.asyncDispose]()
    }
    expect(medium.open().tables.meta.get('owner')).toBe('123')
  })

  it('a crash before a commit loses it, one after it loses the answer only; nothing is answered later', async () => {
    for (const [at, kept] of [
      ['beforeCommit', undefined],
      ['afterCommit', 'mine'],
    ] as const) {
      using medium = memoryMedium()
      const slow = Promise.withResolvers<void>()
      const store = medium.open({ [at]: () => slow.promise })
      const commit = store.commit(() => store.tables.meta.set('owner', 'mine'))
      await settle(1)
      medium.crash()
      slow.resolve()
      expect(await outcome(commit)).toBe('silent')
      expect(await outcome(store.commit(() => 1))).toBe('silent')
      expect(medium.open().tables.meta.get('owner')).toBe(kept)
    }
  })

  it('a fault fails its commit with nothing written, at once or slowly', async () => {
    using medium = memoryMedium()
    const store = medium.open({
      beforeCommit: (n) => {
        if (n === 0) throw new Error('I/O error')
        return n === 1 ? Promise.reject(Object.assign(new Error('full'), { code: 'ENOSPC' })) : undefined
      },
    })
    const commit = async (): Promise<unknown> => store.commit(() => store.tables.meta.set('owner', 'x'))
    expect([await codeOf(commit()), await codeOf(commit())]).toEqual(['STORE_FAILED', 'STORE_FULL'])
    expect(store.tables.meta.get('owner')).toBeUndefined()
    expect(await codeOf(commit())).toBe('resolved')
  })

  it('a store whose work throws writes nothing of it', async () => {
    using medium = memoryMedium()
    const store = medium.open()
    const commit = async (): Promise<unknown> =>
      store.commit(() => {
        store.tables.meta.set('owner', 'x')
        throw new Error('a defect')
      })
    expect(await codeOf(commit())).toBe('STORE_FAILED')
    expect(store.tables.meta.get('owner')).toBeUndefined()
  })
})
