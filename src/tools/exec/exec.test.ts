import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { readFileSync, realpathSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ExecOptions, ExecResult } from './exec-options.ts'
import { exec } from './exec.ts'
import { withoutNetwork } from './network.ts'
import { hasEnvironment, processTable } from './process-table.ts'

const hasProc = processTable() !== undefined
const coded = (code: string, message?: RegExp): unknown =>
  expect.objectContaining({ code, ...(message === undefined ? {} : { message: expect.stringMatching(message) }) })
/** Most tests need no namespace. */
const onHost = (argv: readonly string[], options: ExecOptions = {}): Promise<ExecResult> =>
  exec(argv, { network: 'host', ...options })
const sh = (script: string, options: ExecOptions = {}): Promise<ExecResult> => onHost(['sh', '-c', script], options)
const failureOf = (work: Promise<unknown>): Promise<{ code: string; message: string; data: ExecResult }> =>
  work.then(
    () => expect.fail('it did not fail'),
    (error) => error,
  )
const markedWith = (entry: string): number =>
  processTable()?.filter((row) => !row.isZombie && hasEnvironment(row.pid, entry)).length ?? 0
const wordsOf = (pid: number): string => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}
let folder = ''

beforeAll(async () => {
  folder = realpathSync(await mkdtemp(join(tmpdir(), 'skein-exec-')))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe('exec', { timeout: 20_000 }, () => {
  it('gives output, exit code and duration; a code other than 0 is a result', async () => {
    const result = await sh('echo out; echo err >&2; exit 3')
    expect(result).toMatchObject({ exitCode: 3, signal: null, stdout: 'out\n', stderr: 'err\n', network: 'host' })
    expect(result.durationMs).toBeGreaterThanOrEqual(0)
    expect(result).not.toHaveProperty('cut')
  })
  it('tells the signal that ended it', async () => {
    expect(await sh('kill -TERM $$')).toMatchObject({ exitCode: null, signal: 'SIGTERM' })
  })
  it('no shell reads the words', async () => {
    const words = ['$HOME', '*', 'a b', ';ls', '"', "'", '`id`', '$(id)', '\\', '']
    expect((await onHost(['printf', '%s\n', ...words])).stdout).toBe(words.map((word) => `${word}\n`).join(''))
  })
  it('scrubs the environment', async () => {
    process.env['SECRET_API_KEY'] = 'hush'
    const { stdout } = await onHost(['env'], { env: { MINE: '1' }, scratch: folder })
    delete process.env['SECRET_API_KEY']
    expect(stdout).not.toContain('hush')
    expect(stdout).toMatch(/^PATH=/m)
    expect(stdout).toContain('MINE=1\n')
    expect(stdout).toContain(`HOME=${folder}\n`)
    expect(stdout).toContain(`TMPDIR=${folder}\n`)
  })
  it('runs in its folder, with its own standard input and no other open files', async () => {
    expect((await onHost(['pwd'], { cwd: folder })).stdout).toBe(`${folder}\n`)
    expect((await onHost(['cat'])).stdout).toBe('')
    expect((await onHost(['cat'], { stdin: 'given €' })).stdout).toBe('given €')
    expect((await onHost(['true'], { stdin: 'x'.repeat(1_000_000) })).exitCode).toBe(0)
    expect((await sh('(: <&3) 2>/dev/null && echo open || echo closed')).stdout).toBe('closed\n')
  })

  describe('refuses what cannot start', () => {
    it.each([[[]], [['']], [['a\0b']]])('%j', async (argv) => {
      await expect(onHost(argv)).rejects.toThrow(coded('INPUT_INVALID'))
    })
    it('a program that is not there, or may not run', async () => {
      await writeFile(join(folder, 'plain.txt'), 'x')
      await expect(onHost(['skein-no-such-program'])).rejects.toThrow(
        coded('EXEC_FAILED', /"skein-no-such-program" cannot be found and run in PATH/),
      )
      await expect(onHost(['./plain.txt'], { cwd: folder })).rejects.toThrow(
        coded('EXEC_FAILED', /cannot be found and run in/),
      )
      await expect(onHost(['./'], { cwd: folder })).rejects.toThrow(coded('EXEC_FAILED'))
    })
    it('a folder that is not there', async () => {
      await expect(onHost(['true'], { cwd: join(folder, 'gone') })).rejects.toThrow(
        coded('EXEC_FAILED', /to run in does not exist/),
      )
    })
    it('more words than the system takes', async () => {
      await expect(onHost(['echo', 'x'.repeat(10_000_000)])).rejects.toThrow(
        coded('EXEC_FAILED', /could not be started: .*E2BIG/),
      )
    })
  })

  describe('bounds', () => {
    it('time', async () => {
      const failure = await failureOf(sh('echo early; sleep 100 & wait', { timeoutMs: 1_500 }))
      expect(failure).toEqual(coded('EXEC_TIMEOUT', /took longer than 1500 ms/))
      expect(failure.data).toMatchObject({ stdout: 'early\n', exitCode: null })
      expect(failure.data.durationMs).toBeLessThan(10_000)
    })
    it('output that is kept', async () => {
      const result = await sh('seq 1 100000', { outputBytesMax: 100 })
      expect(result.stdout).toMatch(/^1\n2\n3\n[^]*\n\[… 588795 bytes cut …\]\n[^]*\n99999\n100000\n$/)
      expect(result.cut).toEqual({ stdoutBytes: 588_795, stderrBytes: 0 })
    })
    it('output at all: what prints for ever is killed, and neither stalls nor fills memory', async () => {
      const failure = await failureOf(onHost(['yes'], { outputBytesHardMax: 20_000_000, outputBytesMax: 1_000 }))
      expect(failure).toEqual(coded('EXEC_OUTPUT_LIMIT', /more than 20000000 bytes/))
      expect(failure.data.stdout.length).toBeLessThan(1_100)
    })
    it.runIf(hasProc)('memory, of descendants too', async () => {
      const eat = `const a = []; setInterval(() => a.push(Buffer.alloc(2e7, 1)), 5)`
      const failure = await failureOf(sh(`"${process.execPath}" -e '${eat}' & wait`, { memoryBytesMax: 150_000_000 }))
      expect(failure).toEqual(coded('EXEC_MEMORY_LIMIT', /more than 150000000/))
      expect(failure.data.memoryBytesPeak).toBeGreaterThan(150_000_000)
    })
    it('by its caller', async () => {
      const controller = new AbortController()
      const running = sh('sleep 100', {
        signal: controller.signal,
        onStart: () => setTimeout(() => controller.abort(), 50),
      })
      await expect(running).rejects.toThrow(coded('CANCELLED'))
      await expect(sh('true', { signal: controller.signal })).rejects.toThrow(coded('CANCELLED', /before it started/))
    })
  })

  describe('leaves nothing behind', () => {
    const flee: readonly [string, string][] = [
      ['in the background', 'sleep 100 &'],
      ['in a session of its own', 'setsid sleep 100 &'],
      ['as a daemon', `setsid sh -c 'sleep 100 & exit' & sleep 0.1`],
      ['holding the output open', `(setsid sleep 100 &) ; sleep 0.05; echo done`],
    ]
    it.runIf(hasProc).each(flee)('%s', async (_, script) => {
      const entry = `FLED=${Math.random()}`
      const [name = '', value = ''] = entry.split('=')
      const result = await sh(script, { env: { [name]: value } })
      expect(result.exitCode).toBe(0)
      expect(markedWith(entry)).toBe(0)
    })
    it.runIf(hasProc)('who cleans his environment, as long as his parent was seen', async () => {
      const seconds = `1${Math.random()}`.slice(0, 12)
      await sh(`setsid env -i sleep ${seconds} & sleep 0.6`)
      const isLeft = processTable()?.some((row) => !row.isZombie && wordsOf(row.pid).includes(seconds))
      expect(isLeft).toBe(false)
    })
    it('not even after a failing onStart', async () => {
      await expect(sh('echo ran', { onStart: () => expect.fail('no') })).rejects.toThrow('no')
    })
  })
})

describe('the network', { timeout: 20_000 }, () => {
  /** Asks a server of this machine from inside the command. */
  const ask = (port: number): readonly string[] => [
    process.execPath,
    '-e',
    `fetch('http://127.0.0.1:${port}').then(() => console.log('reached'), () => console.log('not reached'))`,
  ]

  it('is taken away where the machine allows, and the result says what was had', async () => {
    const server = createServer((_, response) => response.end('hello'))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const canTake = (await withoutNetwork()) !== undefined
    const taken = await exec(ask(port))
    const kept = await onHost(ask(port))
    await new Promise((resolve) => server.close(resolve))
    expect(taken).toMatchObject(
      canTake ? { network: 'none', stdout: 'not reached\n' } : { network: 'host', stdout: 'reached\n' },
    )
    expect(kept).toMatchObject({ network: 'host', stdout: 'reached\n' })
  })
  it('keeps codes, signals and limits as they are', async () => {
    expect(await exec(['sh', '-c', 'exit 7'])).toMatchObject({ exitCode: 7 })
    expect(await exec(['sh', '-c', 'kill -KILL $$'])).toMatchObject({ signal: 'SIGKILL' })
    await expect(exec(['sleep', '100'], { timeoutMs: 100 })).rejects.toThrow(coded('EXEC_TIMEOUT'))
  })
})
