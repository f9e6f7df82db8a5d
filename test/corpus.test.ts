/**
 * Every journal format that was ever released opens for ever: folders written by the code of its day are continued by
 * today's, to the values that an uninterrupted run has, and nothing that they keep is done again.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { nodeHash, readEmbedded } from '../src/engine/index.ts'
import type { Fact, WaitOn } from '../src/kernel/index.ts'
import { idOf, segmentsOf } from '../src/testing/oracle/journal.ts'
import { foldersOf, unpack } from './corpus/folder.ts'
import { live } from './corpus/live.ts'

const CORPUS = fileURLToPath(new URL('corpus', import.meta.url))
const FORMATS = readdirSync(CORPUS).filter((name) => name.startsWith('format-'))
const LIFE_MS_MAX = 60_000

/** What a folder of this name is there to hold. */
const WAITS: Readonly<Record<string, readonly WaitOn['kind'][]>> = {
  resting: ['answer', 'approval', 'budget', 'message', 'operator'],
}

type Written = {
  readonly values: Readonly<Record<string, unknown>>
  readonly done: Readonly<Record<string, readonly string[]>>
}

/** What a folder holds: the waits of its processes, the keys with an outcome, and what is wrong with it. */
async function readCopy(folder: string) {
  using reader = readEmbedded(folder, nodeHash)
  const kept = new Set<string>()
  const waits = new Set<string>()
  for await (const view of reader.list({})) {
    for (const { on } of view.waits) waits.add(on.kind)
    const facts: Fact[] = []
    for await (const frame of reader.history(view.pid)) facts.push(...frame.facts)
    for (const segment of segmentsOf({ pid: view.pid, facts }))
      for (const fact of segment.facts)
        if (fact.type === 'settled' || (fact.type === 'resolved' && fact.outcome !== undefined))
          kept.add(idOf(segment, fact.key))
  }
  const problems: unknown[] = []
  for await (const problem of reader.verify()) problems.push(problem)
  return { kept, waits, problems }
}

describe.each(FORMATS)('%s', (format) => {
  const home = join(CORPUS, format)
  const definitions = join(home, 'definitions.mjs')
  const written = JSON.parse(readFileSync(join(home, 'written.json'), 'utf8')) as Written
  const folders = foldersOf(home)

  it('has a folder that was killed, one that rests and one that has ended', () => {
    expect(folders).toEqual(['ended', 'killed', 'resting'])
  })

  it.concurrent.each(folders)(
    '%s: verifies, goes on to its end, and does nothing again',
    async (name) => {
      const folder = mkdtempSync(join(tmpdir(), 'skein-corpus-'))
      try {
        unpack(join(home, name), folder)
        const before = await readCopy(folder)
        expect(before.problems).toEqual([])
        expect(WAITS[name]?.filter((kind) => !before.waits.has(kind)) ?? []).toEqual([])
        const told = await live(definitions, folder, 'finish')
        expect(told.problems).toEqual([])
        expect(told.values).toEqual(written.values)
        expect(told.done.filter(({ key }) => before.kept.has(key))).toEqual([])
        const known = new Set([...(written.done[name] ?? []), ...told.done.map(({ key }) => key), ...before.kept])
        const after = await readCopy(folder)
        expect(written.done['ended']?.filter((key) => !known.has(key) && !after.kept.has(key))).toEqual([])
        const plain = told.done.filter(({ tool }) => tool === 'mail').map(({ key }) => key)
        expect(plain.filter((key, index) => plain.indexOf(key) !== index)).toEqual([])
      } finally {
        rmSync(folder, { recursive: true, force: true })
      }
    },
    LIFE_MS_MAX,
  )
})
