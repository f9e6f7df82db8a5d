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
  const [port] = await freePorts(1)
  return at(name, port ?? 0)
}

async function at(name: string, port: number): Promise<string> {
  const { ingress, admin } = await (server ??= startRestate(program ?? ''))
  return `restate://${new URL(ingress).host}?admin=${encodeURIComponent(admin)}&name=${name}&port=${port}&share=true`
}

/** Where the server calls the mailboxes of an installation. */
async function called(name: string): Promise<string> {
  const { admin } = await (server ??= startRestate(program ?? ''))
  const told = async (path: string): Promise<Record<string, unknown>> =>
    (await (await fetch(`${admin}/${path}`)).json()) as Record<string, unknown>
  const { deployment_id } = await told(`services/${name}.mailbox`)
  return String((await told(`deployments/${String(deployment_id)}`))['uri'])
}

describe.skipIf(program === undefined)('skein worker --mail-only', () => {
  afterAll(async () => (await server)?.[Symbol.asyncDispose]())

  it('takes runs and mail, and answers who asks, while nobody runs anything; who comes runs all of it', async () => {
    const on = ['--engine', await installation('away')]
    await using p = await project({ 'letter.ts': LETTER })
    const desk = p.start('worker', '--mail-only', ...on)
    const asked = p.start('run', 'letter.ts', '--id', 'r1', ...on)
    await until(async () => (await p.skein('ps', ...on)).out.includes('r1'), 'the run')
    asked.child.kill('SIGKILL')
    const letter = ['send', 'r1', '"hello"', '--topic', 'letter', '--id', 'l1', ...on]
    expect((await p.skein(...letter)).code).toBe(0)
    expect((await p.skein(...letter)).out).toContain('it was there already')
    expect(JSON.parse((await p.skein('ps', '--json', ...on)).out)).toMatchObject([{ pid: 'r1', status: 'ready' }])
    for (const verb of [['log', 'r1'], ['show', 'r1'], ['inbox']]) expect((await p.skein(...verb, ...on)).code).toBe(0)
    expect(p.ledger()).toEqual([])
    const worker = p.start('worker', 'letter.ts', ...on)
    const ran = await p.skein('run', 'letter.ts', '--id', 'r1', ...on)
    expect([ran.code, ran.out]).toEqual([0, 'hello\n'])
    expect(p.ledger()).toEqual(['r1'])
    for (const one of [desk, worker]) one.child.kill('SIGTERM')
    expect([(await worker.ended).code, await desk.ended]).toEqual([
      0,
      expect.objectContaining({ code: 0, out: expect.stringContaining('runs nothing, and answers who asks, on ') }),
    ])
  })

  it('holds up none of the runs of workers that share its address', async () => {
    const on = ['--engine', await installation('beside')]
    await using p = await project({ 'letter.ts': LETTER })
    const desk = p.start('worker', '--mail-only', ...on)
    await until(async () => (await p.skein('ps', ...on)).code === 0, 'the desk')
    p.start('worker', 'letter.ts', ...on)
    const pids = Array.from({ length: 4 }, (_, n) => `b${n}`)
    const codes = await Promise.all(
      pids.map(async (id) => {
        // Each only waits for its letter when it was run.
        const waits = await p.skein('run', 'letter.ts', '--id', id, ...on)
        await p.skein('send', id, '"hello"', '--topic', 'letter', ...on)
        return [waits.code, (await p.skein('run', 'letter.ts', '--id', id, ...on)).code]
      }),
    )
    expect(codes).toEqual(pids.map(() => [3, 0]))
    expect(p.ledger().toSorted()).toEqual(pids)
    desk.child.kill('SIGTERM')
    expect((await desk.ended).code).toBe(0)
  })

  it('takes the services from no workers of another address, whether they are here or away, and comes to theirs', async () => {
    const [theirs = 0, other = 0] = await freePorts(2)
    const [here, elsewhere] = [await at('theirs', theirs), await at('theirs', other)]
    await using p = await project({ 'letter.ts': LETTER })
    const desk = (engine: string): ReturnType<typeof p.start> => p.start('worker', '--mail-only', '--engine', engine)
    const refused = async (engine: string, port: number): Promise<void> => {
      const asked = desk(engine)
      let isOver = false
      void asked.ended.then(() => (isOver = true))
      await until(() => isOver, 'a refusal')
      const { code, err } = await asked.ended
      expect([code, err]).toEqual([2, expect.stringMatching(/^error USAGE: /m)])
      expect(err).toContain(`http://127.0.0.1:${port}`)
      expect(err).toContain(`say url=http://127.0.0.1:${port}/`)
      expect(err).toContain(`or port=${port}&share=true`)
    }
    const comes = async (id: string, engine: string): Promise<void> => {
      const on = ['--engine', engine]
      await p.skein('run', 'letter.ts', '--id', id, ...on)
      await p.skein('send', id, '"hello"', '--topic', 'letter', ...on)
      expect((await p.skein('run', 'letter.ts', '--id', id, ...on)).out).toBe('hello\n')
    }
    const first = p.start('worker', 'letter.ts', '--engine', here)
    await until(async () => (await p.skein('ps', '--engine', here)).code === 0, 'the worker')
    await refused(elsewhere, theirs)
    await comes('t1', here)
    first.child.kill('SIGTERM')
    await first.ended
    await refused(elsewhere, theirs)
    const welcome = desk(here)
    await until(async () => (await p.skein('ps', '--engine', here)).code === 0, 'the desk')
    // Workers take over wherever they come: the desk at the address before serves nothing, and another one does not come back.
    const second = p.start('worker', 'letter.ts', '--engine', elsewhere)
    await until(async () => (await called('theirs')).includes(`:${other}/`), 'the server to call the second worker')
    await comes('t2', elsewhere)
    await refused(here, other)
    for (const one of [welcome, second]) one.child.kill('SIGTERM')
    expect([(await welcome.ended).code, (await second.ended).code]).toEqual([0, 0])
  })

  it('is for engines whose mailboxes workers serve, and has no code', async () => {
    await using p = await project({ 'letter.ts': LETTER })
    const postgres = await p.skein('worker', '--mail-only', '--engine', 'postgres://nobody@127.0.0.1:1/nothing')
    expect([postgres.code, postgres.err]).toEqual([2, expect.stringMatching(/^error USAGE: .*leave out --mail-only/m)])
    const file = await p.skein('worker', 'letter.ts', '--mail-only', '--engine', 'restate://127.0.0.1:1')
    expect([file.code, file.err]).toEqual([2, expect.stringMatching(/^error USAGE: .*leave out letter\.ts/m)])
  })
})
