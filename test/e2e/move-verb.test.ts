/** `skein move` as people type it, to a server that workers serve and back. */
import { join } from 'node:path'
import { open } from 'skein'
import { describe, expect, it } from 'vitest'
import { nodeClock, nodeHash, nodeRandom, openRestate } from '../../src/engine/index.ts'
import { asPid } from '../../src/std/index.ts'
import { restateProgram, startRestate } from '../../src/testing/index.ts'
import { RENDER } from './definitions.ts'
import { project } from './project.ts'

const program = restateProgram()

describe.skipIf(program === undefined)('skein move to a Restate server', () => {
  it('carries a run there, says where it went, and brings it back to its end', async () => {
    await using server = await startRestate(program ?? '')
    const ports = { clock: nodeClock, hash: nodeHash, random: nodeRandom }
    const worker = await openRestate({ ...server, ...ports })
    await using _skein = await open({ engine: worker, models: {}, workflows: [] })
    await using p = await project({ 'film.ts': RENDER })
    const [folder, host] = [join(p.folder, '.skein'), new URL(server.ingress).host]
    const engine = `restate://${host}?admin=${new URL(server.admin).host}`
    await p.skein('run', 'film.ts', '--id', 'f1', '--input', '{"film":"tides"}')
    const there = await p.skein('move', 'f1', '--from', folder, '--to', engine)
    expect([there.err, there.code, there.out]).toEqual(['', 0, `moved f1 (1 process) to ${engine}\n`])
    expect((await p.skein('move', 'f1', '--from', folder, '--to', engine)).err).toContain('RUN_MOVED')
    // Nobody there has its code.
    while ((await worker.inspect(asPid('f1')))?.status !== 'parked')
      await new Promise((resolve) => setTimeout(resolve, 10))
    const back = await p.skein('move', '--from', engine, '--to', folder, '--where', 'status=parked', '--yes')
    expect([back.err, back.code, back.out]).toEqual(['', 0, `moved f1 (1 process) to ${folder}\n`])
    expect((await p.skein('settle', 'f1/render', '--done', '{"url":"x"}')).out).toBe('settled f1/render\n')
    const done = await p.skein('run', 'film.ts', '--id', 'f1')
    expect([done.code, JSON.parse(done.out), p.ledger()]).toEqual([0, { url: 'x' }, ['submitted tides']])
    expect((await p.skein('verify')).code).toBe(0)
  })
})
