/** What a crash leaves behind, in every combination, is told by hashes. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ToolExecutionOptions } from 'skein/kernel'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { patchHash, sha256 } from './patch.ts'
import { addTests } from './tools.ts'
import type { AddTestsInput } from './tools.ts'

const OPTIONS: ToolExecutionOptions = { toolCallId: 'c', messages: [] }
const [WAS, IS, OTHER] = ['old\n', 'old\nnew\n', 'mine\n']
const NAMES = ['a.test.js', 'b.test.js'] as const
type State = 'base' | 'done' | 'other'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'blindspots-add-'))
  writeFileSync(join(folder, 'a.js'), 'source')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** The working tree in these states; the second file is a new one. */
function tree(states: readonly State[]): AddTestsInput {
  const files = NAMES.map((path, i) => ({ path, base: i === 0 ? sha256(WAS) : 'absent', text: IS, sha256: sha256(IS) }))
  for (const [i, state] of states.entries()) {
    const text = { base: i === 0 ? WAS : undefined, done: IS, other: OTHER }[state]
    if (text !== undefined) writeFileSync(join(folder, NAMES[i] as string), text)
  }
  return { folder, patch: patchHash(files), files, sources: [{ path: 'a.js', sha256: sha256('source') }] }
}
const texts = (): readonly string[] => NAMES.map((name) => readFileSync(join(folder, name), 'utf8'))

type Case = readonly [State, State, told: object]
const WHOLE: readonly Case[] = [
  ['base', 'base', { absent: true }],
  ['done', 'base', { absent: true }],
  ['base', 'done', { absent: true }],
  ['done', 'done', { done: { files: NAMES } }],
]
const ONLY_A = 'only a.test.js was written'
const ONLY_B = 'only b.test.js was written'
const NOTHING = 'nothing was written'
const TOUCHED: readonly (readonly [State, State, said: string])[] = [
  ['other', 'base', NOTHING],
  ['base', 'other', NOTHING],
  ['other', 'other', NOTHING],
  ['done', 'other', ONLY_A],
  ['other', 'done', ONLY_B],
]

describe('tests are added', () => {
  it.each(WHOLE)('after a crash that left %s and %s: the rest is written, nothing twice', async (a, b, told) => {
    const input = tree([a, b])
    expect(await addTests.reconcile?.(input, OPTIONS)).toEqual(told)
    await addTests.execute(input, OPTIONS)
    expect(texts()).toEqual([IS, IS])
    await addTests.execute(input, OPTIONS)
    expect(texts()).toEqual([IS, IS])
  })

  it.each(TOUCHED)('not after a crash that left %s and %s: a person is asked', async (a, b, said) => {
    const input = tree([a, b])
    expect(await addTests.reconcile?.(input, OPTIONS)).toEqual({ unknown: true })
    await expect(addTests.execute(input, OPTIONS)).rejects.toThrow(said)
  })

  it('only to the code that they were proved against; what a crash has begun is finished', async () => {
    const untouched = tree(['base', 'base'])
    writeFileSync(join(folder, 'a.js'), 'another source')
    await expect(addTests.execute(untouched, OPTIONS)).rejects.toThrow(/a\.js changed since this run began, so nothing/)
    await addTests.execute(tree(['done', 'base']), OPTIONS)
    expect(texts()).toEqual([IS, IS])
  })

  it('under a hash that any change of them changes', () => {
    const { patch, files } = tree(['base', 'base'])
    for (const member of ['path', 'base', 'sha256'] as const)
      expect(patchHash(files.map((file, i) => (i === 1 ? { ...file, [member]: 'x' } : file)))).not.toBe(patch)
  })
})
