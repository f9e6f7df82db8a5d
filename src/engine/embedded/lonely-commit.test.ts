import { expect, it } from 'vitest'
import { BATCH_BYTES_MAX, SYNC_IN_PLACE_BYTES_MAX } from '../limits.ts'
import { nodeSoon } from '../platform/node-soon.ts'
import { GroupCommit } from './group-commit.ts'
import type { Store } from './store/store.ts'

it('a commit is alone when it is one entry that is small, with nobody behind it', async () => {
  const alone: boolean[] = []
  const store = { commit: (_: () => void, isAlone: boolean) => void alone.push(isAlone) } as unknown as Store
  const commits = new GroupCommit({ store, soon: nodeSoon }, () => {})
  const push = (...bytes: number[]): Promise<void> => {
    for (const of of bytes) commits.push([{ apply: () => {}, done: () => {}, failed: () => {} }], of)
    return commits.flush()
  }
  await push(SYNC_IN_PLACE_BYTES_MAX)
  await push(SYNC_IN_PLACE_BYTES_MAX + 1)
  await push(1, 1)
  // Cut behind its first entry, which has the bytes of a whole batch.
  await push(BATCH_BYTES_MAX + 1, 1)
  expect(alone).toEqual([true, false, false, false, true])
})
