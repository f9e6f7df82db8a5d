import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import {
  assert,
  Cancelled,
  canon,
  decode,
  durationMs,
  encode,
  ERROR_CODES,
  errorData,
  errorFromData,
  IDENTITY,
  SkeinError,
  toSkeinError,
  unreachable,
  UnknownOutcome,
} from './index.ts'

/** An array whose class cannot be made with a length. */
class Rows extends Array<number> {
  constructor(rows: Iterable<number>) {
    super()
    this.push(...rows)
  }
}

describe('errors', () => {
  it('carry a code, whether trying again helps, and plain data', () => {
    const cause = new Error('below')
    const error = new SkeinError('MAILBOX_FULL', 'full', { cause, data: { n: 1 } })
    expect(error).toMatchObject({ name: 'SkeinError', code: 'MAILBOX_FULL', retryable: true, cause })
    expect(error.toJSON()).toEqual({ code: 'MAILBOX_FULL', message: 'full', retryable: true, data: { n: 1 } })
    expect(new SkeinError('MAILBOX_FULL', 'x', { retryable: false }).retryable).toBe(false)
    expect(new SkeinError('MADE_UP', 'x').retryable).toBe(false)
    expect(errorData(new SkeinError('USAGE', 'x'))).not.toHaveProperty('data')
  })

  it('come back from their data as what they were', () => {
    for (const error of [new Cancelled('c'), new UnknownOutcome('u'), new SkeinError('USAGE', 's', { data: 5 })]) {
      const back = errorFromData(error.toJSON())
      expect(back).toBeInstanceOf(error.constructor)
      expect(back).toMatchObject({ code: error.code, message: error.message, data: error.data, name: error.name })
    }
  })

  it('every thrown value becomes one, once', () => {
    const known = new SkeinError('USAGE', 'x')
    expect(toSkeinError(known)).toBe(known)
    expect(toSkeinError(new Error('plain'))).toMatchObject({ code: 'EFFECT_FAILED', message: 'plain' })
    expect(toSkeinError(new TypeError(''), 'INTERNAL')).toMatchObject({ code: 'INTERNAL', message: 'TypeError' })
    expect(toSkeinError('text').message).toBe('text')
    expect(toSkeinError({ a: 1 }).message).toContain('{"a":1}')
    expect(toSkeinError(undefined).message).toContain('undefined')
    expect(toSkeinError(5n).message).toContain('[object BigInt]')
    expect(SkeinError.isInstance(null)).toBe(false)
    expect(SkeinError.isInstance(new Error('x'))).toBe(false)
  })

  it('a broken invariant and an impossible case are defects', () => {
    assert(true, 'fine')
    expect(() => assert(false, 'facts in order')).toThrow('broken invariant: facts in order')
    expect(() => unreachable('x' as never, 'letter')).toThrow('unexpected letter: "x"')
  })

  it('exit codes are those of the command line', () => {
    expect(ERROR_CODES.BUDGET_EXCEEDED.exit).toBe(5)
    expect(ERROR_CODES.DATA_FOLDER_OWNED.exit).toBe(75)
    expect(ERROR_CODES.CANCELLED.exit).toBe(130)
    expect(ERROR_CODES.CODE_ABSENT.exit).toBe(4)
    expect(ERROR_CODES.USAGE.exit).toBe(2)
    for (const [code, { exit, retryable }] of Object.entries(ERROR_CODES)) {
      expect([1, 2, 4, 5, 75, 130], code).toContain(exit)
      expect(retryable && (exit === 2 || exit === 4), code).toBe(false)
    }
  })
})

describe('durations', () => {
  it.each([
    [1500, 1500],
    [0, 0],
    ['500ms', 500],
    ['5s', 5_000],
    ['1.5m', 90_000],
    ['2h', 7_200_000],
    ['30d', 2_592_000_000],
    [' 5s ', 5_000],
  ])('%s is %i ms', (given, ms) => {
    expect(durationMs(given)).toBe(ms)
  })

  it.each([-1, Number.NaN, Number.POSITIVE_INFINITY, '5', 's', '5 s', '-5s', '5w', ''])('%s is none', (given) => {
    expect(() => durationMs(given)).toThrow('is not a duration')
  })
})

describe('what is data', () => {
  class Point {
    x = 1
  }
  const deep = (levels: number): unknown => (levels === 0 ? 0 : [deep(levels - 1)])

  it('K3: equal data has equal canonical text', () => {
    expect(canon({ b: 1, a: undefined, c: -0 })).toBe('{"b":1,"c":0}')
    expect(canon([null, true, false, 1.5, 'ü\ud800'])).toBe('[null,true,false,1.5,"ü\\ud800"]')
    expect(canon({ n: 5n, d: new Date(7), b: new Uint8Array([1, 2]) })).toBe('{"b":b"AQI=","d":d"7","n":n"5"}')
    expect(canon('5')).not.toBe(canon(5))
    expect(canon({ [IDENTITY]: 'pid-1', hidden: 2 })).toBe('i"pid-1"')
    expect(canon(Object.create(null))).toBe('{}')
    expect(canon({ rows: new Rows([1]) })).toBe('{"rows":[1]}')
    expect(canon(runInNewContext('({ of: "another realm" })'))).toBe('{"of":"another realm"}')
  })

  it.each([
    ['a function', () => 1],
    ['a symbol', Symbol('x')],
    ['undefined', undefined],
    ['Infinity', Number.POSITIVE_INFINITY],
    ['an instance of Point', new Point()],
    ['an object of an unknown class', Object.create({ constructor: undefined }) as object],
    ['an invalid Date', new Date(Number.NaN)],
    ['an object with toJSON', { toJSON: () => 1 }],
    ['nested deeper than 64 levels', deep(66)],
  ])('K3: %s is not', (what, value) => {
    expect(() => canon({ a: value === undefined ? [undefined] : value })).toThrow(what)
    expect(() => encode({ a: value === undefined ? [undefined] : value })).toThrow(what)
  })

  it('D2: what JSON lacks survives, and is fresh', () => {
    const value = {
      when: new Date(5),
      big: 7n,
      bytes: new Uint8Array([9]),
      $: 'mine',
      deep: [{ $: 'bigint', v: 'no' }],
      gone: undefined,
    }
    const back = decode(encode(value)) as typeof value
    expect(back).toEqual({
      when: new Date(5),
      big: 7n,
      bytes: new Uint8Array([9]),
      $: 'mine',
      deep: [{ $: 'bigint', v: 'no' }],
    })
    expect(back).not.toHaveProperty('gone')
    expect(decode(encode(undefined))).toBeUndefined()
    expect(Object.is(decode(encode(-0)), 0)).toBe(true)
    expect((decode(encode({ [IDENTITY]: 'p' })) as { [IDENTITY]: string })[IDENTITY]).toBe('p')
    const plain = { a: [1, { b: 'x' }] }
    expect(decode(encode(plain))).not.toBe(plain)
  })

  it('an error of ours becomes its data, and large bytes survive', () => {
    expect(decode(encode([new SkeinError('USAGE', 'x')]))).toEqual([{ code: 'USAGE', message: 'x', retryable: false }])
    const bytes = Uint8Array.from({ length: 100_000 }, (_, i) => i % 256)
    expect(decode(encode(bytes))).toEqual(bytes)
  })
})
