import { join } from 'node:path'
import { fileStreams, nodeHash, rowStreams } from '../../engine/index.ts'
import type { StreamMedium } from '../../engine/index.ts'

/** The live streams of a data folder, for its owner and for readers beside it. Retention and erasure call `remove`. */
export function streamsOf(folder: string): StreamMedium {
  const streams = join(folder, 'streams')
  return rowStreams(streams, fileStreams(streams, nodeHash))
}
