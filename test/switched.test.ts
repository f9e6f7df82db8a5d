/** Many changes in one program: what the blind-spot run switches on, and what it notes. */
import { describe, expect, it } from 'vitest'
import { REACHED, SWITCH, switched } from './blindspots/switched.ts'
import type { Numbered } from './blindspots/switched.ts'

const SOURCE = `
export function judge(n) {
  if (n > 10) {
    const twice = (m) => m + m
    return twice(n)
  }
  switch (n) {
    case 1:
      return 'one'
    default:
      return [n].map((m) => m - 1)[0]
  }
}
export const told = 'at loading'
`

const change = (n: number, before: string, after: string): Numbered => {
  const start = SOURCE.indexOf(before)
  const line = SOURCE.slice(0, start).split('\n').length
  return { n, change: { id: String(n), file: 'a.ts', line, column: 1, operator: 'text', before, after, start } }
}

const CHANGES = [
  change(1, 'n > 10', 'n > 20'),
  change(2, 'm + m', 'm * 3'),
  change(3, 'twice(n)', 'twice(1)'),
  change(4, "'one'", "'uno'"),
  change(5, 'm - 1', 'm - 2'),
  change(6, "'at loading'", "'later'"),
]

type Program = { readonly judge: (n: number) => unknown }

async function loaded(): Promise<Program> {
  const { text } = switched('a.ts', SOURCE, CHANGES)
  return (await import(`data:text/javascript,${encodeURIComponent(text)}`)) as Program
}

function withGlobal<T>(name: string, value: unknown, run: () => T): T {
  Reflect.set(globalThis, name, value)
  try {
    return run()
  } finally {
    Reflect.deleteProperty(globalThis, name)
  }
}

const INPUTS = [15, 1, 5]

describe('a program with switches', () => {
  it('takes what lies in the body of a function', () => {
    expect(switched('a.ts', SOURCE, CHANGES).taken).toEqual([1, 2, 3, 4, 5])
  })

  it('is the untouched one with none on, and has one change with one on', async () => {
    const { judge } = await loaded()
    const outcomes = (n: number): readonly unknown[] => withGlobal(SWITCH, n, () => INPUTS.map(judge))
    expect([0, 1, 2, 3, 4, 5].map(outcomes)).toEqual([
      [30, 'one', 4],
      [14, 'one', 4],
      [45, 'one', 4],
      [2, 'one', 4],
      [30, 'uno', 4],
      [30, 'one', 3],
    ])
  })

  it('notes the changes whose statements begin', async () => {
    const { judge } = await loaded()
    const reached = (input: number): readonly number[] => {
      const noted = new Set<number>()
      withGlobal(REACHED, noted, () => judge(input))
      return [...noted].toSorted((a, b) => a - b)
    }
    expect(INPUTS.map(reached)).toEqual([
      [1, 2, 3],
      [1, 4],
      [1, 5],
    ])
  })
})
