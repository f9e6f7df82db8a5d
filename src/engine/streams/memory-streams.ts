import type { Pid } from '../../std/index.ts'
import { STREAM_BYTES_MAX } from '../limits.ts'
import type { LiveChunk } from './live-event.ts'
import type { StreamMedium } from './stream-medium.ts'

/** Streams in memory, for engines without a folder and for tests. */
export function memoryStreams(bytesMax = STREAM_BYTES_MAX): StreamMedium {
  const kept = new Map<Pid, { chunks: { readonly chunk: LiveChunk; readonly bytes: number }[]; next: number }>()
  const of = (pid: Pid) => {
    const known = kept.get(pid) ?? { chunks: [], next: 0 }
    kept.set(pid, known)
    return known
  }
  return {
    has: (pid) => kept.has(pid),
    next: async (pid) => of(pid).next,
    async append(pid, chunks) {
      const stream = of(pid)
      for (const chunk of chunks) stream.chunks.push({ chunk, bytes: Buffer.byteLength(JSON.stringify(chunk)) })
      stream.next = (chunks.at(-1)?.offset ?? stream.next - 1) + 1
      let bytes = stream.chunks.reduce((sum, one) => sum + one.bytes, 0)
      while (bytes > bytesMax && stream.chunks.length > 1) bytes -= stream.chunks.shift()?.bytes ?? 0
    },
    reader(pid, from) {
      let next = from
      return {
        async read() {
          const chunks = (kept.get(pid)?.chunks ?? []).flatMap(({ chunk }) => (chunk.offset >= next ? [chunk] : []))
          next = (chunks.at(-1)?.offset ?? next - 1) + 1
          return chunks
        },
      }
    },
    async remove(pid) {
      kept.delete(pid)
    },
  }
}
