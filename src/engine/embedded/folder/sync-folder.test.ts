import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { fileActs } from './file-acts.fixture.ts'
import { temporaryFolder } from './folder.fixture.ts'
import { syncTree } from './sync-folder.ts'

it('T4: a tree is on the disk with every file in it, and with its folders after what lies in them', async () => {
  using folder = temporaryFolder('tree')
  mkdirSync(join(folder.path, 'inner'), { recursive: true })
  writeFileSync(join(folder.path, 'inner', 'deep'), 'x')
  writeFileSync(join(folder.path, 'near'), 'x')
  expect(await fileActs(() => syncTree(folder.path))).toEqual(['sync deep', 'sync inner', 'sync near', 'sync tree'])
})
