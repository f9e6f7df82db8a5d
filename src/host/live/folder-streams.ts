import { join } from 'node:path'
import { fileStreams, nodeHash } from '../../engine/index.ts'
import type { StreamMedium } from '../../engine/index.ts'

/** The live streams of a data folder, for its owner and for readers beside it. Retention and erasure call `remove`. */
export function streamsOf(folder: string): StreamMedium {
  return fileStreams(join(folder, 'streams'), nodeHash)
}
