import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { dataFolder, loadConfig } from './config.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'skein-config-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const withConfig = (text: string) => writeFile(join(folder, 'skein.config.mjs'), text)

describe('skein.config', () => {
  it('may be absent', async () => {
    expect(await loadConfig(folder)).toEqual({})
    expect(dataFolder(undefined, {}, '/p')).toBe('/p/.skein')
  })
  it('gives data folder and models; the flag wins', async () => {
    await withConfig(`export default { data: 'runs', models: { aliases: { fast: 'openai/gpt-5.4-mini' } } }`)
    const config = await loadConfig(folder)
    expect(config.models?.aliases).toEqual({ fast: 'openai/gpt-5.4-mini' })
    expect([dataFolder(undefined, config, folder), dataFolder('x', config, folder)]).toEqual([
      join(folder, 'runs'),
      join(folder, 'x'),
    ])
  })
  it.each([
    [
      'export default { model: {} }',
      /skein.config.mjs has a member model that nothing reads; the members are data, engine, models, retention. Did you mean models\?/,
    ],
    [
      'export default { models: { prize: {} } }',
      /models in skein.config.mjs has a member prize.*Did you mean prices\?/,
    ],
    [
      'export default { models: { concurrency: 0 } }',
      /concurrency of models in skein.config.mjs is 0; write how many model calls may be in flight at once: 1 or more/,
    ],
    [`export default { models: { concurrency: '9' } }`, /concurrency of models in skein.config.mjs is 9;/],
    ['export const data = 1', /has no default export/],
    ['export default { data: 3 }', /data in skein.config.mjs is no text/],
    [`throw new Error('no')`, /skein.config.mjs:1: Error: no/],
  ])('refuses %s', async (text, message) => {
    await withConfig(text)
    await expect(loadConfig(folder)).rejects.toThrow(message)
  })
})
