import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { applied, proposalsFor, usable } from './propose.ts'

/** The changed texts by operator. */
function changes(file: string, source: string): Record<string, readonly string[]> {
  const byOperator: Record<string, string[]> = {}
  for (const proposal of proposalsFor(file, source).toSorted(
    (a, b) => a.start - b.start || (a.after < b.after ? -1 : 1),
  )) {
    ;(byOperator[proposal.operator] ??= []).push(applied(source, proposal))
  }
  return byOperator
}

describe('proposalsFor', () => {
  it.each([
    ['a.ts', 'x = a < b', 'boundary', ['x = a <= b']],
    ['a.ts', 'x = a < b', 'comparison', ['x = a >= b']],
    ['a.ts', 'x = a === b', 'equality', ['x = a !== b']],
    ['a.ts', 'x = a && b', 'logic', ['x = a || b']],
    ['a.py', 'x = a and b', 'logic', ['x = a or b']],
    ['a.ts', 'x = a ?? b', 'default', ['x = a && b']],
    ['a.ts', 'x = a?.b', 'optional', ['x = a.b']],
    ['a.py', 'x = True', 'boolean', ['x = False']],
    ['a.ts', 'x = a - b', 'arithmetic', ['x = a + b']],
    ['a.ts', 'x += 1', 'assignment', ['x -= 1']],
    ['a.ts', 'x++', 'step', ['x--']],
    ['a.go', 'x := a << 2', 'shift', ['x := a >> 2']],
    ['a.c', 'x = a & b;', 'bits', ['x = a | b;']],
    ['a.ts', 'x = Math.min(a, b)', 'call', ['x = Math.max(a, b)']],
    ['a.sh', '[ "$a" -lt "$b" ]', 'test', ['[ "$a" -le "$b" ]']],
    ['a.rs', 'let x = 10u32;', 'off by one', ['let x = 11u32;']],
    ['a.ts', 'x = a === "b"', 'text', ['x = a === ""']],
    ['a.py', 'x = re.match(r"[0-9a-f]+", y)', 'range', ['x = re.match(r"[1-9a-f]+", y)']],
    ['a.ts', 'x = /^a+$/', 'pattern', ['x = /a+$/', 'x = /^a$/', 'x = /^a+/']],
    ['a.ts', 'x = -1', 'sign', ['x = 1']],
    ['a.ts', 'if (a && (b || c)) d()', 'negated', ['if (!(a && (b || c))) d()']],
    ['a.ts', 'if (a) b()', 'never', ['if (false) b()']],
    ['a.py', 'if a:\n    b()', 'never', ['if False:\n    b()']],
    ['a.go', 'if err := f(); err != nil { g() }', 'never', ['if err := f(); false { g() }']],
    ['a.rb', 'return x if y.z?', 'never', ['return x if false']],
    ['a.ts', 'x = !a', 'not', ['x = a']],
    ['a.py', 'x = a not in b', 'not', ['x = a in b']],
    ['a.py', 'for a in b:\n    continue', 'exit', ['for a in b:\n    pass']],
    ['a.ts', 'for (;;) { break; }', 'exit', ['for (;;) { ; }']],
    ['a.ts', 'const f = () => {\n  return a.b(1)\n}', 'answer', ['const f = () => {\n  return undefined\n}']],
    ['a.ts', 'a\nb.c(d)\ne', 'silence', ['a\n;\ne']],
    ['a.py', 'self.a(1)', 'silence', ['pass']],
  ])('%s: %s (%s)', (file, source, operator, expected) => {
    expect(changes(file, source)[operator]).toEqual(expected)
  })

  it.each([
    ['a.ts', '// a < b', 'comments'],
    ['a.ts', 'x = "a < b && 1"', 'texts'],
    ['a.ts', 'type A = 1 | 2\nlet x: Array<1> = y as 3', 'types, which leave before the code runs'],
    ['a.java', 'List<String> x;', 'type arguments'],
    ['a.go', 'x := *p', 'pointers'],
    ['a.ts', 'import { a } from "b1" with { type: "json" }', 'imports'],
    ['a.ts', 'console.log(a < 1, true)', 'what only talks to people'],
    ['a.ts', 'x = "a" + b', 'joined texts'],
    ['a.rs', '#[cfg(test)]\nmod tests { fn a() { b(1 + 2) } }', 'tests that stand beside the code'],
    ['a.ts', 'return unreachable(kind === "a", 1)', 'what never happens'],
    ['a.ts', 'class A {\n#shift() {}\nstatic pop() {}\nmin() {}\n}', 'names of functions where they are declared'],
    ['a.rs', '_ => unreachable!(1 < 2),', 'what never happens'],
    ['a.txt', 'if true and 1 < 2', 'what is no source code'],
  ])('%s: leaves %j alone: %s', (file, source) => {
    expect(proposalsFor(file, source)).toEqual([])
  })

  it('gives every line its turn before one has its second', () => {
    const lines = proposalsFor('a.ts', Array.from({ length: 20 }, (_, n) => `x = a + b < c${n}`).join('\n')).map(
      ({ line }) => line,
    )
    expect(new Set(lines.slice(0, 20)).size).toBe(20)
    expect(lines.slice(0, 20)).not.toEqual(lines.slice(0, 20).toSorted((a, b) => a - b))
  })

  it('gives ids that stand for one change to one text', () => {
    const ids = (source: string): readonly string[] => proposalsFor('a.ts', source).map(({ id }) => id)
    expect(ids('x = a < 1')).toEqual(ids('x = a < 1'))
    expect(ids('x = a < 1').filter((id) => ids('x = a < 1 ').includes(id))).toEqual([])
  })

  it('proposes changes that can be made, each to one place, all different', () => {
    const part = fc.constantFrom(
      'a',
      'if (',
      ')',
      '{',
      '}',
      '<',
      ' && ',
      '1',
      '"x"',
      '\n',
      ' ',
      '!',
      'return ',
      '`${',
      '/',
      '=== ',
      'é',
      ';',
      'f()',
    )
    fc.assert(
      fc.property(
        fc.constantFrom('a.ts', 'a.js', 'a.py', 'a.rb', 'a.go', 'a.rs', 'a.sh'),
        fc.array(part, { maxLength: 40 }),
        (file, parts) => {
          const source = parts.join('')
          const made = proposalsFor(file, source).map((proposal) => {
            const changed = applied(source, proposal)
            expect(changed).not.toBe(source)
            expect(changed.startsWith(source.slice(0, proposal.start))).toBe(true)
            const before = source.slice(0, proposal.start).split('\n')
            expect(proposal.column).toBe((before.at(-1) as string).length + 1)
            return `${proposal.start} ${proposal.before.length} ${proposal.after}`
          })
          expect(new Set(made).size).toBe(made.length)
        },
      ),
    )
  })

  it('knows changes that are no programs', () => {
    const source = 'const x = a as unknown\nif (x) throw 1'
    const [proposal] = proposalsFor('a.ts', source)
    expect(proposal !== undefined && usable('a.ts', source, proposal)).toBe(true)
    expect(
      usable('a.ts', source, { ...(proposal as NonNullable<typeof proposal>), start: 0, before: 'const', after: ')' }),
    ).toBe(false)
  })

  it('refuses to change another text than it was made for', () => {
    const [proposal] = proposalsFor('a.ts', 'x = a < b')
    expect(() => applied('x = 2', proposal as NonNullable<typeof proposal>)).toThrow(/not what it was/)
  })
})
