import { appendFileSync, mkdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { LOG_LOOKED_AT_EVERY, LOG_ROOM_BYTES } from '../../limits.ts'
import { openForOwner } from '../store/database.ts'
import { temporaryFolder } from './folder.fixture.ts'
import { LogFile } from './log-file.ts'

/** So many commits, each of which makes the file longer by `bytes`. */
function write(path: string, file: LogFile, commits: number, bytes: number): void {
  for (let i = 0; i < commits; i++) {
    appendFileSync(path, Buffer.alloc(bytes, 7))
    file.written()
  }
}

describe('the file of a log', () => {
  it('is looked at seldom, and is longer than what small commits have written then', () => {
    using folder = temporaryFolder('log')
    writeFileSync(folder.path, 'log')
    using file = new LogFile(folder.path)
    write(folder.path, file, LOG_LOOKED_AT_EVERY - 1, 10)
    expect(file.bytes).toBe(3)
    write(folder.path, file, 1, 10)
    expect(file.bytes).toBe(3 + 10 * LOG_LOOKED_AT_EVERY + LOG_ROOM_BYTES)
    expect(statSync(folder.path).size).toBe(file.bytes)
  })

  it('gets no more room while there is some, nor when it has been cut back', () => {
    using folder = temporaryFolder('log')
    writeFileSync(folder.path, '')
    using file = new LogFile(folder.path)
    write(folder.path, file, LOG_LOOKED_AT_EVERY, 1)
    const before = file.bytes
    write(folder.path, file, 10 * LOG_LOOKED_AT_EVERY, 0)
    expect(statSync(folder.path).size).toBe(before)
    truncateSync(folder.path, 100)
    write(folder.path, file, LOG_LOOKED_AT_EVERY, 0)
    expect(file.bytes).toBe(100)
    write(folder.path, file, LOG_LOOKED_AT_EVERY, 1)
    expect(file.bytes).toBe(100 + LOG_LOOKED_AT_EVERY + LOG_ROOM_BYTES)
  })

  it('gets none for large commits', () => {
    using folder = temporaryFolder('log')
    writeFileSync(folder.path, '')
    using file = new LogFile(folder.path)
    write(folder.path, file, LOG_LOOKED_AT_EVERY, LOG_ROOM_BYTES / 2 / LOG_LOOKED_AT_EVERY + 1)
    expect(file.bytes).toBe(statSync(folder.path).size)
    expect(file.bytes).toBe(LOG_ROOM_BYTES / 2 + LOG_LOOKED_AT_EVERY)
  })

  it('E3: SQLite reads every commit out of a log with room, after a crash too, and writes on where it was', () => {
    using folder = temporaryFolder()
    mkdirSync(folder.path)
    const path = join(folder.path, 'skein.db')
    using db = openForOwner(path)
    using file = new LogFile(`${path}-wal`)
    const put = db.prepare('insert into blob(sha256, text) values(?, ?)')
    const copies: string[] = []
    for (let n = 0; n < 4 * LOG_LOOKED_AT_EVERY; n++) {
      put.run(String(n), 'x')
      file.written()
      copies.push(join(folder.path, `copy-${n}.db`))
      for (const end of ['', '-wal']) writeFileSync(`${copies[n]}${end}`, readFileSync(`${path}${end}`))
    }
    expect(file.bytes).toBeGreaterThan(LOG_ROOM_BYTES)
    for (const [n, copy] of copies.entries()) {
      using again = openForOwner(copy)
      expect(again.prepare('select count(*) as n from blob').get()).toEqual({ n: n + 1 })
      again.prepare('insert into blob(sha256, text) values(?, ?)').run('next', 'x')
      expect(again.prepare('select count(*) as n from blob').get()).toEqual({ n: n + 2 })
    }
  })
})
