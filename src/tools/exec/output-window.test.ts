import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { OutputWindow } from './output-window.ts'

const MARKER = /\n\[… (\d+) bytes cut …\]\n/

describe('OutputWindow', () => {
  it('keeps all of what fits, whatever the chunks', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme' })), fc.nat(20), (texts, spare) => {
        const bytes = Buffer.from(texts.join(''))
        const window = new OutputWindow(bytes.length + spare)
        for (let at = 0; at < bytes.length; at += 3) window.push(bytes.subarray(at, at + 3))
        expect(window.text()).toBe(bytes.toString())
        expect(window.bytesCut).toBe(0)
      }),
    )
  })
  it('keeps the beginning and the end of what does not, and says how much is missing', () => {
    const chunks = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'ü', '€', '😀'), maxLength: 12 }), {
      minLength: 1,
    })
    fc.assert(
      fc.property(chunks, fc.integer({ min: 2, max: 30 }), (texts, bytesMax) => {
        const window = new OutputWindow(bytesMax)
        for (const text of texts) window.push(Buffer.from(text))
        const whole = texts.join('')
        fc.pre(Buffer.byteLength(whole) > bytesMax)
        const [head = '', cut, tail = ''] = window.text().split(MARKER)
        expect(whole.startsWith(head)).toBe(true)
        expect(whole.endsWith(tail)).toBe(true)
        expect(Number(cut)).toBe(Buffer.byteLength(whole) - bytesMax)
        expect(Buffer.byteLength(head) + Buffer.byteLength(tail)).toBeLessThanOrEqual(bytesMax)
        expect(Buffer.byteLength(head) + Buffer.byteLength(tail)).toBeGreaterThan(bytesMax - 8)
      }),
    )
  })
  it('shows bytes that are no text as what they are not', () => {
    const window = new OutputWindow(10)
    window.push(Buffer.from([0x61, 0xff, 0x62]))
    expect(window.text()).toBe('a\uFFFDb')
  })
})
