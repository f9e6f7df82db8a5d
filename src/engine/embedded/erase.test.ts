import { statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { FactBody } from '../../kernel/index.ts'
import { asPid, limits } from '../../std/index.ts'
import { all, captured, endWith, factsFrom, note, ok, request } from '../engine.fixture.ts'
import { ports, temporaryFolder } from './folder/folder.fixture.ts'
import { openEmbedded } from './folder/open-embedded.ts'

const P = asPid('p')
const TEXT = 'x'.repeat(limits.PAYLOAD_INLINE_BYTES_MAX / 2)
const COUNT = 40

describe('a run that is erased', () => {
  it('J2: has one fact more, the next one, that says so; what it held is gone from the disk once that is compacted', async () => {
    using folder = temporaryFolder()
    await using engine = await openEmbedded({ folder: folder.path, ...ports })
    const host = captured()
    await engine.host(host.run)
    await engine.start(request('p'))
    const activation = await host.next()
    const notes = Array.from(
      { length: COUNT },
      (_, n): FactBody => ({ ...note(`n${n}`), outcome: ok(`${n}${TEXT}`).outcome }) as FactBody,
    )
    activation.frame(factsFrom(0, notes), {})
    await endWith(activation)
    await engine.erase(P, { by: 'ann' })
    const facts = (await all(engine.history(P))).flatMap((frame) => frame.facts)
    expect(facts.map(({ seq }) => seq)).toEqual([...notes.keys(), COUNT])
    expect(facts.at(-1)).toMatchObject({ type: 'erased', by: 'ann' })
    await engine.compact()
    const bytes = ['skein.db', 'skein.db-wal'].reduce((sum, file) => sum + statSync(join(folder.path, file)).size, 0)
    expect(bytes).toBeLessThan((COUNT / 2) * TEXT.length)
  })
})
