import { describe, expect, it } from 'vitest'
import { distinct, isQuoted, marksOf, placeOf, sentenceFault, shapeFault } from './citations.ts'
import { QUOTE_CHARS_MIN, RANGE_LINES_MAX, TERMS_MAX } from './limits.ts'
import { ranked, termsOf } from './passages.ts'

const claim = { text: 'It sails.', path: 'a.md', fromLine: 2, toLine: 2, quote: 'the ferry sails' }

describe('a citation', () => {
  it('is found over line ends and runs of blanks, and nowhere else', () => {
    expect(isQuoted('  and the\n   ferry sails on', 'the ferry  sails')).toBe(true)
    expect(isQuoted('the ferry sailed', 'the ferry sails')).toBe(false)
    expect(isQuoted('The Ferry Sails', 'the ferry sails')).toBe(false)
  })

  it('names the lines where the quote is, when it named others', () => {
    const lines = ['one', 'and the', 'ferry sails', 'four']
    expect(placeOf(lines, 'the ferry sails')).toEqual({ from: 2, to: 3 })
    expect(placeOf(lines, 'four')).toEqual({ from: 4, to: 4 })
    expect(placeOf(lines, 'the ferry sank')).toBeUndefined()
  })

  it.each([
    [{ quote: 'x'.repeat(QUOTE_CHARS_MIN - 1) }, /characters/],
    [{ quote: ' '.repeat(QUOTE_CHARS_MIN) }, /0 characters/],
    [{ fromLine: 0 }, /count from 1/],
    [{ fromLine: 3, toLine: 2 }, /no range/],
    [{ fromLine: 1, toLine: RANGE_LINES_MAX + 1 }, /lines of the quote only/],
  ])('%j is refused before anything is read', (part, why) => {
    expect(shapeFault({ ...claim, ...part })).toMatch(why)
  })

  it('may be as short and as long as the limits say', () => {
    expect(shapeFault({ ...claim, quote: 'x'.repeat(QUOTE_CHARS_MIN) })).toBeUndefined()
    expect(shapeFault({ ...claim, fromLine: 1, toLine: RANGE_LINES_MAX })).toBeUndefined()
  })

  it('is one when two claims say the same: the first', () => {
    const again = { ...claim, text: 'It  sails.', path: 'b.md' }
    expect(distinct([claim, again, { ...claim, text: 'It does not.' }]).map(({ path }) => path)).toEqual([
      'a.md',
      'a.md',
    ])
  })
})

describe('a sentence of the answer', () => {
  it('cites statements that are there', () => {
    expect(marksOf('So [1]. And so [2, 13].')).toEqual([1, 2, 13])
    expect(sentenceFault('It sails [2].', 2)).toBeUndefined()
    expect(sentenceFault('It sails [3].', 2)).toBe('there is no statement [3]')
    expect(sentenceFault('It sails [0].', 2)).toBe('there is no statement [0]')
    expect(sentenceFault('It sails [see above].', 2)).toMatch(/cites no statement/)
  })
})

describe('the search', () => {
  it('takes the words of the question and what a model adds, within a bound', () => {
    expect(termsOf('When does the ferry sail, in fog?', ['lookout', ' FERRY ', 'a\nb', ''])).toEqual([
      'ferry',
      'sail',
      'lookout',
    ])
    expect(
      termsOf(
        'word',
        Array.from({ length: 99 }, (_, n) => `term ${n}`),
      ),
    ).toHaveLength(TERMS_MAX)
  })

  it('puts the line first that matches what is rare', () => {
    const match = (path: string, line: number) => ({ path, line, text: `${path} ${line}` })
    const common = { files: 2, matches: [match('a.md', 1), match('a.md', 2), match('b.md', 7)] }
    const rare = { files: 2, matches: [match('b.md', 7)] }
    const found = ranked([common, rare])
    expect(found.map(({ path }) => path)).toEqual(['b.md', 'a.md'])
    expect(found[0]?.passages).toEqual([{ text: 'b.md 7', path: 'b.md', fromLine: 7, toLine: 7 }])
  })
})
