import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canon, decode, encode } from '../index.ts'

const data = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constant(null),
    fc.boolean(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.string({ unit: 'binary' }),
    fc.bigInt(),
    fc.date({ noInvalidDate: true }),
    fc.uint8Array({ maxLength: 20 }),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.oneof(fc.string(), fc.constantFrom('$', 'v', '__proto__', 'text', '$p', 'd')), tie('value'), {
      maxKeys: 4,
    }),
  ),
})).value

describe('encode and decode', () => {
  it('D2: decode(encode(v)) keeps the canonical form', () => {
    fc.assert(
      fc.property(data, (value) => {
        expect(canon(decode(encode(value)))).toBe(canon(value))
      }),
    )
  })
  it('what JSON carries as it is has the same text by the short way and beside something that needs the long one', () => {
    fc.assert(
      fc.property(data, (value) => {
        expect(canon([value, 1n])).toBe(`[${canon(value)},n"1"]`)
        expect(encode([value, 1n])).toBe(`[${encode(value)},{"$":"bigint","v":"1"}]`)
      }),
    )
    const hidden = Object.defineProperty({ a: 1 }, 'toJSON', { value: () => 2 })
    for (const value of [hidden, [undefined], { a: [() => 1] }, { a: Number.NaN }, new Map()])
      expect(() => encode(value)).toThrow('not data')
  })
  it('J1: the text survives a parse and a stringify, which the chain relies on', () => {
    fc.assert(
      fc.property(data, (value) => {
        const text = encode(value)
        expect(JSON.stringify(JSON.parse(text))).toBe(text)
      }),
    )
  })
  it('K3: names the place of what is not data', () => {
    expect(() => canon({ a: [1, { b: new Map() }] })).toThrow('$.a[1].b is an instance of Map')
    expect(() => encode({ a: [undefined] })).toThrow('$.a[0] is undefined')
    expect(() => canon({ n: Number.NaN })).toThrow('NaN')
  })
})
