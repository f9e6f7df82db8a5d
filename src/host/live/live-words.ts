/** Events of a live stream in words, as `skein log --live` shows them. */
import type { LiveRead } from '../../engine/index.ts'
import { unreachable } from '../../std/index.ts'

/** One event; `name` is what `skein log` calls its effect, where it has one. */
export function liveWords(chunk: LiveRead, name?: string): string {
  switch (chunk.type) {
    case 'text':
      return `${name ?? chunk.effect}: ${chunk.text}`
    case 'emit':
      return `${chunk.stream}: ${JSON.stringify(chunk.chunk)}`
    case 'log':
      return chunk.text
    case 'again':
      return `(${name ?? chunk.effect} begins again, attempt ${chunk.attempt}: what it said before does not count)`
    case 'ended':
      return `(ended: ${chunk.how})`
    case 'dropped':
      return `(${chunk.chunks} more were said than could be written)`
    case 'gap':
      return `(${chunk.offset - chunk.from + 1} chunks are not kept any more)`
    default:
      return unreachable(chunk, 'live event')
  }
}
