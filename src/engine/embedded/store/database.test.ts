import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../folder/folder.fixture.ts'
import { openForOwner } from './database.ts'

describe("an owner's database", () => {
  it('J1, E2: a commit that returned is on the disk: a log that is synced at every commit', () => {
    using folder = temporaryFolder('skein.db')
    using db = openForOwner(folder.path)
    const setting = (name: string): unknown => Object.values(db.prepare(`pragma ${name}`).get() ?? {})[0]
    const FULL = 2
    expect(setting('journal_mode')).toBe('wal')
    expect(setting('synchronous')).toBe(FULL)
  })

  it('waits for a reader or a copy that holds it for a moment, and overwrites what is deleted', () => {
    using folder = temporaryFolder('skein.db')
    using db = openForOwner(folder.path)
    expect(db.prepare('pragma busy_timeout').get()).toEqual({ timeout: 5_000 })
    expect(db.prepare('pragma secure_delete').get()).toEqual({ secure_delete: 1 })
  })
})
