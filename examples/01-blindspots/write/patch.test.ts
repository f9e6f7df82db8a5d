import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { diffOf, withInsertions } from './patch.ts'

const insert = (content: string | undefined, after: string, text: string): unknown =>
  withInsertions(content, [{ after, text }])

describe('insertions', () => {
  it('are whole lines, after the line that was named or at the end', () => {
    expect(insert('a\nb\n', 'a', 'new')).toEqual({ text: 'a\nnew\nb\n' })
    expect(insert('a b c\nd', 'b', 'new\n')).toEqual({ text: 'a b c\nnew\nd' })
    expect(insert('a\nb\nc\n', 'a\nb\n', 'new')).toEqual({ text: 'a\nb\nnew\nc\n' })
    expect(insert('a\nb', '', 'new')).toEqual({ text: 'a\nb\nnew\n' })
    expect(insert('a\nb', 'b', 'new')).toEqual({ text: 'a\nb\nnew\n' })
    expect(insert(undefined, '', 'new')).toEqual({ text: 'new\n' })
  })

  it('fit in one way, or are refused with the reason', () => {
    expect(insert('a\na\n', 'a', 'new')).toEqual({ why: expect.stringContaining('more than once') })
    expect(insert('a\n', 'b', 'new')).toEqual({ why: expect.stringContaining('not in the file') })
    expect(insert(undefined, 'b', 'new')).toEqual({ why: expect.stringContaining('not in the file') })
    expect(insert('a\n', 'a', ' \n')).toEqual({ why: expect.stringContaining('nothing is added') })
    expect(withInsertions('a\n', [])).toEqual({ why: expect.stringContaining('nothing is added') })
  })

  it('take nothing away', () => {
    const line = fc.constantFrom('a', 'b', '', '  c')
    fc.assert(
      fc.property(
        fc.array(line),
        fc.boolean(),
        fc.array(line, { minLength: 1 }),
        fc.nat(),
        (lines, isEnded, added, n) => {
          const was = lines.join('\n') + (isEnded ? '\n' : '')
          const made = withInsertions(was, [
            { after: lines.length === 0 ? '' : (lines[n % lines.length] ?? ''), text: added.join('\n') },
          ])
          if ('why' in made) return
          const left = made.text.split('\n')
          for (const kept of lines) {
            const at = left.indexOf(kept)
            expect(at).toBeGreaterThanOrEqual(0)
            left.splice(0, at + 1)
          }
        },
      ),
    )
  })
})

describe('a diff', () => {
  it('is what git and patch read', () => {
    const was = Array.from({ length: 9 }, (_, n) => `${n}\n`).join('')
    expect(diffOf({ path: 't/a.js', text: was.replace('4\n', '4\nnew\n') }, was)).toBe(
      'diff --git a/t/a.js b/t/a.js\n--- a/t/a.js\n+++ b/t/a.js\n@@ -3,6 +3,7 @@\n 2\n 3\n 4\n+new\n 5\n 6\n 7\n',
    )
    expect(diffOf({ path: 'a', text: 'new\n' }, undefined)).toBe(
      'diff --git a/a b/a\nnew file mode 100644\n--- /dev/null\n+++ b/a\n@@ -0,0 +1,1 @@\n+new\n',
    )
    expect(diffOf({ path: 'a', text: 'old\nnew\n' }, 'old')).toContain(
      '@@ -1,1 +1,2 @@\n-old\n\\ No newline at end of file\n+old\n+new\n',
    )
  })

  it('has all of the old lines, and all of the new ones, where its heads say', () => {
    const line = fc.constantFrom('a\n', 'b\n', '\n')
    fc.assert(
      fc.property(fc.array(fc.tuple(line, fc.boolean()), { minLength: 1, maxLength: 40 }), (rows) => {
        const text = rows.map(([row]) => row).join('')
        const was = rows.flatMap(([row, isNew]) => (isNew ? [] : [row])).join('')
        if (was === text) return
        const body = diffOf({ path: 'p', text }, was).split('\n').slice(3, -1)
        expect(misplaced(body, was.split('\n'), text.split('\n'))).toEqual([])
        expect(body.filter((row) => row.startsWith('+')).length).toBe(text.split('\n').length - was.split('\n').length)
      }),
    )
  })
})

/** Rows of a diff that are not the lines that its heads say. */
function misplaced(body: readonly string[], olds: readonly string[], news: readonly string[]): readonly string[] {
  let [old, fresh] = [0, 0]
  return body.filter((row) => {
    const head = /^@@ -(\d+),(\d+) \+(\d+),(\d+) @@$/.exec(row)
    if (head !== null) {
      old = Number(head[1]) - (head[2] === '0' ? 0 : 1)
      fresh = Number(head[3]) - 1
      return false
    }
    const isOld = row.startsWith('+') || row.slice(1) === olds[old++]
    return !(row.slice(1) === news[fresh++] && isOld)
  })
}
