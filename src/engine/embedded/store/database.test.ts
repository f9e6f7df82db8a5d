import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../folder/folder.fixture.ts'
import { leaveLogSync, openForOwner, openForReader } from './database.ts'

/** Holds a database for itself, as who restores its log does, and lets go of it after a moment. */
const HOLDS = `
const { DatabaseSync } = require('node:sqlite')
const db = new DatabaseSync(process.argv[1])
db.exec('pragma locking_mode = exclusive; begin exclusive')
process.stdout.write('held')
setTimeout(() => db.close(), 300)`

function setting(db: DatabaseSync, name: string): unknown {
  return Object.values(db.prepare(`pragma ${name}`).get() ?? {})[0]
}

describe("an owner's database", () => {
  it('J1, E2: a commit that returned is on the disk: a log that is synced at every commit', () => {
    using folder = temporaryFolder('skein.db')
    using db = openForOwner(folder.path)
    const FULL = 2
    expect(setting(db, 'journal_mode')).toBe('wal')
    expect(setting(db, 'synchronous')).toBe(FULL)
  })

  it('J1: whose log somebody else syncs still syncs what a checkpoint copies', () => {
    using folder = temporaryFolder('skein.db')
    using db = openForOwner(folder.path)
    leaveLogSync(db)
    const NORMAL = 1
    expect(setting(db, 'synchronous')).toBe(NORMAL)
  })

  it('waits for a reader or a copy that holds it for a moment, and overwrites what is deleted', () => {
    using folder = temporaryFolder('skein.db')
    using db = openForOwner(folder.path)
    expect(db.prepare('pragma busy_timeout').get()).toEqual({ timeout: 5_000 })
    expect(db.prepare('pragma secure_delete').get()).toEqual({ secure_delete: 1 })
  })

  it.each([['its owner', openForOwner] as const, ['a reader', openForReader] as const])(
    'waits as well while it is opened by %s: somebody may just restore the log that a killed owner left',
    async (_, open) => {
      using folder = temporaryFolder('skein.db')
      openForOwner(folder.path).close()
      const holder = spawn(process.execPath, ['--no-warnings', '-e', HOLDS, folder.path], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      const [exit] = [once(holder, 'exit'), await once(holder.stdout, 'data')]
      open(folder.path).close()
      expect(await exit).toEqual([0, null])
    },
  )
})
