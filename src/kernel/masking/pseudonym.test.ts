import fc from 'fast-check'
import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { Masker } from './masker.ts'
import { Pseudonyms } from './pseudonym.ts'

const hash = { sha256: (text: string) => createHash('sha256').update(text).digest('hex') }
const fresh = (secret = 's') => new Pseudonyms(secret, hash)
const shapeOf = (text: string): string =>
  text
    .replace(/\p{Lu}/gu, 'A')
    .replace(/[\p{L}\p{M}]/gu, 'a')
    .replace(/\p{N}/gu, '0')

describe('pseudonyms', () => {
  it('have the length and the shape of their string, and are the same for the same string', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const one = fresh()
        expect(one.of(text)).toHaveLength(text.length)
        expect(one.of(text)).toBe(one.of(text))
        expect(fresh().of(text)).toBe(one.of(text))
      }),
    )
    expect(shapeOf(fresh().of('Ann Lee, +49 711 (x)'))).toBe(shapeOf('Ann Lee, +49 711 (x)'))
  })

  it('of different strings differ, and differ from export to export', () => {
    const one = fresh()
    const made = Array.from({ length: 500 }, (_, n) => one.of(`user${n}`))
    expect(new Set(made).size).toBe(500)
    expect(fresh('other').of('Wilhelmina')).not.toBe(one.of('Wilhelmina'))
  })

  it('of dates are dates, all as far apart as they were', () => {
    const one = fresh()
    const [a, b] = [one.of('2026-02-27'), one.of('2026-03-01T10:00:00Z')].map((text) => Date.parse(text.slice(0, 10)))
    expect((b ?? 0) - (a ?? 0)).toBe(2 * 86_400_000)
    expect(one.of('2026-03-01T10:00:00Z')).toMatch(/T10:00:00Z$/)
  })

  it('hide every kind of character: no capital, small letter or digit is always its own', () => {
    for (const text of ['WILHELMINA', 'wilhelmina', '1234567891'])
      expect(Array.from(text).filter((char, at) => fresh().of(text)[at] === char).length).toBeLessThan(text.length / 2)
  })
})

describe('masked values', () => {
  const masker = new Masker({
    pseudonyms: fresh(),
    names: new Set(['find']),
    children: new Set(['reader-0123456789abcdef01234567']),
    sources: ["if (status === 'open') await ctx.tool(find, {})"],
  })
  const masked = (value: unknown): unknown => JSON.parse(masker.payload({ text: JSON.stringify(value) }).text)

  it('keep structure, numbers, what the code quotes, and Skein’s own words', () => {
    const value = { n: 1.5, is: true, no: null, status: 'open', tool: 'find', role: 'user', code: 'EFFECT_TIMEOUT' }
    expect(masked(value)).toEqual(value)
    expect(masked({ status: 'closed' })).toEqual({ status: expect.not.stringMatching('closed') as string })
  })

  it('keep tags of the codec, but not the bytes', () => {
    const kept = { big: { $: 'bigint', v: '12' }, day: { $: 'date', v: 5 } }
    expect(masked(kept)).toEqual(kept)
    expect(masked({ $: 'bytes', v: 'AAECAwQ=' })).toMatchObject({
      $: 'bytes',
      v: expect.not.stringMatching('AAEC') as string,
    })
    // An id in a value is the one that the facts name.
    expect(masked({ $: 'id', v: 'Wilhelmina' })).toEqual({ $: 'id', v: masker.text('Wilhelmina') })
    expect(masked({ $: 'esc', v: { $: 'secret words' } })).toEqual({
      $: 'esc',
      v: { $: expect.not.stringMatching('secret') as string },
    })
  })

  it('keep JSON inside a string JSON, and a child known by its name', () => {
    const inner = JSON.parse(masker.text('{"to":"Wilhelmina","n":3,"is":true}')) as { to: string }
    expect(inner).toEqual({ to: expect.not.stringMatching('Wilhelmina') as string, n: 3, is: true })
    expect(masker.text('reader-0123456789abcdef01234567')).toMatch(/^reader-[0-9a-f]{24}$/)
    expect(masker.text('reader-0123456789abcdef01234567')).not.toContain('0123456789abcdef')
  })
})
