/** A worker that runs nothing, on a Restate server: what people type while all workers with the code are away. */
import { afterAll, describe, expect, it } from 'vitest'
import { restateProgram, startRestate } from '../../src/testing/index.ts'
import type { LocalRestate } from '../../src/testing/index.ts'
import { freePorts } from '../../src/testing/conformance/free-ports.ts'
import { project, until } from './project.ts'

const program = restateProgram()
if (program === undefined) console.log('mail-only workers are not tried: the server of Restate is not here')

const LETTER = `
import { appendFileSync } from 'node:fs'
import { workflow } from 'skein'
export default workflow({ name: 'letter' }, async (ctx) => {
  await ctx.step('begin', () => appendFileSync('ledger', ctx.pid + '\\n'))
  return (await ctx.receive({ topic: 'letter' })).body
})
`

let server: Promise<LocalRestate> | undefined

/** An installation of its own, with one port for all of its workers. */
async function installation(name: string): Promise<string> {
  const { ingress, admin } = await (server ??= startRestate(program ?? ''))
  const [port] = await freePorts(1)
  return `restate://${new URL(ingress).host}?admin=${encodeURIComponent(admin)}&name=${name}&port=${port}&share=true`
}

describe.skipIf(program === undefined)('skein worker --mail-only', () => {
  afterAll(async () => (await server)?.[Symbol.asyncDispose]())

  it('takes runs and mail, and answers who asks, while nobody runs anything; who comes runs all of it', async () => {
    const at = ['--engine', await installation('away')]
    await using p = await project({ 'letter.ts': LETTER })
    const desk = p.start('worker', '--mail-only', ...at)
    const asked = p.start('run', 'letter.ts', '--id', 'r1', ...at)
    await until(async () => (await p.skein('ps', ...at)).out.includes('r1'), 'the run')
    asked.child.kill('SIGKILL')
    const letter = ['send', 'r1', '"hello"', '--topic', 'letter', '--id', 'l1', ...at]
    expect((await p.skein(...letter)).code).toBe(0)
    expect((await p.skein(...letter)).out).toContain('it was there already')
    expect(JSON.parse((await p.skein('ps', '--json', ...at)).out)).toMatchObject([{ pid: 'r1', status: 'ready' }])
    for (const verb of [['log', 'r1'], ['show', 'r1'], ['inbox']]) expect((await p.skein(...verb, ...at)).code).toBe(0)
    expect(p.ledger()).toEqual([])
    const worker = p.start('worker', 'letter.ts', ...at)
    const ran = await p.skein('run', 'letter.ts', '--id', 'r1', ...at)
    expect([ran.code, ran.out]).toEqual([0, 'hello\n'])
    expect(p.ledger()).toEqual(['r1'])
    for (const one of [desk, worker]) one.child.kill('SIGTERM')
    expect([(await worker.ended).code, await desk.ended]).toEqual([
      0,
      expect.objectContaining({ code: 0, out: expect.stringContaining('runs nothing, and answers who asks, on ') }),
    ])
  })

  it('holds up none of the runs of workers that share its address', async () => {
    const at = ['--engine', await installation('beside')]
    await using p = await project({ 'letter.ts': LETTER })
    const desk = p.start('worker', '--mail-only', ...at)
    await until(async () => (await p.skein('ps', ...at)).code === 0, 'the desk')
    p.start('worker', 'letter.ts', ...at)
    const pids = Array.from({ length: 4 }, (_, n) => `b${n}`)
    const codes = await Promise.all(
      pids.map(async (id) => {
        // Each only waits for its letter when it was run.
        const waits = await p.skein('run', 'letter.ts', '--id', id, ...at)
        await p.skein('send', id, '"hello"', '--topic', 'letter', ...at)
        return [waits.code, (await p.skein('run', 'letter.ts', '--id', id, ...at)).code]
      }),
    )
    expect(codes).toEqual(pids.map(() => [3, 0]))
    expect(p.ledger().toSorted()).toEqual(pids)
    desk.child.kill('SIGTERM')
    expect((await desk.ended).code).toBe(0)
  })

  it('is for engines whose mailboxes workers serve, and has no code', async () => {
    await using p = await project({ 'letter.ts': LETTER })
    const postgres = await p.skein('worker', '--mail-only', '--engine', 'postgres://nobody@127.0.0.1:1/nothing')
    expect([postgres.code, postgres.err]).toEqual([2, expect.stringMatching(/^error USAGE: .*leave out --mail-only/m)])
    const file = await p.skein('worker', 'letter.ts', '--mail-only', '--engine', 'restate://127.0.0.1:1')
    expect([file.code, file.err]).toEqual([2, expect.stringMatching(/^error USAGE: .*leave out letter\.ts/m)])
  })
})
