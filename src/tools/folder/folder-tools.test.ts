import { execFileSync } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ToolSet } from 'ai'
import { afterEach, beforeEach, describe, expect, expectTypeOf, it } from 'vitest'
import type { ToolExecutionOptions } from '../../kernel/index.ts'
import { FILE_BYTES_MAX, READ_BYTES_MAX, SEARCH_FILE_BYTES_MAX } from '../limits.ts'
import { folderTools } from './folder-tools.ts'
import { searchFiles } from './search-files.ts'
import { hashOf } from './text-file.ts'

const options: ToolExecutionOptions = { toolCallId: 'c', messages: [] }
const coded = (code: string, message?: RegExp): unknown =>
  expect.objectContaining({ code, ...(message === undefined ? {} : { message: expect.stringMatching(message) }) })
const hash = (text: string): string => hashOf(Buffer.from(text))
let root = ''

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'skein-folder-'))
})
afterEach(() => rm(root, { recursive: true, force: true }))

const tools = () => folderTools({ root, write: true })
const put = async (path: string, content: string | Uint8Array): Promise<void> => {
  await mkdir(join(root, path, '..'), { recursive: true })
  await writeFile(join(root, path), content)
}

describe('folderTools', () => {
  it('has the writing tools only when asked for; reads are local, writes are writes', () => {
    expect(Object.keys(folderTools({ root }))).toEqual(['list_files', 'read_file', 'search_files'])
    const all = folderTools({ root, write: true, needsApproval: true })
    expectTypeOf(all).toExtend<ToolSet>()
    const about = Object.values(all).map(({ name, effect, idempotent, needsApproval }) => [
      name,
      effect,
      idempotent,
      needsApproval,
    ])
    expect(about).toEqual([
      ['list_files', 'local', undefined, undefined],
      ['read_file', 'local', undefined, undefined],
      ['search_files', 'local', undefined, undefined],
      ['write_file', 'write', true, true],
      ['patch_file', 'write', undefined, true],
    ])
    expect(all.patch_file.reconcile).toBeTypeOf('function')
  })
  it('names a missing root', async () => {
    expect(() => folderTools({ root: '' })).toThrow('folderTools has no root')
    await expect(folderTools({ root: join(root, 'gone') }).list_files.execute({}, options)).rejects.toThrow(
      /cannot be opened; create it/,
    )
  })
})

describe('list_files', () => {
  it('lists level by level, sorted, without what is ignored, links not followed', async () => {
    await put('src/b.ts', 'bb')
    await put('src/deep/er/c.ts', '')
    await put('a.md', 'a')
    await put('.git/config', '')
    await put('src/node_modules/x/index.js', '')
    await symlink('/etc', join(root, 'etc'))
    expect(await tools().list_files.execute({}, options)).toEqual({
      entries: [
        { path: 'a.md', kind: 'file', bytes: 1 },
        { path: 'etc', kind: 'link' },
        { path: 'src', kind: 'folder' },
        { path: 'src/b.ts', kind: 'file', bytes: 2 },
        { path: 'src/deep', kind: 'folder' },
        { path: 'src/deep/er', kind: 'folder' },
        { path: 'src/deep/er/c.ts', kind: 'file', bytes: 0 },
      ],
    })
    expect(await tools().list_files.execute({ path: 'src', depth: 1, all: true }, options)).toEqual({
      entries: [
        { path: 'src/b.ts', kind: 'file', bytes: 2 },
        { path: 'src/deep', kind: 'folder' },
        { path: 'src/node_modules', kind: 'folder' },
      ],
      cut: '2 folder(s) deeper than 1 level(s) were not opened',
    })
  })
  it('says what it cut, having shown what is near first', async () => {
    for (let i = 0; i < 5; i++) await put(`deep/deep/${i}`, '')
    await put('top', '')
    expect(await tools().list_files.execute({ limit: 3 }, options)).toEqual({
      entries: [
        { path: 'deep', kind: 'folder' },
        { path: 'deep/deep', kind: 'folder' },
        { path: 'top', kind: 'file', bytes: 0 },
      ],
      cut: 'only the first 3 entries are shown; list a folder of them, or ask for more',
    })
  })
  it('is empty for an empty folder, and clear about what is none', async () => {
    expect(await tools().list_files.execute({}, options)).toEqual({ entries: [] })
    await put('a.md', 'a')
    await expect(tools().list_files.execute({ path: 'a.md' }, options)).rejects.toThrow(
      coded('FILE_NOT_TEXT', /not a folder/),
    )
    await expect(tools().list_files.execute({ path: 'nope' }, options)).rejects.toThrow(
      coded('FILE_UNREADABLE', /"nope" does not exist/),
    )
  })
})

describe('read_file', () => {
  it('gives the text, its hash and its lines', async () => {
    await put('a.txt', '\uFEFFone\r\ntwo\nthree')
    const whole = { path: 'a.txt', hash: hash('\uFEFFone\r\ntwo\nthree'), lines: 3 }
    expect(await tools().read_file.execute({ path: 'a.txt' }, options)).toEqual({
      ...whole,
      text: '\uFEFFone\r\ntwo\nthree',
      fromLine: 1,
      toLine: 3,
    })
    expect(await tools().read_file.execute({ path: 'a.txt', fromLine: 2, toLine: 9 }, options)).toEqual({
      ...whole,
      text: 'two\nthree',
      fromLine: 2,
      toLine: 3,
    })
    await put('empty', '')
    expect(await tools().read_file.execute({ path: 'empty' }, options)).toMatchObject({ text: '', lines: 0 })
    await expect(tools().read_file.execute({ path: 'a.txt', fromLine: 4 }, options)).rejects.toThrow(
      coded('INPUT_INVALID', /has 3 lines/),
    )
  })
  it('offers line ranges of what is too large, each of which fits', async () => {
    const line = `${'x'.repeat(99)}\n`
    await put('big.txt', line.repeat(10_000))
    let fromLine = 1
    let text = ''
    for (let i = 0; i < 10; i++) {
      const failure: unknown = await Promise.resolve(
        tools().read_file.execute({ path: 'big.txt', fromLine }, options),
      ).then(
        (last) => void (text += last.text),
        (error: unknown) => error,
      )
      if (failure === undefined) break
      expect(failure).toEqual(coded('FILE_TOO_LARGE', /ask for fromLine \d+ to toLine \d+/))
      const range = (failure as { data: { fromLine: number; toLine: number } }).data
      text += (
        await tools().read_file.execute({ path: 'big.txt', fromLine: range.fromLine, toLine: range.toLine }, options)
      ).text
      fromLine = range.toLine + 1
    }
    expect(text).toBe(line.repeat(10_000))
    await put('one-line.js', 'y'.repeat(READ_BYTES_MAX + 1))
    await expect(tools().read_file.execute({ path: 'one-line.js' }, options)).rejects.toThrow(
      coded('FILE_TOO_LARGE', /line 1 alone is longer/),
    )
    await put('huge', new Uint8Array(FILE_BYTES_MAX + 1))
    await expect(tools().read_file.execute({ path: 'huge' }, options)).rejects.toThrow(
      coded('FILE_TOO_LARGE', /more than the 16777216/),
    )
  })
  it('refuses what is not text: binary, other encodings, folders, pipes, sockets', async () => {
    await put('image.png', new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0, 1]))
    await put('latin1.txt', new Uint8Array([0x63, 0x61, 0x66, 0xe9]))
    await put('utf16.txt', Buffer.from('text', 'utf16le'))
    await mkdir(join(root, 'folder'))
    execFileSync('mkfifo', [join(root, 'pipe')])
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(join(root, 'socket'), resolve))
    for (const path of ['image.png', 'latin1.txt', 'utf16.txt', 'folder', 'pipe', 'socket', '.']) {
      await expect(tools().read_file.execute({ path }, options)).rejects.toThrow(coded('FILE_NOT_TEXT'))
    }
    await new Promise((resolve) => server.close(resolve))
    await expect(tools().read_file.execute({ path: 'gone/x' }, options)).rejects.toThrow(
      coded('FILE_UNREADABLE', /list_files shows/),
    )
    await expect(tools().read_file.execute({ path: 'latin1.txt/x' }, options)).rejects.toThrow(
      coded('FILE_NOT_TEXT', /not a folder/),
    )
    await expect(tools().read_file.execute({ path: 'n'.repeat(300) }, options)).rejects.toThrow(
      coded('FILE_UNREADABLE', /longer than/),
    )
  })
})

describe('search_files', { timeout: 20_000 }, () => {
  it('finds literals and expressions, line by line', async () => {
    await put('src/a.ts', 'const x = 1\r\nfoo(x)\n// Foo.bar\n')
    await put('b.md', 'foo.*\n')
    await put('bin', new Uint8Array([0, 102, 111, 111]))
    const found = async (input: object) =>
      (await tools().search_files.execute({ pattern: 'foo', ...input }, options)).matches.map(
        ({ path, line, text }) => `${path}:${line}:${text.trim()}`,
      )
    expect(await found({})).toEqual(['b.md:1:foo.*', 'src/a.ts:2:foo(x)'])
    expect(await found({ ignoreCase: true, path: 'src' })).toEqual(['src/a.ts:2:foo(x)', 'src/a.ts:3:// Foo.bar'])
    expect(await found({ pattern: 'foo.*' })).toEqual(['b.md:1:foo.*'])
    expect(await found({ pattern: '^foo.x', regExp: true })).toEqual(['src/a.ts:2:foo(x)'])
    expect(await found({ pattern: 'FOO\\.B', regExp: true, ignoreCase: true, endings: ['.ts'] })).toEqual([
      'src/a.ts:3:// Foo.bar',
    ])
    expect(await found({ endings: ['.md', '.txt'] })).toEqual(['b.md:1:foo.*'])
  })
  it('says what it cut: matches, long lines, large files', async () => {
    await put('many', 'hit\n'.repeat(50))
    expect(await tools().search_files.execute({ pattern: 'hit', limit: 2 }, options)).toMatchObject({
      matches: [{ line: 1 }, { line: 2 }],
      cut: expect.stringMatching(/only the first 2 matching lines/),
    })
    expect(await tools().search_files.execute({ pattern: 'hit', limit: 50 }, options)).not.toHaveProperty('cut')
    await put('many', `${'-'.repeat(20_000)}needle${'-'.repeat(20_000)}`)
    await put('large', 'x'.repeat(SEARCH_FILE_BYTES_MAX + 1))
    const literal = await tools().search_files.execute({ pattern: 'needle' }, options)
    expect(literal.matches[0]?.text).toMatch(/^…-+needle-+…$/)
    expect(literal.matches[0]?.text.length).toBeLessThan(500)
    expect(literal.cut).toMatch(/1 file\(s\) over \d+ bytes were not searched/)
    const expression = await tools().search_files.execute({ pattern: 'needle', regExp: true }, options)
    expect(expression).toMatchObject({
      matches: [],
      cut: expect.stringMatching(/1 line\(s\) were searched only in their first 10000 characters/),
    })
  })
  it('refuses patterns that are none', async () => {
    await expect(tools().search_files.execute({ pattern: '' }, options)).rejects.toThrow(coded('INPUT_INVALID'))
    await expect(tools().search_files.execute({ pattern: 'a\nb' }, options)).rejects.toThrow(
      coded('INPUT_INVALID', /line by line/),
    )
    await expect(tools().search_files.execute({ pattern: '(', regExp: true }, options)).rejects.toThrow(
      coded('INPUT_INVALID', /no regular expression/),
    )
  })
  it('an expression that explodes is stopped in its time, with what was found before', async () => {
    await put('a.txt', 'aaa\n')
    await put('b.txt', `${'a'.repeat(60)}!\n`)
    const bounds = { ignore: [], signal: new AbortController().signal, timeMsMax: 1_500 }
    expect(await searchFiles(root, { pattern: '^(a+)+$', regExp: true }, bounds)).toEqual({
      matches: [{ path: 'a.txt', line: 1, text: 'aaa' }],
      files: 2,
      cut: 'stopped after 1500 ms, in b.txt; narrow the path, or simplify the pattern',
    })
  })
  it('an expression that explodes holds nobody up, and can be aborted', async () => {
    await put('a.txt', `${'a'.repeat(60)}!\n`)
    const controller = new AbortController()
    let turns = 0
    const ticking = setInterval(() => turns++, 5)
    const searching = tools().search_files.execute(
      { pattern: '^(a+)+$', regExp: true },
      { ...options, abortSignal: controller.signal },
    )
    setTimeout(() => controller.abort(), 150)
    await expect(searching).rejects.toThrow(/abort/)
    clearInterval(ticking)
    expect(turns).toBeGreaterThan(5)
  })
})

describe('write_file', { timeout: 20_000 }, () => {
  it('writes whole files, makes folders, keeps permissions, leaves no temporary file', async () => {
    const text = 'ünïcode\n'
    expect(await tools().write_file.execute({ path: 'new/deep/a.txt', text }, options)).toEqual({
      path: 'new/deep/a.txt',
      hash: hash(text),
      bytes: 10,
    })
    await chmod(join(root, 'new/deep/a.txt'), 0o750)
    await tools().write_file.execute({ path: 'new/deep/a.txt', text: 'two' }, options)
    expect(await readFile(join(root, 'new/deep/a.txt'), 'utf8')).toBe('two')
    expect((await stat(join(root, 'new/deep/a.txt'))).mode & 0o777).toBe(0o750)
    expect(await readdir(join(root, 'new/deep'))).toEqual(['a.txt'])
  })
  it('changes nothing but what the caller expects, and stands repeats', async () => {
    const first = { path: 'a', text: 'one', expectedHash: 'absent' }
    await tools().write_file.execute(first, options)
    expect(await tools().write_file.execute(first, options)).toMatchObject({ hash: hash('one') })
    await expect(tools().write_file.execute({ ...first, text: 'other' }, options)).rejects.toThrow(
      coded('FILE_CHANGED', /has the hash .* not absent as expected/),
    )
    const second = { path: 'a', text: 'two', expectedHash: hash('one') }
    await tools().write_file.execute(second, options)
    await tools().write_file.execute(second, options)
    await expect(
      tools().write_file.execute({ path: 'a', text: 'three', expectedHash: hash('one') }, options),
    ).rejects.toThrow(coded('FILE_CHANGED'))
    await expect(
      tools().write_file.execute({ path: 'b', text: 'three', expectedHash: hash('one') }, options),
    ).rejects.toThrow(coded('FILE_CHANGED', /does not exist/))
    expect(await readFile(join(root, 'a'), 'utf8')).toBe('two')
  })
  it('a reader sees the old or the new, never a part', async () => {
    const texts = ['a', 'b'].map((letter) => letter.repeat(400_000))
    await put('f', texts[0] ?? '')
    const done = new AbortController()
    const writing = (async () => {
      for (let i = 0; i < 30; i++) await tools().write_file.execute({ path: 'f', text: texts[i % 2] ?? '' }, options)
      done.abort()
    })()
    const seen = new Set<string>()
    do seen.add(await readFile(join(root, 'f'), 'utf8'))
    while (!done.signal.aborted)
    await writing
    expect([...seen].every((text) => texts.includes(text))).toBe(true)
  })
  it('refuses folders, pipes and what UTF-8 cannot hold', async () => {
    await mkdir(join(root, 'folder'))
    execFileSync('mkfifo', [join(root, 'pipe')])
    for (const path of ['folder', 'pipe', '.', ''])
      await expect(tools().write_file.execute({ path, text: 'x' }, options)).rejects.toThrow(coded('FILE_NOT_TEXT'))
    await expect(tools().write_file.execute({ path: 'x', text: '\uD800' }, options)).rejects.toThrow(
      coded('INPUT_INVALID', /surrogate/),
    )
    expect((await readdir(root)).sort()).toEqual(['folder', 'pipe'])
  })
})

describe('patch_file', () => {
  const base = 'one\ntwo\nthree\n'
  const patched = 'one\n2\nthree\n'
  const replace = { path: 'a', baseHash: hash(base), find: 'two', replacement: '2' }
  const diff = { path: 'a', baseHash: hash(base), diff: '--- a/a\n+++ b/a\n@@ -1,3 +1,3 @@\n one\n-two\n+2\n three\n' }
  beforeEach(() => put('a', base))

  it.each([
    ['replacement', replace],
    ['diff', diff],
  ])('applies a %s, and only to its base', async (_, input) => {
    expect(await tools().patch_file.execute(input, options)).toEqual({
      path: 'a',
      hash: hash(patched),
      bytes: patched.length,
    })
    expect(await readFile(join(root, 'a'), 'utf8')).toBe(patched)
    await expect(tools().patch_file.execute(input, options)).rejects.toThrow(coded('FILE_CHANGED', /read it again/))
  })
  it.each([
    ['replacement', replace],
    ['diff', diff],
  ])('E6: what became of a %s is proved by hashes', async (_, input) => {
    const { patch_file } = tools()
    expect(await patch_file.reconcile?.(input, options)).toEqual({ absent: true })
    const done = await patch_file.execute(input, options)
    expect(await patch_file.reconcile?.(input, options)).toEqual({ done })
    await put('a', `${patched}four\n`)
    expect(await patch_file.reconcile?.(input, options)).toEqual({ unknown: true })
    await put('a', `${base}four\n`)
    expect(await patch_file.reconcile?.(input, options)).toEqual({ unknown: true })
    await rm(join(root, 'a'))
    await expect(patch_file.reconcile?.(input, options)).rejects.toThrow('ENOENT')
  })
  it('E6: a deletion is proved as well', async () => {
    const input = { ...replace, find: 'two\n', replacement: '' }
    const done = await tools().patch_file.execute(input, options)
    expect(await tools().patch_file.reconcile?.(input, options)).toEqual({ done })
  })
  it('wants one form, and one that changes something', async () => {
    for (const input of [
      {},
      { find: 'two' },
      { find: '', replacement: 'x' },
      { find: 'two', replacement: '2', diff: '@@' },
    ]) {
      await expect(tools().patch_file.execute({ path: 'a', baseHash: hash(base), ...input }, options)).rejects.toThrow(
        coded('INPUT_INVALID', /either find and replacement, or diff/),
      )
    }
    await expect(tools().patch_file.execute({ ...replace, replacement: 'two' }, options)).rejects.toThrow(
      coded('PATCH_REJECTED', /changes nothing/),
    )
    await expect(tools().patch_file.execute({ ...replace, path: 'gone' }, options)).rejects.toThrow(
      coded('FILE_UNREADABLE'),
    )
  })
})
