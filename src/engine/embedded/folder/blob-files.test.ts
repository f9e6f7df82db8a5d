import fs from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { blobFiles } from './blob-files.ts'
import { fileActs } from './file-acts.fixture.ts'
import { temporaryFolder } from './folder.fixture.ts'

describe('large blobs', () => {
  const sha256 = 'ab12'.padEnd(64, '0')

  it('T4, F34: a blob has its name only when it is whole and on the disk, and then the name is', async () => {
    using folder = temporaryFolder('blobs')
    fs.mkdirSync(folder.path)
    const blobs = blobFiles(folder.path)
    const acts = await fileActs(() => blobs.put(sha256, 'large'))
    const draft = `${sha256}.draft`
    const [written, synced, named] = ['write', 'sync', 'rename'].map((act) =>
      acts.findIndex((one) => one.startsWith(`${act} ${draft}`)),
    )
    expect([written, synced, named]).toEqual([written, synced, named].toSorted((a = 0, b = 0) => a - b))
    expect(written).toBeGreaterThanOrEqual(0)
    expect(acts[named ?? -1]).toBe(`rename ${draft} to ${sha256}`)
    expect(acts.slice((named ?? 0) + 1)).toEqual(['sync ab'])
    // Its folder was made for it: that entry is on the disk too.
    expect(acts.slice(0, written)).toContain('sync blobs')
    expect(fs.readdirSync(join(folder.path, 'ab'))).toEqual([sha256])
  })

  it('T4: the folder of all blobs, which comes with the first, is on the disk before that is written', async () => {
    using folder = temporaryFolder('blobs')
    const acts = await fileActs(() => blobFiles(folder.path).put(sha256, 'large'))
    const written = acts.indexOf(`write ${sha256}.draft`)
    expect(acts.slice(0, written)).toEqual([`sync ${basename(dirname(folder.path))}`, 'sync blobs'])
  })

  it('T4: a blob is written once, and its going is synced', async () => {
    using folder = temporaryFolder('blobs')
    fs.mkdirSync(folder.path)
    const blobs = blobFiles(folder.path)
    blobs.put(sha256, 'large')
    expect(await fileActs(() => blobs.put(sha256, 'large'))).toEqual([])
    expect(await fileActs(() => blobs.remove(sha256))).toEqual(['sync ab'])
    expect(await fileActs(() => blobs.remove(sha256))).toEqual([])
    expect(blobs.get(sha256)).toBeUndefined()
  })
})
