import { describe, expect, it } from 'vitest'
import { proposalsFor } from '../code/propose.ts'
import type { Result } from '../run/blindspots.ts'
import type { Survivor } from '../run/types.ts'
import type { Written } from '../write/types.ts'
import { shownChange } from './change.ts'
import { findingsOf, wordsOf } from './findings.ts'
import { markdown } from './markdown.ts'
import { many, seconds } from './words.ts'

const SOURCE = 'function f(a, b) {\n  if (a < b) {\n    go(a)\n  }\n}\n'

function survivors(file: string): readonly Survivor[] {
  return proposalsFor(file, SOURCE).map((change) => ({
    change,
    ...shownChange(SOURCE, change),
    trial: `t-${change.id}`,
    judge: `j-${change.id}`,
  }))
}

const survivor = (operator: string): Survivor =>
  survivors('a.js').find(({ change }) => change.operator === operator) as Survivor

describe('a change as people see it', () => {
  it('is the whole line, before and after, without its indentation', () => {
    expect(survivor('boundary')).toMatchObject({ was: 'if (a < b) {', is: 'if (a <= b) {' })
    expect(survivor('silence')).toMatchObject({ was: 'go(a)', is: ';' })
  })

  it('is told in a few words', () => {
    expect(wordsOf(survivor('boundary').change)).toBe('the comparison moves by one at its bound: < → <=')
    expect(wordsOf(survivor('never').change)).toBe('the branch is never taken: a < b → false')
    expect(wordsOf(survivor('silence').change)).toBe('the call is left out: without go(a)')
  })
})

describe('findings', () => {
  it('are grouped by line, in the order of files and lines', () => {
    const findings = findingsOf([...survivors('b.js'), ...survivors('a.js')])
    expect(findings.map(({ file, line }) => `${file}:${line}`)).toEqual(['a.js:2', 'a.js:3', 'b.js:2', 'b.js:3'])
    expect(findings[0]?.survivors.length).toBeGreaterThan(2)
  })
})

describe('the report', () => {
  const request = {
    folder: '/p',
    argv: ['npm', 'test'],
    only: [],
    budgetMs: 90_000,
    workers: 2,
    network: false,
    scratch: '/s',
    report: 'blindspots.md',
  }
  const result: Result = {
    stopped: true,
    activeMs: 88_400,
    proposals: 212,
    sources: 3,
    testFiles: 4,
    testMs: 1_234,
    fingerprint: 'abcdef0123456789',
    tally: { tried: 148, noticed: 147, wavered: 1, dropped: 0, failed: 0, survivors: [survivor('boundary')] },
    unloaded: ['c.js'],
    report: 'blindspots.md',
    budgetMs: 90_000,
    workers: 2,
  }

  it('names the place, the change and the runs that proved it, and never calls it a bug', () => {
    const text = markdown(request, result)
    expect(text).toContain('## a.js:2')
    expect(text).toContain('- if (a < b) {\n+ if (a <= b) {')
    expect(text).toContain('no test notices')
    expect(text).toContain(`Proved by \`${survivor('boundary').trial}\`, judged by \`${survivor('boundary').judge}\``)
    expect(text).toContain('148 of 212')
    expect(text).toContain('- `c.js`')
    expect(text).toContain('not a sandbox')
    expect(text).toContain('no model was asked')
  })

  it('says of every test that was written how it was proved, and of the others why there is none', () => {
    const end = { change: survivor('boundary').change, attempts: 3, refused: 0 }
    const written: Written = {
      model: 'm/x',
      ends: [
        { ...end, type: 'proved', path: 'a.test.js', original: 'w1/pass-on-original', mutant: 'w1/fail-on-mutant#2' },
        { ...end, type: 'covered', mutant: 'w2/fail-on-mutant' },
        { ...end, type: 'given up', why: 'its test does\nnot notice' },
      ],
      left: 0,
      files: ['a.test.js'],
      patch: 'abcdef0123456789',
      patchFile: 'blindspots.patch',
      fate: 'asked',
      tokens: 10,
      microUsd: 0,
    }
    const text = markdown(request, { ...result, written })
    expect(text).toContain(
      'By `m/x`: 1 test proved, 1 more noticed by them, 1 given up; 10 tokens. **Waiting for your yes.**',
    )
    expect(text).toContain('The patch is `blindspots.patch`, with the hash abcdef012345.')
    expect(text).toContain('passes in `w1/pass-on-original` and fails on the change in `w1/fail-on-mutant#2`')
    expect(text).toContain('noticed by a test above, in `w2/fail-on-mutant`')
    expect(text).toContain('given up after 3 answers: its test does not notice')
    expect(text).not.toContain('no model was asked')
  })

  it('is glad to find nothing', () => {
    const text = markdown(request, {
      ...result,
      stopped: false,
      unloaded: [],
      tally: { ...result.tally, survivors: [] },
    })
    expect(text).toContain('Every change that was tried was noticed.')
    expect(text).toContain('Everything was tried')
  })
})

describe('words', () => {
  it('are short', () => {
    expect([400, 9_960, 88_400, 250_000].map(seconds)).toEqual(['0.4 s', '10.0 s', '88 s', '4 min 10 s'])
    expect([many(1, 'trial'), many(0, 'trial'), many(1_234, 'process', 'processes')]).toEqual([
      '1 trial',
      '0 trials',
      '1,234 processes',
    ])
  })
})
