import { join } from 'node:path'
import { fileStreams, nodeHash, rowStreams, rowStreamsBeside } from '../../engine/index.ts'
import type { StreamMedium } from '../../engine/index.ts'

/** The live streams of a data folder, for whoever holds its lock, and nobody else. Retention and erasure call `remove`. */
export function streamsOf(folder: string, warn?: (line: string) => void): StreamMedium {
  const streams = join(folder, 'streams')
  return rowStreams(streams, fileStreams(streams, nodeHash), {
    damaged: () =>
      warn?.(
        `what processes said live in ${streams} was damaged, and begins anew; their journals are elsewhere, and whole`,
      ),
  })
}

/** The live streams of a data folder, for readers beside its owner. */
export function streamsBeside(folder: string): StreamMedium {
  const streams = join(folder, 'streams')
  return rowStreamsBeside(streams, fileStreams(streams, nodeHash))
}
