import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { storeError } from '../store/database.ts'
import { pack, unpack } from '../store/pack.ts'
import { blobFiles } from './blob-files.ts'
import { ports, temporaryFolder } from './folder.fixture.ts'
import { Holdings } from './holdings.ts'
import { openEmbedded } from './open-embedded.ts'
import { codeOf } from '../../engine.fixture.ts'

describe('what an owner holds', () => {
  it('is released the latest first, all of it, and the first failure is told', async () => {
    const holdings = new Holdings()
    const log: string[] = []
    for (const name of ['first', 'second']) holdings.add(() => void log.push(name))
    holdings.add(() => {
      throw new Error('cannot let go')
    })
    holdings.add(() => Promise.resolve(void log.push('last')))
    await expect(holdings[Symbol.asyncDispose]()).rejects.toThrow('cannot let go')
    expect(log).toEqual(['last', 'second', 'first'])
    await holdings[Symbol.asyncDispose]()
  })

  it('an owner that has not written itself down yet is another process', async () => {
    using folder = temporaryFolder()
    mkdirSync(folder.path)
    const lock = new DatabaseSync(join(folder.path, 'owner'))
    lock.exec('begin exclusive')
    await expect(openEmbedded({ folder: folder.path, ...ports })).rejects.toThrow('in use by another process')
    lock.close()
  })

  it('an owner file that is no database is not taken for a lock', async () => {
    using folder = temporaryFolder()
    mkdirSync(join(folder.path, 'owner'), { recursive: true })
    expect(await codeOf(openEmbedded({ folder: folder.path, ...ports }))).toBe('DATA_FOLDER_READ_ONLY')
  })
})

describe('blobs as files', () => {
  const sha256 = ports.hash.sha256('x')

  it('come back as they were, are written once, and are nothing where there is none', () => {
    using folder = temporaryFolder()
    const blobs = blobFiles(folder.path)
    expect(blobs.get(sha256)).toBeUndefined()
    blobs.put(sha256, 'ü✓')
    blobs.put(sha256, 'other content under the same name')
    blobs.put(`${sha256.slice(0, 2)}${'0'.repeat(62)}`, 'a neighbour')
    expect(blobs.get(sha256)).toBe('ü✓')
  })

  it('that cannot be read are an error, not an erased value', () => {
    using folder = temporaryFolder()
    mkdirSync(join(folder.path, sha256.slice(0, 2), sha256), { recursive: true })
    expect(() => blobFiles(folder.path).get(sha256)).toThrow('EISDIR')
  })

  it('that are gone were erased', () => {
    const { text, blobs } = pack({ body: { text: 'x'.repeat(100_000) }, small: { text: '1' } }, ports.hash)
    expect(unpack(text, () => blobs[0]?.text)).toEqual({ body: { text: 'x'.repeat(100_000) }, small: { text: '1' } })
    expect(unpack(text, () => undefined)).toEqual({
      body: { text: '{"$":"undefined"}', erased: true },
      small: { text: '1' },
    })
  })
})

describe('what a failure of the store means', () => {
  it.each([
    [{ errcode: 13 }, 'STORE_FULL'],
    [{ code: 'ENOSPC' }, 'STORE_FULL'],
    [{ code: 'EDQUOT' }, 'STORE_FULL'],
    [{ errcode: 8 }, 'DATA_FOLDER_READ_ONLY'],
    [{ errcode: 14 }, 'DATA_FOLDER_READ_ONLY'],
    [{ code: 'EACCES' }, 'DATA_FOLDER_READ_ONLY'],
    [{ code: 'EROFS' }, 'DATA_FOLDER_READ_ONLY'],
    [{ errcode: 11 }, 'DATA_FOLDER_CORRUPT'],
    [{ errcode: 26 }, 'DATA_FOLDER_CORRUPT'],
    [{ errcode: 11 | (2 << 8) }, 'DATA_FOLDER_CORRUPT'],
    [{ errcode: 10 }, 'STORE_FAILED'],
    [new Error('anything'), 'STORE_FAILED'],
    ['a string', 'STORE_FAILED'],
    [null, 'STORE_FAILED'],
  ])('%j is %s', (error, code) => {
    expect(storeError(error, '/data').code).toBe(code)
  })
})
