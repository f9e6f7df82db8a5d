import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { ProcessView } from '../../engine/index.ts'
import type { Fact } from '../../kernel/index.ts'
import { headLine, journalLine, readJournals } from './journal-file.ts'

const view = { pid: 'p', kind: 'workflow', workflow: 'order', status: 'waiting' } as unknown as ProcessView
const fact = (seq: number, type: string): Fact => ({ type, seq, v: 1, at: 0 }) as unknown as Fact

async function read(text: string) {
  const folder = await mkdtemp(join(tmpdir(), 'skein-journals-'))
  try {
    const file = join(folder, 'prod.jsonl')
    await writeFile(file, text)
    const journals = []
    for await (const journal of readJournals(file)) journals.push(journal)
    return journals
  } finally {
    await rm(folder, { recursive: true })
  }
}

describe('journals in a file', () => {
  it('hold the birth and the open segment of each process', async () => {
    const facts = [fact(0, 'born'), fact(1, 'settled'), fact(2, 'snapshot'), fact(3, 'waiting')]
    const [journal, ...more] = await read(headLine() + journalLine(view, facts))
    expect(more).toEqual([])
    expect(journal).toMatchObject({ pid: 'p', kind: 'workflow', workflow: 'order', status: 'waiting' })
    expect(journal?.facts.map(({ seq }) => seq)).toEqual([0, 2, 3])
  })

  it.each([
    ['', /is empty/],
    ['{"skein":"other"}\n', /holds no journals/],
    ['not json\n', /holds no journals/],
    ['{"skein":"journals","v":9}\n', /another version of Skein \(form 9\)/],
    [`${headLine()}{"pid":\n`, /line 2: /],
  ])('a file that is none says so: %j', async (text, said) => {
    await expect(read(text)).rejects.toMatchObject({
      code: 'FILE_UNREADABLE',
      message: expect.stringMatching(said) as string,
    })
  })
})
