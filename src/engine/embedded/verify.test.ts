import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { DatabaseSync } from 'node:sqlite'
import { asPid } from '../../std/index.ts'
import { all, captured, codeOf, endWith, factsFrom, note, request, settle } from '../engine.fixture.ts'
import { PAGE_ROWS } from '../limits.ts'
import { layoutOf } from './folder/layout.ts'
import { ports, temporaryFolder } from './folder/folder.fixture.ts'
import { openEmbedded } from './folder/open-embedded.ts'
import { readEmbedded } from './folder/read-embedded.ts'

describe('J1: verify', () => {
  let folder: ReturnType<typeof temporaryFolder>

  beforeEach(async () => {
    folder = temporaryFolder()
    await using engine = await openEmbedded({ folder: folder.path, ...ports })
    const host = captured()
    await engine.host(host.run)
    for (const pid of ['p', 'q']) {
      await engine.start(request(pid))
      const activation = await host.next()
      for (let seq = 0; seq < 3; seq++) activation.frame(factsFrom(seq, [note(`${pid}${seq}`)]), {})
      if (pid === 'p') await endWith(activation)
      else await settle()
    }
  })
  afterEach(() => folder[Symbol.dispose]())

  const tamper = (sql: string): void => {
    const db = new DatabaseSync(layoutOf(folder.path).database)
    db.exec(sql)
    db.close()
  }
  const problems = async (pid?: string): Promise<[string, number][]> => {
    using reader = readEmbedded(folder.path, ports.hash)
    return (await all(reader.verify(pid === undefined ? undefined : asPid(pid)))).map((found) => [found.pid, found.n])
  }

  it('finds nothing in journals as they were written', async () => {
    expect(await problems()).toEqual([])
    expect(await problems('p')).toEqual([])
    expect(await problems('nobody')).toEqual([])
  })

  it.each([
    ['a changed fact', `update frame set body = replace(body, '"attempt":0', '"attempt":1') where p = 1 and n = 1`, 1],
    ['a changed payload', `update frame set payloads = replace(payloads, 'p1', 'x1') where p = 1 and n = 1`, 1],
    ['a missing frame', 'delete from frame where p = 1 and n = 1', 1],
    ['a changed hash', `update frame set hash = 'beef' where p = 1 and n = 0`, 0],
    [
      'a frame from elsewhere',
      'update frame set body = (select body from frame where p = 2 and n = 1) where p = 1 and n = 1',
      1,
    ],
    ['payloads that are no JSON', `update frame set payloads = 'x' where p = 1 and n = 2`, 2],
  ])('finds %s, and where', async (_, sql, n) => {
    tamper(sql)
    expect(await problems()).toEqual([['p', n]])
    expect(await problems('q')).toEqual([])
  })

  it('an erased payload is no problem', async () => {
    tamper(`update frame set payloads = '[null]' where p = 1 and n = 1`)
    expect(await problems()).toEqual([])
  })

  it('long journals and many processes are read page by page', async () => {
    const N = 2 * PAGE_ROWS + 1
    {
      await using engine = await openEmbedded({ folder: folder.path, ...ports })
      const host = captured()
      await engine.host(host.run)
      const q = await host.next()
      for (let seq = 3; seq < N; seq++) q.frame(factsFrom(seq, [note(`q${seq}`)]), {})
      await endWith(q)
      await Promise.all(Array.from({ length: N }, (_, i) => engine.start(request(`extra${i}`))))
    }
    using reader = readEmbedded(folder.path, ports.hash)
    expect((await all(reader.history(asPid('q')))).map((frame) => frame.n)).toEqual(
      Array.from({ length: N }, (_, n) => n),
    )
    expect(await all(reader.list({}))).toHaveLength(N + 2)
    expect(await problems()).toEqual([])
    tamper(`update frame set hash = 'beef' where p = 2 and n = ${N - 1}`)
    expect(await problems()).toEqual([['q', N - 1]])
  })

  it('a process whose start request is gone parks', async () => {
    tamper('delete from birth where p = 2')
    await using engine = await openEmbedded({ folder: folder.path, ...ports })
    const told: string[] = []
    await engine.host(captured().run, { onParked: (pid) => told.push(pid) })
    await settle()
    expect(await engine.inspect(asPid('q'))).toMatchObject({
      status: 'parked',
      parked: { code: 'DATA_FOLDER_CORRUPT' },
    })
    expect(told).toEqual(['q'])
  })

  it('a process whose journal cannot be read parks, and the others run', async () => {
    tamper(`update frame set payloads = 'x' where p = 2 and n = 2`)
    await using engine = await openEmbedded({ folder: folder.path, ...ports })
    const host = captured()
    await engine.host(host.run)
    await settle()
    expect(await engine.inspect(asPid('q'))).toMatchObject({
      status: 'parked',
      parked: { code: 'DATA_FOLDER_CORRUPT' },
    })
    expect(await codeOf(all(engine.history(asPid('q'))))).toBe('DATA_FOLDER_CORRUPT')
    await engine.start(request('r'))
    await endWith(await host.next())
  })
})
