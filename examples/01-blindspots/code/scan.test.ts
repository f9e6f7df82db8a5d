import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { scan } from './scan.ts'
import { syntaxOf } from './syntax.ts'
import type { Syntax } from './syntax.ts'

const syntax = (file: string): Syntax => syntaxOf(file) as Syntax
const texts = (file: string, source: string): readonly string[] => scan(source, syntax(file)).map((token) => token.text)

describe('scan', () => {
  it.each([
    ['a.ts', 'a // b\nc /* d\ne */ f', ['a', 'c', 'f']],
    ['a.ts', 'a = b / c / d', ['a', '=', 'b', '/', 'c', '/', 'd']],
    ['a.ts', 'return /[/]"/g.test(x)', ['return', '/[/]"/g', '.', 'test', '(', 'x', ')']],
    ['a.ts', '`a${b + `c${d}`}e`', ['`a${', 'b', '+', '`c${', 'd', '}`', '}e`']],
    ['a.ts', '`${ { a: 1 } }`', ['`${', '{', 'a', ':', '1', '}', '}`']],
    ['a.ts', 'a ?? b?.c !== d', ['a', '??', 'b', '?.', 'c', '!==', 'd']],
    ['a.ts', "'it\\'s' // x", ["'it\\'s'"]],
    ['a.py', '"""a # b\nc""" # d\ne', ['"""a # b\nc"""', 'e']],
    ['a.py', "x = 'a' # 'b'", ['x', '=', "'a'"]],
    ['a.go', "a := `b\n\"c` + 'd'", ['a', ':=', '`b\n"c`', '+', "'d'"]],
    [
      'a.rs',
      "fn f<'a>(x: &'a str) { 'b' }",
      ['fn', 'f', '<', "'", 'a', '>', '(', 'x', ':', '&', "'", 'a', 'str', ')', '{', "'b'", '}'],
    ],
    ['a.rs', 'r#"a "b" c"# + 1', ['r#"a "b" c"#', '+', '1']],
    ['a.rb', 'a.b? && c!(1)', ['a', '.', 'b?', '&&', 'c!', '(', '1', ')']],
    ['a.rb', 'x = <<~EOS\n  if true\nEOS\ny', ['x', '=', '<<~EOS', 'y']],
    ['a.rb', 'a\n=begin\nb\n=end\nc', ['a', 'c']],
    ['a.sh', '#!/bin/sh\necho $# "a # b" # c', ['echo', '$', '#', '"a # b"']],
    ['a.sh', "cat <<'EOF' | x\nif a && b\nEOF\ny", ['cat', "<<'EOF'", '|', 'x', 'y']],
  ])('%s: %s', (file, source, expected) => {
    expect(texts(file, source)).toEqual(expected)
  })

  it('says the line of each token', () => {
    expect(scan('a\n/*\n*/ b `\n${c}`', syntax('a.ts')).map(({ text, line }) => [text, line])).toEqual([
      ['a', 1],
      ['b', 3],
      ['`\n${', 3],
      ['c', 4],
      ['}`', 4],
    ])
  })

  it('never fails, and its tokens lie in the source, in order, without overlap', () => {
    const pieces = fc.constantFrom(
      'a',
      '1',
      '"',
      "'",
      '`',
      '${',
      '}',
      '{',
      '/',
      '*',
      '#',
      '\n',
      ' ',
      '\\',
      '<<EOS',
      '/*',
      '*/',
      '"""',
      '=begin',
      '$',
    )
    const files = fc.constantFrom('a.ts', 'a.py', 'a.go', 'a.rs', 'a.rb', 'a.sh', 'a.c')
    fc.assert(
      fc.property(files, fc.array(pieces, { maxLength: 40 }), (file, parts) => {
        const source = parts.join('')
        let end = 0
        for (const token of scan(source, syntax(file))) {
          expect(token.start).toBeGreaterThanOrEqual(end)
          expect(token.end).toBeGreaterThan(token.start)
          expect(source.slice(token.start, token.end)).toBe(token.text)
          expect(token.line).toBe(source.slice(0, token.start).split('\n').length)
          end = token.end
        }
      }),
      { numRuns: 500 },
    )
  })
})
