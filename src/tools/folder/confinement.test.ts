import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import fc from 'fast-check'
import type { ToolExecutionOptions } from '../../kernel/index.ts'
import { folderTools } from './folder-tools.ts'
import { holdFolder } from './held-folder.ts'
import { componentsOf } from './locate.ts'

const options: ToolExecutionOptions = { toolCallId: 'c', messages: [] }
const escaping = expect.objectContaining({ code: 'PATH_ESCAPES' })
/** So often a folder that is swapped stays a folder for so long. */
const [FOLDER_EVERY, FOLDER_MS] = [10, 10]
let base = ''
let root = ''

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'skein-folder-'))
  root = join(base, 'root')
  await mkdir(join(root, 'sub'), { recursive: true })
  await mkdir(join(base, 'root-too'))
  await writeFile(join(base, 'secret.txt'), 'secret')
  await writeFile(join(base, 'root-too/secret.txt'), 'secret')
  await writeFile(join(root, 'a.txt'), 'inside')
})
afterEach(() => rm(base, { recursive: true, force: true }))

/** Each tool on a path; what is tried must fail alike in all. */
function attempts(path: string): readonly (() => Promise<unknown>)[] {
  const tools = folderTools({ root, write: true })
  return [
    async () => tools.list_files.execute({ path }, options),
    async () => tools.read_file.execute({ path }, options),
    async () => tools.search_files.execute({ path, pattern: 'x' }, options),
    async () => tools.write_file.execute({ path, text: 'x' }, options),
    async () => tools.patch_file.execute({ path, baseHash: 'x', find: 'a', replacement: 'b' }, options),
  ]
}

/** The codes that the tools refuse the path with. */
async function refusals(path: string): Promise<readonly string[]> {
  const codes = new Set<string>()
  for (const attempt of attempts(path)) {
    await attempt().then(
      () => codes.add('allowed'),
      (error: unknown) => codes.add((error as { code: string }).code),
    )
  }
  return [...codes]
}

describe('no way out of the folder', () => {
  it.each([
    '..',
    '../secret.txt',
    'sub/../../secret.txt',
    '../root-too/secret.txt',
    'sub/../..',
    './../secret.txt',
    'nope/../../secret.txt',
  ])('by %s', async (path) => {
    expect(await refusals(path)).toEqual(['PATH_ESCAPES'])
  })
  it('by an absolute path, even one that is inside', async () => {
    expect(await refusals(join(base, 'secret.txt'))).toEqual(['PATH_ESCAPES'])
    expect(await refusals(join(root, 'a.txt'))).toEqual(['PATH_ESCAPES'])
  })
  it('by a NUL byte or an endless path', async () => {
    expect(await refusals('a.txt\0.md')).toEqual(['PATH_ESCAPES'])
    expect(await refusals('a/'.repeat(3_000))).toEqual(['PATH_ESCAPES'])
  })
  it('by a link to a file, to a folder, through a folder, or to a folder with the same beginning', async () => {
    await symlink('../secret.txt', join(root, 'file'))
    await symlink('..', join(root, 'up'))
    await symlink(join(base, 'root-too'), join(root, 'too'))
    expect(await refusals('file')).toEqual(['PATH_ESCAPES'])
    expect(await refusals('up')).toEqual(['PATH_ESCAPES'])
    expect(await refusals('up/secret.txt')).toEqual(['PATH_ESCAPES'])
    expect(await refusals('too/secret.txt')).toEqual(['PATH_ESCAPES'])
    await expect(attempts('up/new.txt')[3]?.()).rejects.toThrow(escaping)
    await expect(attempts('up/new/deep.txt')[3]?.()).rejects.toThrow(escaping)
    expect(await readdir(base)).toEqual(['root', 'root-too', 'secret.txt'])
  })
  it('by writing through a dangling link, as a file or as a folder', async () => {
    await symlink(join(base, 'made.txt'), join(root, 'dangling'))
    await expect(attempts('dangling')[3]?.()).rejects.toThrow(escaping)
    await expect(attempts('dangling/x.txt')[3]?.()).rejects.toThrow(escaping)
    await expect(attempts('dangling/deep/x.txt')[3]?.()).rejects.toThrow(escaping)
    expect(existsSync(join(base, 'made.txt'))).toBe(false)
  })
  it('by links in a circle', async () => {
    await symlink('b', join(root, 'a'))
    await symlink('a', join(root, 'b'))
    expect(await refusals('a')).toEqual(['PATH_ESCAPES'])
  })
  it('by encodings: they are names like any other', async () => {
    const tools = folderTools({ root, write: true })
    for (const name of [
      '%2e%2e',
      '%2e%2e%2fsecret.txt',
      '..%2fsecret.txt',
      '．．',
      '..\\secret.txt',
      '\u2024\u2024',
      '...',
      ' ..',
      '.. ',
      '%00',
    ]) {
      await tools.write_file.execute({ path: name, text: name }, options)
      expect(await tools.read_file.execute({ path: name }, options)).toMatchObject({ text: name })
    }
    expect((await readdir(root)).length).toBe(12)
    expect(await readdir(base)).toEqual(['root', 'root-too', 'secret.txt'])
  })
  it('by .git, in any case and through a link: its files are commands to others', async () => {
    await mkdir(join(root, '.git/hooks'), { recursive: true })
    await symlink('.git', join(root, 'harmless'))
    for (const path of ['.git/hooks/pre-commit', '.GIT/config', 'sub/.git/config', 'harmless/config']) {
      await expect(attempts(path)[3]?.()).rejects.toThrow(escaping)
    }
    expect(existsSync(join(root, 'sub/.git'))).toBe(false)
  })
})

describe('inside the folder', () => {
  it('.. and links are followed as long as they stay', async () => {
    await symlink('../a.txt', join(root, 'sub/link'))
    await symlink('sub', join(root, 'alias'))
    const tools = folderTools({ root, write: true })
    for (const path of ['sub/../a.txt', './a.txt', 'sub/link', 'alias/link', 'sub//link']) {
      expect(await tools.read_file.execute({ path }, options)).toMatchObject({ text: 'inside' })
    }
    await tools.write_file.execute({ path: 'alias/link', text: 'changed' }, options)
    expect(await readFile(join(root, 'a.txt'), 'utf8')).toBe('changed')
  })
  it('a root that is a link itself is fine', async () => {
    await symlink(root, join(base, 'link'))
    const tools = folderTools({ root: join(base, 'link') })
    expect(await tools.read_file.execute({ path: 'a.txt' }, options)).toMatchObject({ text: 'inside' })
  })
  it('components never climb, whatever the path', () => {
    const part = fc.constantFrom('..', '.', '', 'a', 'b', '%2e%2e', '...')
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
        let components: readonly string[] = []
        try {
          components = componentsOf(parts.join('/'))
        } catch {
          // Refused: nothing to look at.
        }
        expect(components.some((component) => component === '..' || component === '.' || component === '')).toBe(false)
      }),
    )
  })
})

describe('between check and use', { timeout: 20_000 }, () => {
  it.runIf(process.platform === 'linux')('a held folder stays itself when its path becomes a link', async () => {
    await using held = await holdFolder(root, join(root, 'sub'), 'sub')
    await rename(join(root, 'sub'), join(root, 'moved'))
    await symlink(base, join(root, 'sub'))
    await writeFile(held.at('new.txt'), 'x')
    expect(await readdir(join(root, 'moved'))).toEqual(['new.txt'])
    expect(existsSync(join(base, 'new.txt'))).toBe(false)
  })
  it('a folder that turns into a link and back never lets anything through', async () => {
    await writeFile(join(root, 'sub/secret.txt'), 'inside')
    const tools = folderTools({ root, write: true })
    const stop = new AbortController()
    const swapping = (async () => {
      for (let turn = 0; !stop.signal.aborted; turn++) {
        // Now and then it stays what it is for a while: else a slow machine may never meet it as a folder.
        if (turn % FOLDER_EVERY === 0) await setTimeout(FOLDER_MS)
        await rename(join(root, 'sub'), join(root, 'kept'))
        await symlink(base, join(root, 'sub')).catch(() => undefined)
        // What was written meanwhile may have made the folder anew.
        await rm(join(root, 'sub'), { recursive: true, force: true })
        await rename(join(root, 'kept'), join(root, 'sub'))
      }
    })()
    const seen = new Set<string>()
    const note = (work: unknown): Promise<unknown> =>
      Promise.resolve(work).then(
        (result) => seen.add(JSON.stringify(result).includes('"text":"secret"') ? 'LEAK' : 'inside'),
        (error: unknown) => seen.add((error as { code: string }).code),
      )
    for (let i = 0; i < 300; i++) {
      await note(tools.read_file.execute({ path: 'sub/secret.txt' }, options))
      await note(tools.write_file.execute({ path: 'sub/planted.txt', text: String(i) }, options))
      await note(tools.search_files.execute({ pattern: 'secret', path: 'sub' }, options))
    }
    stop.abort()
    await swapping
    expect(seen).not.toContain('LEAK')
    expect(seen).toContain('inside')
    expect((await readdir(base)).sort()).toEqual(['root', 'root-too', 'secret.txt'])
    expect(await readFile(join(base, 'secret.txt'), 'utf8')).toBe('secret')
  })
})
