/** Pending effects as people use them: the answer comes from outside, while nobody runs the folder or while somebody does. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { RENDER } from './definitions.ts'
import { project } from './project.ts'

describe('skein settle', () => {
  it('brings the answer of a job of hours, by name, to a folder that nobody runs', async () => {
    await using p = await project({ 'film.ts': RENDER })
    const waiting = await p.skein('run', 'film.ts', '--id', 'f1', '--input', '{"film":"tides"}')
    expect([waiting.code, waiting.err]).toEqual([3, expect.stringContaining('npx skein settle f1/render --done')])
    expect((await p.skein('inbox')).out).toContain('render is pending as job-tides')
    const settled = await p.skein('settle', 'f1/render', '--done', '{"url":"x"}', '--by', 'ann')
    expect([settled.code, settled.out]).toEqual([0, 'settled f1/render\n'])
    const again = await p.skein('settle', 'job-tides', '--done', '{"url":"y"}', '--json')
    expect([again.code, JSON.parse(again.out)]).toEqual([0, { name: 'job-tides', done: 'duplicate', hosted: false }])
    const done = await p.skein('run', 'film.ts', '--id', 'f1')
    expect([done.code, JSON.parse(done.out), p.ledger()]).toEqual([0, { url: 'x' }, ['submitted tides']])
    expect((await p.skein('log', 'f1')).out).toMatch(/done +render .*settled by ann/)
  })

  it('brings it by token to a run that is live, and keeps what comes too early', async () => {
    await using p = await project({ 'film.ts': RENDER })
    const first = p.start('run', 'film.ts', '--id', 'f1', '--input', '{"film":"tides","busy":true}')
    await p.ledgerHas(1)
    expect((await p.skein('settle', 'job-tides', '--done', '{"url":"x"}')).code).toBe(0)
    await writeFile(join(p.folder, 'go'), '')
    expect(JSON.parse((await first.ended).out)).toEqual({ url: 'x' })
    expect((await p.skein('settle', 'job-wind', '--fail', 'no wind')).out).toBe(
      'kept until an effect waits for it: job-wind\n',
    )
    const failed = await p.skein('run', 'film.ts', '--id', 'f2', '--input', '{"film":"wind"}')
    expect([failed.code, failed.err]).toEqual([1, expect.stringContaining('render failed: no wind')])
  })

  it('says what is wrong', async () => {
    await using p = await project({ 'film.ts': RENDER })
    await p.skein('run', 'film.ts', '--id', 'f1', '--input', '{"film":"tides"}')
    expect((await p.skein('settle', 'f1/render')).err).toContain('exactly one of --done JSON, --fail TEXT')
    expect((await p.skein('settle', 'f1/rendr', '--done', '1')).err).toContain('Did you mean render?')
  })
})
