import { payloadOf } from 'skein/kernel'
import type { Fact } from 'skein/kernel'
import { describe, expect, it } from 'vitest'
import { applied, proposalsFor } from '../code/propose.ts'
import type { Proposal } from '../code/propose.ts'
import type { TrialEnd } from '../run/trial.ts'
import { patchQuestion, question } from './approval.ts'
import { writerOf } from './model.ts'
import { readOptions } from './options.ts'
import { headline, picture } from './picture.ts'
import { Scene } from './scene.ts'
import { resumedLine, summary } from './summary.ts'
import type { Ending } from './summary.ts'

const CHANGE = proposalsFor('a.js', 'if (a < b) c()').find(({ operator }) => operator === 'boundary') as Proposal
const SURVIVOR = {
  change: CHANGE,
  was: 'if (a < b) c()',
  is: applied('if (a < b) c()', CHANGE),
  trial: 't-1',
  judge: 'j-1',
}
const END: TrialEnd = { ...SURVIVOR, type: 'unnoticed', how: 'green', ms: 500 }

describe('the arguments', () => {
  it('are few, and all have defaults', () => {
    const read = readOptions([], '/h')
    expect(read).toMatchObject({
      folder: undefined,
      argv: undefined,
      budgetMs: 90_000,
      report: '/h/blindspots.md',
      yes: false,
    })
    expect(read.workers).toBeGreaterThan(0)
  })

  it('are relative to where they were typed', () => {
    const read = readOptions(
      ['../p', '--test', 'npm test', '--only', './src/', '--budget', '2m', '--workers', '3', '-y'],
      '/h/x',
    )
    expect(read).toMatchObject({
      folder: '/h/p',
      argv: ['npm', 'test'],
      only: ['src'],
      budgetMs: 120_000,
      workers: 3,
      yes: true,
    })
  })

  it.each([
    [['--budgett', '3'], /Unknown option '--budgett'/],
    [['--budget', 'soon'], /is not a time/],
    [['--budget', '1s'], /at least 5 seconds/],
    [['--workers', '0'], /is not a number from 1/],
    [['--test', '  '], /needs a command/],
    [['a', 'b'], /one folder at a time/],
  ])('%j is refused with the mend', (args, message) => {
    expect(() => readOptions(args, '/h')).toThrow(message)
    expect(() => readOptions(args, '/h')).toThrow(/npm start -- --help/)
  })
})

describe('the writer', () => {
  const models = {
    aliases: { writer: 'offline', fast: 'offline' },
    prices: { 'offline/stand-in': { inputPerMTokUsd: 0, outputPerMTokUsd: 0 } },
  }
  const options = (...args: string[]) => readOptions(args, '/h')

  it('is what was typed, else the alias of the config, else nobody', () => {
    expect(writerOf(options(), {}, {})).toBeUndefined()
    expect(writerOf(options(), { models }, {})).toBe('writer')
    expect(writerOf(options('--model', 'fast'), { models }, {})).toBe('fast')
  })

  it('is refused before the hunt when it cannot be asked, or its price cannot be held', () => {
    expect(() => writerOf(options('--model', 'nobody/x'), {}, {})).toThrow(/model "nobody\/x" is unknown/)
    expect(() => writerOf(options('--model', 'openai/x'), {}, {})).toThrow(/OPENAI_API_KEY/)
    expect(() => writerOf(options('--model', 'offline', '--usd', '1'), {}, {})).toThrow(
      /no price for offline\/stand-in/,
    )
    expect(writerOf(options('--model', 'offline', '--usd', '1'), { models }, {})).toBe('offline')
    expect(() => options('--tokens', '0')).toThrow(/above 0/)
    expect(() => options('--usd', 'much')).toThrow(/above 0/)
  })
})

describe('the question', () => {
  it('shows the exact argv, how often, and where', () => {
    const code = { folder: '/p', scratch: '/s', fingerprint: 'f' }
    const asked = {
      command: ['npm', 'test'],
      folder: '/p',
      runsAtMost: 431,
      sideBySide: 2,
      network: false,
      code,
      testMs: 1,
    }
    const text = question(asked, { guessedFrom: 'package.json', budgetMs: 90_000 }).join('\n')
    expect(text).toContain('["npm","test"]')
    expect(text).toContain('guessed from package.json')
    expect(text).toContain('at most 431 times, 2 at a time, for 90 s')
    expect(text).toContain('scratch copies of /p')
    expect(text).toContain('not a sandbox')
    expect(text).not.toContain('writer')
    const withWriter = question({ ...asked, writer: 'm/x' }, { guessedFrom: undefined, budgetMs: 90_000 }).join('\n')
    expect(withWriter).toMatch(/writer +m\/x is shown code .* the tests it writes are run there too/)
  })

  it('at the end shows the files, the patch, and what it is bound to', () => {
    const file = { path: 'a.test.js', base: 'absent', text: 'a\nb\n', sha256: 'h' }
    const asked = {
      folder: '/p',
      patch: 'abcdef0123456789',
      files: [file, { ...file, path: 'b.test.js', base: 'f' }],
      sources: [],
    }
    const text = patchQuestion(asked, '/h/blindspots.patch').join('\n')
    expect(text).toContain('your working tree, /p?')
    expect(text).toMatch(/new +a\.test\.js, 2 lines then/)
    expect(text).toMatch(/extend +b\.test\.js/)
    expect(text).toMatch(/read them +\/h\/blindspots\.patch/)
    expect(text).toMatch(/bound to +patch abcdef012345;/)
  })
})

describe('progress', () => {
  const frame = { id: 'r', budgetMs: 90_000, workers: 2, nowMs: 5_000, columns: 60, rows: 24 }
  const fact = (body: object): Fact => ({ v: 1, seq: 0, at: 1_000, ...body }) as unknown as Fact
  const born = (workflow: string, input: unknown, parent?: string): Fact =>
    fact({
      type: 'born',
      workflow,
      input: payloadOf(input),
      ...(parent === undefined ? {} : { parent: { pid: parent, key: 'k' } }),
    })

  it('is a tree of what is at work, no wider than the terminal', () => {
    const scene = new Scene()
    scene.apply('r', [born('blindspots', {})])
    scene.apply('f', [born('file', { file: 'a.js' }, 'r')])
    scene.apply('t', [born('trial', { change: CHANGE }, 'f')])
    scene.apply('j', [born('judge', {}, 't')])
    const lines = picture(scene, frame)
    expect(lines.slice(1)).toEqual([
      '└ file  a.js  4.0 s',
      '  └ trial  :1 the comparison moves by one at its bound: < …',
      '    └ judge  4.0 s',
    ])
    expect(picture(scene, { ...frame, rows: 4 })).toHaveLength(2)
  })

  it('counts what was noticed and what was not, and says news once', () => {
    const scene = new Scene()
    scene.remember({ kept: [END, { ...END, type: 'noticed' }], keptMs: 1_000 })
    scene.apply('t', [
      born('trial', { change: CHANGE }, 'f'),
      fact({ type: 'ended', result: { type: 'ok', value: payloadOf(END) } }),
    ])
    expect(scene.counts).toEqual({ tried: 3, noticed: 1, unnoticed: 2 })
    expect(scene.takeNews()).toEqual(['a.js:1  the comparison moves by one at its bound: < → <=; no test notices'])
    expect(scene.takeNews()).toEqual([])
    expect(headline(scene, frame)).toBe('r  0.5 s of 90 s  3 tried: 1 noticed, 2 blind spots')
  })
})

describe('the summary', () => {
  const ending: Ending = {
    id: 'r-1',
    result: {
      stopped: true,
      activeMs: 90_000,
      proposals: 212,
      sources: 3,
      testFiles: 4,
      testMs: 800,
      fingerprint: 'f',
      tally: { tried: 148, noticed: 147, wavered: 0, dropped: 0, failed: 0, survivors: [SURVIVOR] },
      unloaded: ['c.js'],
      report: '/p/blindspots.md',
      budgetMs: 90_000,
      workers: 2,
    },
    figures: { processes: 301, effects: 420, repeated: 2, spentMs: 175_000, microUsd: 0 },
    past: { kept: [END], keptMs: 41_000, cutOff: 2 },
    report: 'blindspots.md',
    dataOption: '',
  }

  it('says how far it came, where the blind spots are, and what it cost', () => {
    const text = summary(ending).join('\n')
    expect(text).toContain(
      'Stopped by its budget after 90 s: 148 of 212 changes tried, 1 of them on 1 line went unnoticed.',
    )
    expect(text).toMatch(/ {2}a\.js:1 {2}the comparison moves by one at its bound: < → <=/)
    expect(text).toMatch(/trials +148: 147 noticed, 1 not/)
    expect(text).toMatch(/processes +301, with 420 effects/)
    expect(text).toMatch(/spend +90 s of 90 s, 2 at a time/)
    expect(text).toMatch(
      /resumed +1 verdict kept, 41 s of tests not run again; 2 effects repeated under their own keys, 0 in silence/,
    )
    expect(text).toMatch(/proposer +a rule set, no model was asked/)
    expect(text).toContain('  c.js')
  })

  it('says what a model wrote, what became of it, and what it cost', () => {
    const end = { change: CHANGE, attempts: 1, refused: 1 }
    const written = {
      model: 'm/x',
      ends: [
        {
          ...end,
          type: 'proved' as const,
          path: 'a.test.js',
          original: 'w/pass-on-original',
          mutant: 'w/fail-on-mutant',
        },
        { ...end, type: 'given up' as const, why: 'no' },
      ],
      left: 3,
      stopped: 'its budget is used up',
      files: ['a.test.js'],
      patch: 'abc',
      patchFile: '/p/blindspots.patch',
      fate: 'applied' as const,
      tokens: 1234,
      microUsd: 0,
    }
    const result = { ...ending.result, written }
    const text = summary({ ...ending, result, figures: { ...ending.figures, microUsd: 12_300 } }).join('\n')
    expect(text).toMatch(
      /writer +m\/x: 1 test proved, 1 given up, 2 answers refused, 3 not looked at: its budget is used up/,
    )
    expect(text).toContain('(1,234 tokens, $0.0123)')
    expect(text).toMatch(/tests +added to a\.test\.js; the patch is blindspots\.patch/)
    expect(text).not.toContain('no model was asked')
    const changed = summary({
      ...ending,
      result: { ...result, written: { ...written, fate: 'changed', why: 'a.js changed' } },
    })
    expect(changed.join('\n')).toMatch(/tests +not added: a\.js changed/)
  })

  it('says what was kept when a run goes on', () => {
    const past = { kept: [END], keptMs: 41_000, cutOff: 2 }
    expect(resumedLine(past)).toBe(
      'resumed: 1 verdict kept, 2 trials were under way and are safe to repeat, 0 repeated in silence, 41 s of tests not run again',
    )
    expect(resumedLine({ kept: [], keptMs: 0, cutOff: 0 })).toBe('resumed: nothing had been tried yet')
  })
})
