import { describe, expect, it } from 'vitest'
import { settle } from '../engine.fixture.ts'
import { BATCH_BYTES_MAX, DONE_PER_MACROTASK } from '../limits.ts'
import { nodeSoon } from '../platform/node-soon.ts'
import { GroupCommit } from './group-commit.ts'
import type { Step } from './group-commit.ts'
import type { Store } from './store/store.ts'

const step = (done: () => void): Step => ({ apply: () => undefined, done, failed: () => undefined })

/** A store whose commits are durable when the test says so. */
function heldStore() {
  const commits: (() => void)[] = []
  const store = { commit: () => new Promise<void>((resolve) => void commits.push(resolve)) }
  return { store: store as unknown as Store, commits }
}

describe('commits that run ahead of what is told of them', () => {
  it('each is told once, in order, and a flush waits for the last of them', async () => {
    const { store, commits } = heldStore()
    const log: string[] = []
    const group = new GroupCommit({ store, soon: nodeSoon, isAhead: true }, () => undefined)
    const count = 2 * DONE_PER_MACROTASK + 1
    for (let i = 0; i < count; i++) group.push([step(() => void log.push('a'))], 1)
    await settle(2)
    group.push([step(() => void log.push('b'))], 1)
    commits[0]?.()
    await Promise.resolve()
    // The second commit is under way, and ends, while the first is being told.
    expect(commits).toHaveLength(2)
    commits[1]?.()
    group.push([step(() => void log.push('c'))], 1)
    let isFlushed = false
    const flushed = group.flush().then(() => (isFlushed = true))
    await settle(8)
    expect(log.join('')).toBe(`${'a'.repeat(count)}b`)
    expect([commits.length, isFlushed]).toEqual([3, false])
    commits[2]?.()
    await flushed
    expect(log.at(-1)).toBe('c')
    expect(commits).toHaveLength(3)
  })

  it('what is deferred is committed when there are as many bytes of it as a batch may have', async () => {
    const { store, commits } = heldStore()
    const group = new GroupCommit({ store, soon: nodeSoon }, () => undefined)
    group.defer([step(() => undefined)], BATCH_BYTES_MAX - 1)
    await settle(2)
    expect(commits).toHaveLength(0)
    group.defer([step(() => undefined)], 1)
    await settle(2)
    expect(commits).toHaveLength(1)
  })
})
