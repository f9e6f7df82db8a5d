import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { TEST_BYTES_MAX } from '../limits.ts'
import { sha256 } from './patch.ts'
import { pathFault, placed } from './place.ts'

let base: string
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'blindspots-place-'))
  mkdirSync(join(base, 'test', 'folder.test.js'), { recursive: true })
  writeFileSync(join(base, 'test', 'a.test.js'), 'old\n')
  writeFileSync(join(base, 'test', 'b.test.js'), Buffer.of(0xff, 0xfe))
  symlinkSync(tmpdir(), join(base, 'test', 'elsewhere'))
  symlinkSync('a.test.js', join(base, 'test', 'link.test.js'))
})
afterEach(() => rmSync(base, { recursive: true, force: true }))

const place = (path: string, text = 'new', patch: Parameters<typeof placed>[1] = []): ReturnType<typeof placed> =>
  placed(base, patch, { skip: '', path, insertions: [{ after: '', text }] })

describe('where a writer may write', () => {
  it.each(['test/a.js', 'src/a.test.ts', 'tests/deep/er/b.py', 'test_x.py', '__tests__/c.js'])('%s', (path) => {
    expect(pathFault(path)).toBeUndefined()
  })

  it.each([
    '',
    '.',
    '..',
    '/test/a.js',
    '../test/a.js',
    'test/../src/a.js',
    './test/a.js',
    'test//a.js',
    'test\\a.test.js',
    'a\0.test.js',
    'src/a.js',
    'package.json',
    'vitest.config.ts',
    '.git/hooks/a.test.js',
    'test/.hidden.test.js',
    'node_modules/x/test/a.js',
  ])('not %j', (path) => {
    expect(pathFault(path)).toEqual(expect.any(String))
  })

  it('is never behind a link, a folder, or what is no text, and is not without bounds', async () => {
    expect(await place('test/elsewhere/a.test.js')).toEqual({ why: expect.stringContaining('link') })
    expect(await place('test/link.test.js')).toEqual({ why: expect.stringContaining('link') })
    expect(await place('test/folder.test.js')).toEqual({ why: expect.stringContaining('no file') })
    expect(await place('test/a.test.js/b.test.js')).toEqual({ why: expect.stringContaining('no file') })
    expect(await place('test/b.test.js')).toEqual({ why: expect.stringContaining('no text') })
    expect(await place('test/a.test.js', 'x'.repeat(TEST_BYTES_MAX))).toEqual({
      why: expect.stringContaining('larger'),
    })
  })
})

describe('a placed test', () => {
  it('knows what its file was, and becomes', async () => {
    const file = { path: 'test/a.test.js', base: sha256('old\n'), text: 'old\nnew\n', sha256: sha256('old\nnew\n') }
    expect(await place('test/a.test.js')).toEqual({ file })
    const fresh = { path: 'test/deep/c.test.js', base: 'absent', text: 'new\n', sha256: sha256('new\n') }
    expect(await place('test/deep/c.test.js')).toEqual({ file: fresh })
  })

  it('is added to what was proved before, and is still bound to the file as it was', async () => {
    const before = {
      path: 'test/a.test.js',
      base: sha256('old\n'),
      text: 'old\nfirst\n',
      sha256: sha256('old\nfirst\n'),
    }
    const { file } = (await place('test/a.test.js', 'second', [before])) as { readonly file: typeof before }
    expect([file.text, file.base]).toEqual(['old\nfirst\nsecond\n', sha256('old\n')])
  })
})
