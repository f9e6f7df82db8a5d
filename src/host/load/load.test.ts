import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isDefinition, loadFile, pickDefinition } from './definitions.ts'

let folder: string
const DEFINITION = `{ kind: 'workflow', name: 'w', version: '1', source: '', onUpgrade: 'pin', run: () => 1 }`

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'skein-load-'))
  const files: Record<string, string> = {
    'default.mjs': `export default ${DEFINITION}\nexport const other = 1`,
    'one.mjs': `export const article = ${DEFINITION}\nexport const other = 1`,
    'two.mjs': `export const a = ${DEFINITION}\nexport const b = ${DEFINITION}`,
    'none.mjs': 'export const price = 3',
    'empty.mjs': 'const x = 1',
    'throws.mjs': `const x = 1\n\nthrow new TypeError('no such thing')`,
    'syntax.mjs': 'const x = 1\nconst y = = 2',
    'missing.mjs': `import 'not-installed-anywhere'`,
    'text.mjs': `throw 'a text'`,
  }
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
  await mkdir(join(folder, 'sub'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const failure = async (name: string): Promise<string> => {
  try {
    pickDefinition(await loadFile(name, folder), undefined, folder)
    return 'loaded'
  } catch (error) {
    return `${(error as { code: string }).code} ${(error as Error).message}`
  }
}

describe('loading a definition file', () => {
  it('takes the default export, or the only definition', async () => {
    expect(pickDefinition(await loadFile('default.mjs', folder), undefined, folder).name).toBe('w')
    expect(pickDefinition(await loadFile('one.mjs', folder), undefined, folder).name).toBe('w')
    expect(pickDefinition(await loadFile('two.mjs', folder), 'b', folder).name).toBe('w')
  })
  it('says what it found instead of a definition', async () => {
    expect(await failure('two.mjs')).toBe(
      'DEFINITION_LOAD_FAILED two.mjs has no default export and several definitions: choose one with --export a | b',
    )
    expect(await failure('none.mjs')).toContain(
      'none.mjs exports nothing that can be run; its exports are price, none of them made by workflow() or agent()',
    )
    expect(await failure('empty.mjs')).toContain('it exports nothing at all')
  })
  it('names file and line of what a file throws', async () => {
    expect(await failure('throws.mjs')).toBe('DEFINITION_LOAD_FAILED throws.mjs:3: TypeError: no such thing')
    expect(await failure('text.mjs')).toContain('text.mjs threw a text while it was loaded')
    expect(await failure('missing.mjs')).toContain('install it beside the file')
  })
  it('tells unreadable files apart', async () => {
    expect(await failure('absent.mjs')).toBe('FILE_UNREADABLE absent.mjs: there is no such file')
    expect(await failure('sub')).toContain('FILE_UNREADABLE sub is not a file')
  })
  it('knows definitions by shape', () => {
    expect([
      isDefinition(null),
      isDefinition({ kind: 'tool', name: 'x', version: '1' }),
      isDefinition({ kind: 'agent', name: 'x', version: '1' }),
    ]).toEqual([false, false, true])
  })
})
