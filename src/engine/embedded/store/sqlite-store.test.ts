import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { openForOwner } from './database.ts'
import { sqliteStore } from './sqlite-store.ts'

it('what is read in one look is of one moment, looks within a look are part of it, and a commit follows', () => {
  const folder = mkdtempSync(join(tmpdir(), 'skein-look-'))
  const path = join(folder, 'skein.db')
  const db = openForOwner(path)
  const other = openForOwner(path)
  try {
    const store = sqliteStore(db, { where: path, durability: 'fsync' })
    const epoch = (): number => store.reading(() => store.tables.meta.epoch())
    store.reading(() => {
      const before = epoch()
      other.exec("insert or replace into meta(key, value) values('epoch', '99')")
      expect(epoch()).toBe(before)
    })
    expect(epoch()).toBe(99)
    expect(() =>
      store.reading(() => {
        throw new Error('of the looker')
      }),
    ).toThrow('of the looker')
    other.exec(`update meta set value = '${store.epoch}' where key = 'epoch'`)
    expect(store.commit(() => epoch())).toBe(store.epoch)
  } finally {
    for (const open of [db, other]) open.close()
    rmSync(folder, { recursive: true })
  }
})
