import { mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { HandClock, settle } from '../../engine.fixture.ts'
import { CHECKPOINT_IDLE_MS, LOG_LOOKED_AT_EVERY, WAL_BYTES_MAX, WAL_KEPT_BYTES } from '../../limits.ts'
import { openForOwner, openForReader } from '../store/database.ts'
import { Checkpoints } from './checkpoints.ts'
import { temporaryFolder } from './folder.fixture.ts'
import { LogFile } from './log-file.ts'

/** A store with a table to fill, and its checkpoints under a clock moved by hand. */
function store(folder: string) {
  mkdirSync(folder)
  const database = join(folder, 'skein.db')
  const wal = `${database}-wal`
  const db = openForOwner(database)
  const clock = new HandClock()
  const log = new LogFile(wal)
  const checkpoints = new Checkpoints({ db, database, log, clock })
  const put = db.prepare('insert or ignore into blob(sha256, text) values(?, ?)')
  let n = 0
  return {
    db,
    database,
    log,
    clock,
    checkpoints,
    write: (bytes: number): void => {
      put.run(String(n++), 'x'.repeat(bytes))
      log.written()
      checkpoints.committed()
    },
    walBytes: () => statSync(wal).size,
    databaseBytes: () => statSync(database).size,
    close: async (): Promise<void> => {
      await checkpoints[Symbol.asyncDispose]()
      log[Symbol.dispose]()
      db.close()
    },
  }
}

/** Lets a worker do its work. */
async function until(isTrue: () => boolean): Promise<boolean> {
  for (let i = 0; i < 400 && !isTrue(); i++) await new Promise((resolve) => setTimeout(resolve, 5))
  return isTrue()
}

describe('checkpoints', () => {
  it('copy the log after a pause, and not before', async () => {
    using folder = temporaryFolder()
    const { write, databaseBytes, clock, close } = store(folder.path)
    const before = databaseBytes()
    write(100_000)
    clock.advance(CHECKPOINT_IDLE_MS - 1)
    write(100_000)
    clock.advance(CHECKPOINT_IDLE_MS - 1)
    expect(databaseBytes()).toBe(before)
    clock.advance(1)
    expect(databaseBytes()).toBeGreaterThan(200_000)
    expect(clock.timers).toBe(0)
    await close()
  })

  it('under load a worker copies a log that has grown large, and it is cut back', async () => {
    using folder = temporaryFolder()
    const { write, walBytes, databaseBytes, log, close } = store(folder.path)
    while (walBytes() < WAL_BYTES_MAX) write(4_000_000)
    for (let n = 0; n < LOG_LOOKED_AT_EVERY; n++) write(10)
    expect(await until(() => databaseBytes() > WAL_BYTES_MAX)).toBe(true)
    await settle(4)
    expect(await until(() => (write(10), walBytes() <= WAL_KEPT_BYTES))).toBe(true)
    // It is known at once: by the length before, it would be copied once more.
    expect(log.bytes).toBe(walBytes())
    await close()
  })

  it('after a pause a worker copies a large log, one at a time', async () => {
    using folder = temporaryFolder()
    const { write, databaseBytes, clock, close } = store(folder.path)
    write(2 * WAL_KEPT_BYTES)
    clock.advance(CHECKPOINT_IDLE_MS)
    write(10)
    clock.advance(CHECKPOINT_IDLE_MS)
    expect(await until(() => databaseBytes() > 2 * WAL_KEPT_BYTES)).toBe(true)
    await settle(4)
    await close()
  })

  it('a copy that fails is made up for later, and stops nothing', async () => {
    using folder = temporaryFolder()
    const { db, write, clock, checkpoints } = store(folder.path)
    write(1_000)
    db.close()
    clock.advance(CHECKPOINT_IDLE_MS)
    expect(clock.timers).toBe(0)
    await checkpoints[Symbol.asyncDispose]()
  })

  it('a log that could not be copied may grow by as much again before the next try', async () => {
    using folder = temporaryFolder()
    let bytes = 4
    const log = { bytes, look: () => (log.bytes = bytes), lookNext: () => undefined }
    const broken = (): never => {
      throw new Error('the disk is full')
    }
    const clock = new HandClock()
    const db = { exec: () => undefined, prepare: broken } as unknown as DatabaseSync
    const checkpoints = new Checkpoints({ db, database: join(folder.path, 'skein.db'), log, clock })
    checkpoints.committed()
    clock.advance(CHECKPOINT_IDLE_MS)
    log.bytes = bytes = WAL_BYTES_MAX
    checkpoints.committed()
    // Were a worker at it already, it would be waited for; so it begins only now.
    clock.advance(CHECKPOINT_IDLE_MS)
    expect(clock.timers).toBe(0)
    await checkpoints[Symbol.asyncDispose]()
  })

  it('a reader that holds the log back delays the copy, and nothing else', async () => {
    using folder = temporaryFolder()
    const { write, walBytes, clock, database, close } = store(folder.path)
    write(1_000)
    const reader = openForReader(database)
    reader.exec('begin; select count(*) from blob')
    write(1_000_000)
    clock.advance(2 * CHECKPOINT_IDLE_MS)
    write(1_000_000)
    expect(walBytes()).toBeGreaterThan(2_000_000)
    reader.close()
    clock.advance(2 * CHECKPOINT_IDLE_MS)
    const before = walBytes()
    write(10)
    expect(walBytes()).toBeLessThanOrEqual(before)
    await close()
  })
})
