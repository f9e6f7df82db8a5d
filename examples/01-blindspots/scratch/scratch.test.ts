import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { listFolder } from '../survey/files.ts'
import { baseOf, freeze } from './base.ts'
import { removeScratch, takeSlot } from './slots.ts'
import type { FrozenCode } from './slots.ts'

let root: string
let code: FrozenCode
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'blindspots-test-'))
  const folder = join(root, 'project')
  put(folder, { 'a.js': 'a', 'src/b.js': 'b', 'run.sh': '#!/bin/sh', 'node_modules/dep/index.js': 'dep' })
  chmodSync(join(folder, 'run.sh'), 0o755)
  symlinkSync('a.js', join(folder, 'link.js'))
  const scratch = join(root, 'scratch')
  const { fingerprint } = await freeze(folder, await listFolder(folder), scratch)
  code = { folder, scratch, fingerprint }
})
afterEach(async () => {
  await removeScratch(code.scratch)
  rmSync(root, { recursive: true, force: true })
})

function put(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [file, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    writeFileSync(join(folder, file), content)
  }
}

const read = (...path: string[]): string => readFileSync(join(...path), 'utf8')

describe('the frozen base', () => {
  it('holds the files as they were, with their modes and links, and a link to the dependencies', () => {
    const base = baseOf(code.scratch)
    expect(read(base, 'src/b.js')).toBe('b')
    expect(lstatSync(join(base, 'run.sh')).mode & 0o777).toBe(0o755)
    expect(lstatSync(join(base, 'link.js')).isSymbolicLink()).toBe(true)
    expect(lstatSync(join(base, 'node_modules')).isSymbolicLink()).toBe(true)
    expect(read(base, 'node_modules/dep/index.js')).toBe('dep')
    expect(lstatSync(join(base, 'a.js')).nlink).toBe(1)
  })

  it('is frozen once: later edits of the folder do not reach it', async () => {
    put(code.folder, { 'a.js': 'edited' })
    const again = await freeze(code.folder, await listFolder(code.folder), code.scratch)
    expect(again.fingerprint).toBe(code.fingerprint)
    expect(read(baseOf(code.scratch), 'a.js')).toBe('a')
  })

  it('is remade when it was found half-made', async () => {
    rmSync(baseOf(code.scratch), { recursive: true })
    put(code.scratch, { 'base.half/a.js': 'half' })
    const again = await freeze(code.folder, await listFolder(code.folder), code.scratch)
    expect(again.fingerprint).toBe(code.fingerprint)
    expect(read(baseOf(code.scratch), 'a.js')).toBe('a')
  })

  it('is frozen again when it got lost, if the code is still the same', async () => {
    rmSync(code.scratch, { recursive: true })
    await using slot = await takeSlot(code)
    expect(read(slot.folder, 'a.js')).toBe('a')
  })

  it('refuses when it got lost and the code has changed', async () => {
    rmSync(code.scratch, { recursive: true })
    put(code.folder, { 'a.js': 'edited' })
    await expect(takeSlot(code)).rejects.toMatchObject({ code: 'FILE_CHANGED' })
  })
})

describe('slots', () => {
  it('are separate copies while held, and used again afterwards', async () => {
    const [one, two] = [await takeSlot(code), await takeSlot(code)]
    expect(one.folder).not.toBe(two.folder)
    await one.change('a.js', 'changed')
    expect(read(two.folder, 'a.js')).toBe('a')
    await one[Symbol.asyncDispose]()
    const three = await takeSlot(code)
    expect(three.folder).toBe(one.folder)
    expect(read(three.folder, 'a.js')).toBe('a')
    await Promise.all([two, three].map((slot) => slot[Symbol.asyncDispose]()))
  })

  it('are clean again, whatever the tests did in them', async () => {
    const slot = await takeSlot(code)
    const stamp = lstatSync(join(slot.folder, 'run.sh'))
    put(slot.folder, { 'new/file': 'x', 'src/b.js': 'c', 'run.sh': '#!/bin/zz' })
    utimesSync(join(slot.folder, 'run.sh'), stamp.atime, stamp.mtime)
    rmSync(join(slot.folder, 'a.js'))
    mkdirSync(join(slot.folder, 'a.js'))
    rmSync(join(slot.folder, 'node_modules'))
    writeFileSync(join(slot.temporary, 'left'), 'x')
    await slot[Symbol.asyncDispose]()
    await using again = await takeSlot(code)
    expect(readdirSync(again.folder).toSorted()).toEqual(readdirSync(baseOf(code.scratch)).toSorted())
    for (const file of ['a.js', 'src/b.js', 'run.sh'])
      expect(read(again.folder, file)).toBe(read(baseOf(code.scratch), file))
    expect(lstatSync(join(again.folder, 'node_modules')).isSymbolicLink()).toBe(true)
    expect(readdirSync(again.temporary)).toEqual([])
  })

  it('change files in the copy, never through a link', async () => {
    await using slot = await takeSlot(code)
    await slot.change('link.js', 'changed')
    expect(read(slot.folder, 'a.js')).toBe('a')
    expect(read(code.folder, 'a.js')).toBe('a')
  })

  it('of a dead process are removed, never trusted', async () => {
    put(code.scratch, { 'slots/1-1/0/a.js': 'half' })
    await using slot = await takeSlot(code)
    expect(read(slot.folder, 'a.js')).toBe('a')
    expect(readdirSync(join(code.scratch, 'slots'))).toHaveLength(1)
  })
})
