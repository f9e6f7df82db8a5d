import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { readLines } from './lines.ts'

/** A socket that a test feeds. */
class FakeSocket extends EventEmitter {
  error: { readonly code?: string; readonly message: string } | undefined
  setEncoding(): this {
    return this
  }
  destroy(error: Error): this {
    this.error = error
    return this
  }
}

function reading(bytesMax?: number, onLine?: (line: string) => void) {
  const socket = new FakeSocket()
  const lines: string[] = []
  readLines(socket as unknown as Socket, onLine ?? ((line) => lines.push(line)), bytesMax)
  return { socket, lines }
}

describe('lines of a socket', () => {
  it('are the same however the stream is cut', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.string({ maxLength: 8 }).map((text) => text.replaceAll('\n', '')),
          { maxLength: 6 },
        ),
        fc.array(fc.nat(40), { maxLength: 6 }),
        (texts, cuts) => {
          const { socket, lines } = reading()
          const stream = texts.map((text) => `${text}\n`).join('')
          const at = [0, ...cuts.filter((cut) => cut < stream.length).toSorted((a, b) => a - b), stream.length]
          for (const [i, from] of at.slice(0, -1).entries()) socket.emit('data', stream.slice(from, at[i + 1]))
          expect(lines).toEqual(texts)
        },
      ),
    )
  })

  it('a line over the limit ends the connection, one that is just short enough does not', () => {
    const { socket, lines } = reading(10)
    socket.emit('data', `${'x'.repeat(10)}\n`)
    expect([lines.length, socket.error]).toEqual([1, undefined])
    socket.emit('data', 'x'.repeat(11))
    expect(socket.error?.code).toBe('VALUE_TOO_LARGE')
  })

  it('a reader that throws ends the connection', () => {
    const { socket } = reading(undefined, () => {
      throw new Error('no JSON')
    })
    socket.emit('data', 'x\n')
    expect(socket.error?.message).toBe('no JSON')
  })
})
