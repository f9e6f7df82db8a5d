import { mkdir, mkdtemp, realpath, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ToolSet } from 'ai'
import { afterAll, beforeAll, describe, expect, expectTypeOf, it } from 'vitest'
import type { AnyTool, ToolExecutionOptions } from '../../kernel/index.ts'
import { durationMs } from '../../std/index.ts'
import { execTool } from './exec-tool.ts'

const options: ToolExecutionOptions = { toolCallId: 'c', messages: [] }
const coded = (code: string, message: RegExp): unknown =>
  expect.objectContaining({ code, message: expect.stringMatching(message) })
let root = ''
beforeAll(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'skein-exec-tool-')))
  await mkdir(join(root, 'sub'))
  await symlink('/', join(root, 'out'))
})
afterAll(() => rm(root, { recursive: true, force: true }))

describe('execTool', { timeout: 20_000 }, () => {
  it('runs what is allowed, in its folder', async () => {
    const run = execTool({ root, allow: [['pwd'], ['cat'], ['echo', '*'], ['printf', '%s-', '**']], network: 'host' })
    expectTypeOf({ run }).toExtend<ToolSet>()
    expectTypeOf(run).toExtend<AnyTool>()
    expect(await run.execute({ argv: ['pwd'] }, options)).toMatchObject({ exitCode: 0, stdout: `${root}\n` })
    expect(await run.execute({ argv: ['pwd'], cwd: 'sub' }, options)).toMatchObject({ stdout: `${root}/sub\n` })
    expect(await run.execute({ argv: ['cat'], stdin: 'hi' }, options)).toMatchObject({ stdout: 'hi' })
    expect(await run.execute({ argv: ['echo', '**'] }, options)).toMatchObject({ stdout: '**\n' })
    expect(await run.execute({ argv: ['printf', '%s-', 'a', 'b'] }, options)).toMatchObject({ stdout: 'a-b-' })
    expect(await run.execute({ argv: ['printf', '%s-'] }, options)).toMatchObject({ stdout: '-' })
  })
  it.each([[['ls']], [['pwd', '-P']], [['echo']], [['echo', 'a', 'b']], [['printf', '%d']], [['/bin/pwd']]])(
    'refuses %j',
    async (argv) => {
      const run = execTool({ root, allow: [['pwd'], ['echo', '*'], ['printf', '%s-', '**']] })
      await expect(run.execute({ argv }, options)).rejects.toThrow(
        coded('EXEC_REFUSED', /tool "exec" may not run \[.*allowed: \["pwd"\], \["echo","\*"\]/),
      )
    },
  )
  it('takes a rule as a function', async () => {
    const run = execTool({ root, name: 'say', allow: (argv) => argv[0] === 'echo', network: 'host' })
    expect(await run.execute({ argv: ['echo', 'a', 'b'] }, options)).toMatchObject({ stdout: 'a b\n' })
    await expect(run.execute({ argv: ['ls'] }, options)).rejects.toThrow(
      coded('EXEC_REFUSED', /tool "say" may not run/),
    )
  })
  it.each(['..', '/', 'out', 'out/tmp', 'sub/../..'])('does not leave its folder by cwd %s', async (cwd) => {
    await expect(execTool({ root, allow: [['pwd']] }).execute({ argv: ['pwd'], cwd }, options)).rejects.toThrow(
      coded('PATH_ESCAPES', /inside the folder/),
    )
  })
  it("E6: its own time-out comes before the gate's, so that the end of a command is known", async () => {
    const run = execTool({ root, allow: [['sleep', '*']], timeout: '100ms', network: 'host' })
    expect(durationMs(run.timeout ?? 0)).toBeGreaterThan(1_000)
    await expect(run.execute({ argv: ['sleep', '100'] }, options)).rejects.toThrow(coded('EXEC_TIMEOUT', /100 ms/))
  })
  it('hears the abort of its call', async () => {
    const controller = new AbortController()
    const run = execTool({
      root,
      allow: [['sleep', '*']],
      network: 'host',
      onStart: () => setTimeout(() => controller.abort(), 20),
    })
    await expect(
      run.execute({ argv: ['sleep', '100'] }, { ...options, abortSignal: controller.signal }),
    ).rejects.toThrow(coded('CANCELLED', /was cancelled/))
  })
  it('is a write unless the author says otherwise', () => {
    expect(execTool({ allow: [] })).toMatchObject({ name: 'exec', description: expect.stringContaining('Allowed') })
    expect(execTool({ allow: [] }).effect).toBeUndefined()
    expect(
      execTool({ allow: [['true']], effect: 'write', idempotent: true, needsApproval: true, concurrency: 2 }),
    ).toMatchObject({ idempotent: true, needsApproval: true, concurrency: 2 })
    expect(() => execTool({ allow: 'rm' as never })).toThrow(
      coded('DEFINITION_INVALID', /does not say what it may run/),
    )
    expect(() => execTool({ allow: [], timeout: 'soon' })).toThrow('"soon" is not a duration')
  })
})
