import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Patch } from './patch.ts'
import { applyPatch, parseDiff, sources } from './patch.ts'

const rejected = (message: RegExp): unknown =>
  expect.objectContaining({ code: 'PATCH_REJECTED', message: expect.stringMatching(message) })
const byDiff = (text: string, diff: string): string => applyPatch({ kind: 'hunks', hunks: parseDiff(diff) }, text)
const base = 'a\nb\nc\nd\ne\n'

/** A diff of edits at increasing places, with two lines of context, as `diff -u` would write it. */
function diffOf(
  lines: readonly string[],
  edits: readonly { at: number; removed: number; added: readonly string[] }[],
  shift: number,
): { diff: string; expected: string } {
  let diff = '--- a/x\n+++ b/x\n'
  let drift = 0
  const expected = [...lines]
  for (const { at, removed, added } of edits) {
    const from = Math.max(0, at - 2)
    const to = Math.min(lines.length, at + removed + 2)
    const body = [
      ...lines.slice(from, at).map((line) => ` ${line}`),
      ...lines.slice(at, at + removed).map((line) => `-${line}`),
      ...added.map((line) => `+${line}`),
      ...lines.slice(at + removed, to).map((line) => ` ${line}`),
    ]
    const oldCount = to - from
    const newCount = oldCount - removed + added.length
    const start = (count: number, offset: number): number => from + offset + (count === 0 ? 0 : 1)
    const head = `@@ -${start(oldCount, shift)},${oldCount} +${start(newCount, shift + drift)},${newCount} @@`
    diff += [head, ...body].map((line) => `${line}\n`).join('')
    expected.splice(at + drift, removed, ...added)
    drift += added.length - removed
  }
  return { diff, expected: expected.map((line) => `${line}\n`).join('') }
}

/** Files of distinct lines, and edits at least five lines apart. */
const edited = fc
  .record({
    length: fc.integer({ min: 0, max: 40 }),
    edits: fc.array(
      fc.record({
        gap: fc.integer({ min: 5, max: 9 }),
        removed: fc.integer({ min: 0, max: 3 }),
        added: fc.array(fc.constantFrom('x', 'y', '', '-- z', '@@ q'), { maxLength: 3 }),
      }),
      { minLength: 1, maxLength: 4 },
    ),
  })
  .map(({ length, edits }) => {
    const lines = Array.from({ length }, (_, i) => `line ${i}`)
    let at = 0
    const placed = edits.flatMap(({ gap, removed, added }, i) => {
      at += i === 0 ? gap - 5 : gap + 4
      return at + removed <= length && removed + added.length > 0 ? [{ at, removed, added }] : []
    })
    return { lines, placed }
  })
  .filter(({ placed }) => placed.length > 0)

describe('a unified diff', () => {
  it('applies, and can be taken back', () => {
    fc.assert(
      fc.property(edited, ({ lines, placed }) => {
        const text = lines.map((line) => `${line}\n`).join('')
        const { diff, expected } = diffOf(lines, placed, 0)
        const patch: Patch = { kind: 'hunks', hunks: parseDiff(diff) }
        expect(applyPatch(patch, text)).toBe(expected)
        expect([...sources(patch, expected)]).toContain(text)
      }),
    )
  })
  it('with wrong line numbers applies where it fits, if that is one place', () => {
    expect(byDiff(base, '@@ -40,3 +40,3 @@\n b\n-c\n+C\n d\n')).toBe('a\nb\nC\nd\ne\n')
    expect(() => byDiff('a\nb\na\nb\n', '@@ -9,2 +9,2 @@\n a\n-b\n+B\n')).toThrow(rejected(/hunk 1: .*more than once/))
    expect(byDiff('a\nb\na\nb\n', '@@ -3,2 +3,2 @@\n a\n-b\n+B\n')).toBe('a\nb\na\nB\n')
  })
  it('as models write it: wrong counts, bare empty lines, no last line end, blank lines after it', () => {
    expect(byDiff('a\n\nb\n', '@@ -1,9 +1,9 @@\n a\n\n-b\n+B')).toBe('a\n\nB\n')
    expect(byDiff(base, '@@ -1,2 +1,2 @@\n a\n-b\n+B\n\n\n')).toBe('a\nB\nc\nd\ne\n')
  })
  it('handles files without a last line end, and with other line ends', () => {
    expect(byDiff('a\nb', '@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+B\n')).toBe('a\nB\n')
    expect(byDiff('a\nb\n', '@@ -1,2 +1,2 @@\n a\n-b\n+B\n\\ No newline at end of file\n')).toBe('a\nB')
    expect(byDiff('a\nb', '@@ -1,2 +1,3 @@\n+z\n a\n b\n\\ No newline at end of file\n')).toBe('z\na\nb')
    expect(byDiff('a\r\nb\r\n', '@@ -1,2 +1,2 @@\n a\r\n-b\r\n+B\r\n')).toBe('a\r\nB\r\n')
    expect(byDiff('', '@@ -0,0 +1,2 @@\n+a\n+b\n')).toBe('a\nb\n')
  })
  it.each([
    ['no hunk', 'just text', /no hunk/],
    [
      'other content',
      '@@ -1,1 +1,1 @@\n-zzz\n+y\n',
      /hunk 1: the text it replaces, which begins "zzz\\n", is not in the file/,
    ],
    [
      'two files',
      '--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+A\n--- a/y\n+++ b/y\n@@ -1 +1 @@\n-a\n+A\n',
      /patch one file at a time/,
    ],
    ['a bad head', '@@ nonsense\n-a\n', /neither a line nor the head of a hunk/],
    ['nowhere to add', '@@ -99,0 +100,1 @@\n+x\n', /hunk 1 adds lines after line 99/],
  ])('is rejected for %s', (_, diff, message) => {
    expect(() => byDiff(base, diff)).toThrow(rejected(message))
  })
})

describe('a replacement', () => {
  it('needs its text exactly once', () => {
    expect(applyPatch({ kind: 'replace', find: 'b', replacement: '$&$1' }, base)).toBe('a\n$&$1\nc\nd\ne\n')
    expect(() => applyPatch({ kind: 'replace', find: 'z', replacement: '' }, base)).toThrow(rejected(/not in the file/))
    expect(() => applyPatch({ kind: 'replace', find: 'aa', replacement: '' }, 'aaa')).toThrow(
      rejected(/more than once/),
    )
  })
  it('can be taken back', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', '\n'), maxLength: 6 })
    fc.assert(
      fc.property(
        word,
        word,
        word,
        fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 3 }),
        (before, after, find, replacement) => {
          fc.pre(find !== '')
          const text = before + find + after
          const patch: Patch = { kind: 'replace', find, replacement }
          fc.pre(text.indexOf(find) === text.lastIndexOf(find))
          expect([...sources(patch, applyPatch(patch, text))]).toContain(text)
        },
      ),
    )
  })
})
