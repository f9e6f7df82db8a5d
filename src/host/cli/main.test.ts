import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { SkeinError } from '../../std/index.ts'
import { printFailure } from './failure.ts'
import { interruptible } from './interrupt.ts'
import { main } from './main.ts'
import type { Terminal } from './terminal.ts'

const cwd = mkdtempSync(join(tmpdir(), 'skein-cli-'))
afterAll(() => rmSync(cwd, { recursive: true, force: true }))

function terminal(env: Record<string, string> = {}) {
  const said = { out: '', err: '', died: 0 }
  let heard: (signal: 'SIGINT' | 'SIGTERM') => void = () => undefined
  const fake: Terminal = {
    out: (text) => void (said.out += text),
    err: (text) => void (said.err += text),
    isLive: false,
    columns: () => 80,
    rows: () => 24,
    cwd,
    env,
    die: (code): never => {
      said.died = code
      throw new Error('died')
    },
    leave: () => undefined,
    uncaught: () => ({ [Symbol.dispose]: () => undefined }),
    signals: (listener) => {
      heard = listener
      return { [Symbol.dispose]: () => void (heard = () => undefined) }
    },
  }
  return { fake, said, signal: (name: 'SIGINT' | 'SIGTERM') => heard(name) }
}

const cli = async (...argv: string[]) => {
  const { fake, said } = terminal()
  return { code: await main(argv, fake), ...said }
}

const VERBS = [
  'run',
  'up',
  'worker',
  'ps',
  'stuck',
  'free',
  'tree',
  'log',
  'show',
  'inbox',
  'approve',
  'deny',
  'answer',
  'send',
  'cancel',
  'pause',
  'resume',
  'switches',
  'retry',
  'fork',
  'diff',
  'resolve',
  'settle',
  'topup',
  'verify',
  'backup',
  'restore',
  'release',
  'move',
  'erase',
  'upgrade',
  'check',
  'export',
]

describe('the command line', () => {
  it('lists its verbs and the exit codes', async () => {
    const { code, out } = await cli('--help')
    expect([code, [...out.matchAll(/^ {2}([a-z]+) {2,}/gm)].map((match) => match[1])]).toEqual([0, VERBS])
    expect(out).toContain('exit codes: 0 done, 1 failed, 2 usage, 3 waiting, 4 parked, 5 budget, 75')
    expect((await cli()).out).toBe(out)
    expect((await cli('--version')).out).toMatch(/^\d+\.\d+\.\d+\n$/)
  })
  it('and so does the README', () => {
    const readme = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8')
    const [, listed = ''] = /A command line for operators\*\*: `([^`]+)`/.exec(readme) ?? []
    expect(listed.split(/\s+/)).toEqual(VERBS)
  })
  it.each(VERBS)('%s has a help with examples', async (verb) => {
    const { code, out } = await cli(verb, '--help')
    expect([code, out]).toEqual([
      0,
      expect.stringMatching(
        new RegExp(`^${verb}: .*[\\s\\S]*usage: skein ${verb}[\\s\\S]*--json[\\s\\S]*examples:\\n  skein ${verb}`),
      ),
    ])
    expect((await cli('help', verb)).out).toBe(out)
  })
  it.each([
    [['rnu'], /^error USAGE: there is no verb rnu. Did you mean run\? See: skein --help\n$/],
    [['ps', '--al'], /there is no --al. Did you mean --all\?/],
    [['ps', '--status', 'runing'], /there is no data folder at .skein/],
    [['topup', 'a1'], /how much\? --budget/],
    [['resolve', 'a1/x', '--done', '1', '--fail'], /exactly one of --done JSON, --again, --fail/],
    [
      ['resolve', 'a1/x', '--again', '--attempt', '0'],
      /skein resolve: --attempt takes a whole number from 1 on, not "0"\. See: skein resolve --help/,
    ],
    [['answer', 'a1/x', 'Paris'], /the answer is not JSON: .*; a text is written '"Paris"', a file @name/],
    [['run', 'no.ts', '--wait', '5x'], /--wait 5x is not a duration/],
  ])('refuses %j', async (argv, message) => {
    const { code, err } = await cli(...argv)
    expect([code, err]).toEqual([2, expect.stringMatching(message)])
  })
  it('answers in JSON when asked to, errors too', async () => {
    const { code, out, err } = await cli('ps', '--json')
    expect([code, JSON.parse(out), err]).toEqual([
      2,
      { error: { code: 'FILE_UNREADABLE', message: expect.any(String), retryable: false } },
      '',
    ])
  })
})

describe('failures', () => {
  it('are code, message and cause, never a stack', () => {
    const { fake, said } = terminal()
    const error = new SkeinError('STORE_FULL', 'the disk is full', { cause: new Error('ENOSPC') })
    expect(printFailure(error, fake, false)).toBe(1)
    expect(said.err).toBe('error STORE_FULL: the disk is full\n  cause: ENOSPC\n')
    expect(printFailure(new SkeinError('DATA_FOLDER_OWNED', 'x'), terminal().fake, false)).toBe(75)
    expect(printFailure(new SkeinError('OF_MY_OWN', 'x'), terminal().fake, false)).toBe(1)
  })
  it('show their stacks with SKEIN_DEBUG', () => {
    const { fake, said } = terminal({ SKEIN_DEBUG: '1' })
    printFailure(new TypeError('odd'), fake, false)
    expect(said.err).toMatch(/^error INTERNAL: odd\n[\s\S]* at /)
  })
})

describe('^C', () => {
  it('drains once and kills the second time', () => {
    const { fake, said, signal } = terminal()
    using interrupt = interruptible(fake)
    expect(interrupt.signal.aborted).toBe(false)
    signal('SIGTERM')
    expect([interrupt.signal.aborted, interrupt.exitCode()]).toEqual([true, 143])
    expect(() => signal('SIGINT')).toThrow('died')
    expect(said.died).toBe(130)
  })
})
