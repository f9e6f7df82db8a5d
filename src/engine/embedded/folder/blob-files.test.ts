import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { basename, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { blobFiles } from './blob-files.ts'
import { temporaryFolder } from './folder.fixture.ts'

/** What is done to files while `act` runs, by name, in order. */
function fileActs(act: () => void): readonly string[] {
  const acts: string[] = []
  const names = new Map<number, string>()
  const { openSync, writeFileSync, fsyncSync, renameSync } = fs
  fs.openSync = (path, ...rest) => {
    const fd = openSync(path, ...rest)
    names.set(fd, basename(String(path)))
    return fd
  }
  fs.writeFileSync = (file, ...rest) => {
    acts.push(`write ${typeof file === 'number' ? names.get(file) : basename(String(file))}`)
    writeFileSync(file, ...rest)
  }
  fs.fsyncSync = (fd) => {
    acts.push(`sync ${names.get(fd)}`)
    fsyncSync(fd)
  }
  fs.renameSync = (from, to) => {
    acts.push(`rename ${basename(String(from))} to ${basename(String(to))}`)
    renameSync(from, to)
  }
  syncBuiltinESMExports()
  try {
    act()
  } finally {
    Object.assign(fs, { openSync, writeFileSync, fsyncSync, renameSync })
    syncBuiltinESMExports()
  }
  return acts
}

describe('large blobs', () => {
  const sha256 = 'ab12'.padEnd(64, '0')

  it('T4, F34: a blob has its name only when it is whole and on the disk, and then the name is', () => {
    using folder = temporaryFolder('blobs')
    fs.mkdirSync(folder.path)
    const blobs = blobFiles(folder.path)
    const acts = fileActs(() => blobs.put(sha256, 'large'))
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

  it('T4: a blob is written once, and its going is synced', () => {
    using folder = temporaryFolder('blobs')
    fs.mkdirSync(folder.path)
    const blobs = blobFiles(folder.path)
    blobs.put(sha256, 'large')
    expect(fileActs(() => blobs.put(sha256, 'large'))).toEqual([])
    expect(fileActs(() => blobs.remove(sha256))).toEqual(['sync ab'])
    expect(fileActs(() => blobs.remove(sha256))).toEqual([])
    expect(blobs.get(sha256)).toBeUndefined()
  })
})
