import type { Socket } from 'node:net'
import { SkeinError } from '../../../std/index.ts'
import { CONTROL_LINE_BYTES_MAX } from '../../limits.ts'

/** Calls `onLine` for every line that comes. A throw, or a line over the limit, destroys the socket. */
export function readLines(socket: Socket, onLine: (line: string) => void, bytesMax = CONTROL_LINE_BYTES_MAX): void {
  let parts: string[] = []
  let length = 0
  socket.setEncoding('utf8')
  socket.on('data', (chunk: string) => {
    let from = 0
    for (let end = chunk.indexOf('\n'); end !== -1; end = chunk.indexOf('\n', from)) {
      parts.push(chunk.slice(from, end))
      const line = parts.join('')
      parts = []
      length = 0
      from = end + 1
      try {
        onLine(line)
      } catch (error) {
        return void socket.destroy(error as Error)
      }
    }
    if (from === chunk.length) return
    parts.push(from === 0 ? chunk : chunk.slice(from))
    length += chunk.length - from
    if (length > bytesMax) {
      socket.destroy(
        new SkeinError(
          'VALUE_TOO_LARGE',
          `a line on the control socket is longer than ${bytesMax} bytes; pass large values as files`,
        ),
      )
    }
  })
}
