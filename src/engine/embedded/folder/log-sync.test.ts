import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { SYNC_IN_PLACE_MS_MAX, SYNCS_ASIDE_LEAST, SYNCS_ASIDE_MAX } from '../../limits.ts'
import { temporaryFolder } from './folder.fixture.ts'
import { LogFile } from './log-file.ts'
import { LogSync, syncLog } from './log-sync.ts'

/** The log of a disk whose syncs take `ms`, by a clock that says so. */
function logOf({ path }: { readonly path: string }, ms: () => number): LogSync {
  writeFileSync(path, 'log')
  let now = 0
  return new LogSync(new LogFile(path), { monotonicMs: () => (now += ms()) })
}

/** How many syncs go beside the main thread before one happens in place. */
async function asideOf(log: LogSync): Promise<number> {
  for (let count = 0; ; count++) {
    const syncing = log.sync(true)
    if (syncing === undefined) return count
    await syncing
  }
}

describe('the log of an open database', () => {
  it('is synced in place while the disk is quick', async () => {
    using file = temporaryFolder()
    await using log = logOf(file, () => SYNC_IN_PLACE_MS_MAX)
    for (let i = 0; i < 3; i++) expect(log.sync(true)).toBeUndefined()
  })

  it('is synced beside the main thread where several share a commit', async () => {
    using file = temporaryFolder()
    await using log = logOf(file, () => 0)
    await expect(log.sync(false)).resolves.toBeUndefined()
    expect(log.sync(true)).toBeUndefined()
  })

  it('is synced in place although it was slow once', async () => {
    using file = temporaryFolder()
    let ms = 0.1
    await using log = logOf(file, () => ms)
    expect(log.sync(true)).toBeUndefined()
    ms = 6 * SYNC_IN_PLACE_MS_MAX
    expect(log.sync(true)).toBeUndefined()
    ms = 0.1
    for (let i = 0; i < 3; i++) expect(log.sync(true)).toBeUndefined()
  })

  it('is synced beside the main thread when it is slow, for longer each time, and half as long after each quick one', async () => {
    let ms = SYNC_IN_PLACE_MS_MAX + 1
    using file = temporaryFolder()
    await using log = logOf(file, () => ms)
    expect(log.sync(true)).toBeUndefined()
    expect(await asideOf(log)).toBe(SYNCS_ASIDE_LEAST)
    expect(await asideOf(log)).toBe(2 * SYNCS_ASIDE_LEAST)
    for (let i = 0; i < 8; i++) await asideOf(log)
    expect(await asideOf(log)).toBe(SYNCS_ASIDE_MAX)
    ms = 0
    await asideOf(log)
    expect(log.sync(true)).toBeUndefined()
    ms = 100 * SYNC_IN_PLACE_MS_MAX
    expect(log.sync(true)).toBeUndefined()
    expect(await asideOf(log)).toBe(SYNCS_ASIDE_MAX / 4)
  })

  it('T5: says so where it fails, in place and beside the main thread', async () => {
    // What cannot be synced, and says so.
    await using log = new LogSync(new LogFile('/dev/null'), { monotonicMs: () => 0 })
    expect(() => log.sync(true)).toThrow(/EINVAL/)
    await expect(log.sync(false)).rejects.toThrow(/EINVAL/)
  })
})

describe('the log of a database that others read', () => {
  it('is synced where there is one; that it cannot be read is an error', async () => {
    using file = temporaryFolder()
    await expect(syncLog(file.path)).resolves.toBeUndefined()
    writeFileSync(file.path, 'log')
    await expect(syncLog(file.path)).resolves.toBeUndefined()
    await expect(syncLog(join(file.path, 'in a file'))).rejects.toMatchObject({ code: 'ENOTDIR' })
  })
})
