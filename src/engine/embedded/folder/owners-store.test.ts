import { describe, expect, it } from 'vitest'
import { openForOwner } from '../store/database.ts'
import { sqliteStore } from '../store/sqlite-store.ts'
import { ownersStore } from './owners-store.ts'

/** A store whose log is synced as `sync` says, and what is told of its commits. */
function storeOf(sync: () => Promise<void> | undefined) {
  const db = openForOwner(':memory:')
  const told: string[] = []
  const store = ownersStore(sqliteStore(db, { where: 'memory', durability: 'fsync' }), {
    log: { sync: (isAlone) => (told.push(isAlone ? 'sync alone' : 'sync'), sync()) },
    checkpoints: { committed: () => void told.push('durable') },
    close: async () => db.close(),
  })
  return { store, told }
}

describe("the store of a folder's owner", () => {
  it('a commit whose log was synced in place is over at once', async () => {
    const { store, told } = storeOf(() => undefined)
    await using _ = store
    expect(store.commit(() => told.push('applied'))).toBe(1)
    expect(told).toEqual(['applied', 'sync', 'durable'])
  })

  it('a commit is taken for one that others wait for too, unless it is said to be alone', async () => {
    const { store, told } = storeOf(() => undefined)
    await using _ = store
    await store.commit(() => 1)
    await store.commit(() => 1, true)
    expect(told).toEqual(['sync', 'durable', 'sync alone', 'durable'])
  })

  it('E3: a commit whose log is being synced is over when that is', async () => {
    const syncing = Promise.withResolvers<void>()
    const { store, told } = storeOf(() => syncing.promise)
    await using _ = store
    const commit = store.commit(() => 'written')
    expect(commit).toBeInstanceOf(Promise)
    await Promise.resolve()
    expect(told).toEqual(['sync'])
    syncing.resolve()
    expect(await commit).toBe('written')
    expect(told).toEqual(['sync', 'durable'])
  })

  it('T5: a sync that failed, at once or later, is a failed commit', async () => {
    const failure = new Error('EIO')
    const later = storeOf(() => Promise.reject(failure))
    await using _later = later.store
    await expect(later.store.commit(() => 1)).rejects.toBe(failure)
    const atOnce = storeOf(() => {
      throw failure
    })
    await using _atOnce = atOnce.store
    expect(() => atOnce.store.commit(() => 1)).toThrow(failure)
    expect([...later.told, ...atOnce.told]).toEqual(['sync', 'sync'])
  })
})
