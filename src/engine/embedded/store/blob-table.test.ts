import type { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../folder/folder.fixture.ts'
import { openForOwner } from './database.ts'
import { blobTable } from './blob-table.ts'

const SHA256 = 'c0ffee'.padEnd(64, '0')
const NAMING = JSON.stringify({ $blob: SHA256 })

/** Rows that name the blob, one in every place where one can. */
const NAMED_BY: Readonly<Record<string, string>> = {
  'a frame':
    "insert into frame(p, n, epoch, firstSeq, lastSeq, hash, body, payloads) values(1, 0, 1, 0, 0, 'h', '[]', :text)",
  'a birth': 'insert into birth(p, request) values(1, :text)',
  'a result': `insert into process(pid, root, depth, kind, workflow, status, createdAt, updatedAt, epoch, result)
      values('p', 'p', 0, 'workflow', 'w', 'done', 0, 0, 1, :text)`,
  'a wait': `insert into wait(p, key, kind, text) values(1, 'k', 'approval', :text)`,
  'a control': 'insert into control(seq, p, text) values(1, 1, :text)',
  'a settlement': `insert into settlement(token, at, text) values('t', 0, :text)`,
}

describe('blobs in the store', () => {
  const isUsedBeside = (db: DatabaseSync): boolean => blobTable(db).isUsed(SHA256)

  it.each(Object.entries(NAMED_BY))('T4: one that %s names is in use', (_who, sql) => {
    using folder = temporaryFolder('skein.db')
    using db = openForOwner(folder.path)
    expect(isUsedBeside(db)).toBe(false)
    db.prepare(sql).run({ text: NAMING })
    expect(isUsedBeside(db)).toBe(true)
    expect(blobTable(db).isUsed(SHA256.replace('c', 'd'))).toBe(false)
  })
})
