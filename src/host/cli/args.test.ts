import { describe, expect, it } from 'vitest'
import { readArgs, usageLine } from './args.ts'
import { verbHelp } from './help.ts'
import type { Verb } from './verb.ts'

const verb: Verb = {
  name: 'run',
  summary: 'run a definition',
  positionals: [{ name: 'file' }, { name: 'more', optional: true }],
  flags: {
    id: { value: 'ID', help: 'the id' },
    yes: { help: 'say yes' },
    most: { value: 'N', help: 'so many' },
    wait: { value: 'DUR', optionalValue: true, help: 'wait' },
  },
  examples: ['skein run a.ts'],
  run: async () => 0,
}

describe('readArgs', () => {
  it('reads flags and positionals in any order', () => {
    const typed = readArgs(verb, ['--id', 'a1', 'a.ts', '--yes', '--json'])
    expect([typed.positionals, typed.text('id'), typed.has('yes'), typed.has('json'), typed.has('wait')]).toEqual([
      ['a.ts'],
      'a1',
      true,
      true,
      false,
    ])
    expect(readArgs(verb, ['a.ts', '--id=a=1']).text('id')).toBe('a=1')
  })
  it('takes a value that may be left out', () => {
    expect(readArgs(verb, ['a.ts', '--wait', '30s']).text('wait')).toBe('30s')
    const bare = readArgs(verb, ['--wait', 'a.ts'])
    expect([bare.has('wait'), bare.text('wait'), bare.positionals]).toEqual([true, undefined, ['a.ts']])
  })
  it('leaves what follows -- alone', () => {
    expect(readArgs(verb, ['--', '--id']).positionals).toEqual(['--id'])
  })
  it.each([
    [['a.ts', '--idd', 'x'], /there is no --idd. Did you mean --id\? See: skein run --help/],
    [['a.ts', '--id'], /--id needs a value: --id ID/],
    [['a.ts', '--yes=1'], /--yes takes no value/],
    [[], /<file> is missing: skein run <file> \[more\] \[options\]/],
    [['a', 'b', 'c'], /"c" is one argument too many/],
  ])('refuses %j', (argv, message) => {
    expect(() => readArgs(verb, argv)).toThrow(message)
  })
  it('takes whole numbers, and says where they begin', () => {
    const most = (...argv: readonly string[]) => readArgs(verb, ['a.ts', ...argv]).wholeNumber('most', 1)
    expect([most(), most('--most', '1'), most('--most=100')]).toEqual([undefined, 1, 100])
    for (const text of ['0', '-1', '1.5', '1e3', 'x', '', ' 1', '9007199254740993'])
      expect(() => most(`--most=${text}`), text).toThrow(
        `skein run: --most takes a whole number from 1 on, not "${text}". See: skein run --help`,
      )
  })
  it('shows help without the positionals', () => {
    expect(readArgs(verb, ['-h']).has('help')).toBe(true)
    expect(usageLine(verb)).toBe('skein run <file> [more] [options]')
    expect(verbHelp(verb)).toContain('--wait [DUR]')
  })
})
