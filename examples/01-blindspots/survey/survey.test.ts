import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { SOURCE_BYTES_MAX } from '../limits.ts'
import { listFolder } from './files.ts'
import { isSource, isTest } from './kinds.ts'
import { survey } from './survey.ts'
import { argvOf, guessTestCommand, shownArgv } from './test-command.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'blindspots-test-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function put(files: Readonly<Record<string, string | Uint8Array>>): void {
  for (const [file, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    writeFileSync(join(folder, file), content)
  }
}

describe('listFolder', () => {
  const FILES = {
    'a.js': 'x',
    'src/b.js': 'x',
    'dist/c.js': 'x',
    'node_modules/d/e.js': 'x',
    'packages/f/node_modules/g.js': 'x',
    '.skein/h': 'x',
  }

  it('walks where there is no git, past what tools leave behind, and links dependencies', async () => {
    put(FILES)
    expect(await listFolder(folder)).toEqual({
      files: ['a.js', 'src/b.js'],
      links: ['node_modules', 'packages/f/node_modules'],
      by: 'walk',
    })
  })

  it('asks git where there is one: tracked files, and new ones that it does not ignore', async () => {
    put({ ...FILES, '.gitignore': 'node_modules\nsecret\n.skein\n', secret: 'x', 'new.js': 'x' })
    const git = (...args: string[]): unknown =>
      execFileSync('git', ['-C', folder, '-c', 'user.name=a', '-c', 'user.email=a@b', ...args], { stdio: 'ignore' })
    git('init')
    git('add', 'a.js', 'dist/c.js', '.gitignore')
    git('commit', '-m', 'first')
    const listed = await listFolder(folder)
    expect(listed.by).toBe('git')
    expect(listed.files).toEqual(['.gitignore', 'a.js', 'dist/c.js', 'new.js', 'src/b.js'])
    expect(listed.links).toEqual(['node_modules', 'packages/f/node_modules'])
    expect((await listFolder(join(folder, 'src'))).files).toEqual(['b.js'])
  })
})

describe('kinds of files', () => {
  it.each([
    'a.test.ts',
    'src/a_test.go',
    'test_a.py',
    'tests/a.rs',
    'src/__tests__/a.js',
    'spec/a_spec.rb',
    'FooTest.java',
    'test.js',
  ])('%s is a test', (file) => {
    expect(isTest(file)).toBe(true)
    expect(isSource(file, [])).toBe(false)
  })

  it.each(['src/a.ts', 'lib/contest.py', 'main.go', 'src/tools/a.rs', 'attestation.rb'])('%s is code', (file) => {
    expect(isSource(file, [])).toBe(true)
  })

  it.each(['README.md', 'a.d.ts', 'vite.config.ts', 'scripts/a.js', 'vendor/a.go', 'a.min.js', 'setup.py'])(
    '%s is neither',
    (file) => {
      expect(isSource(file, [])).toBe(false)
      expect(isTest(file)).toBe(false)
    },
  )

  it('looks only where it is told to, and there even into scripts', () => {
    expect(isSource('src/a.ts', ['src/b', 'src/a'])).toBe(false)
    expect(isSource('src/a/c.ts', ['src/a/'])).toBe(true)
    expect(isSource('src/a.ts', ['src/a.ts'])).toBe(true)
    expect(isSource('scripts/a.js', ['scripts'])).toBe(true)
  })
})

describe('survey', () => {
  it('counts what it passes over, and says how many changes each file offers', async () => {
    put({
      'a.js': 'if (a < b) c()\n',
      'types.ts': 'export type A = 1\n',
      'binary.js': Uint8Array.of(1, 0, 2),
      'latin.js': Uint8Array.of(0x78, 0xe9),
      'huge.js': 'x'.repeat(SOURCE_BYTES_MAX + 1),
      'generated.js': '// DO NOT EDIT\nif (a) b()\n',
      'minified.js': `${'a();'.repeat(1_000)}\n`,
      'a.test.js': 'x < 1',
    })
    symlinkSync(join(folder, 'a.js'), join(folder, 'link.js'))
    const found = await survey(folder, [...(await listFolder(folder)).files, 'gone.js'], [])
    expect(found.sources.map(({ file }) => file)).toEqual(['a.js'])
    expect(found.sources[0]?.proposals).toBeGreaterThan(2)
    expect(found.tests).toBe(1)
    expect(found.skipped).toEqual({ binary: 2, huge: 1, unreadable: 2, generated: 2, beyondLimit: 0 })
  })
})

describe('the test command', () => {
  it.each([
    ['vitest run --bail 1', ['vitest', 'run', '--bail', '1']],
    [`pytest -k "a or b" 'c d' e\\ f`, ['pytest', '-k', 'a or b', 'c d', 'e f']],
    [`say "it's \\"so\\""`, ['say', `it's "so"`]],
    [`a ''`, ['a', '']],
    ['  a  ', ['a']],
    ['npm run build && npm test', ['sh', '-c', 'npm run build && npm test']],
    ['CI=1 npm test', ['sh', '-c', 'CI=1 npm test']],
    ['a *.ts', ['sh', '-c', 'a *.ts']],
    ['echo "$HOME"', ['sh', '-c', 'echo "$HOME"']],
    [`a 'b`, ['sh', '-c', `a 'b`]],
    ['', undefined],
    ['   ', undefined],
  ])('%j is %j', (line, argv) => {
    expect(argvOf(line)).toEqual(argv)
  })

  it('is shown as it would be typed', () => {
    for (const argv of [
      ['a', "it's", 'b c', ''],
      ['sh', '-c', 'a && b'],
    ] as const)
      expect(argvOf(shownArgv(argv))).toEqual(argv)
  })

  it.each([
    ['package.json', '{"scripts":{"test":"vitest"}}', ['npm', 'test', '--silent']],
    ['package.json', '{"scripts":{"test":"echo \\"Error: no test specified\\" && exit 1"}}', undefined],
    ['package.json', '{', undefined],
    ['Cargo.toml', '', ['cargo', 'test', '--quiet']],
    ['go.mod', '', ['go', 'test', './...']],
    ['pyproject.toml', '', ['python3', '-m', 'pytest', '-q', '-x']],
    ['Makefile', 'all:\n\ntest: all\n\t./t\n', ['make', 'test']],
    ['Makefile', 'all:\n', undefined],
    ['README.md', '', undefined],
  ])('is guessed from %s %j', async (file, content, argv) => {
    put({ [file]: content })
    expect((await guessTestCommand(folder))?.argv).toEqual(argv)
  })
})
