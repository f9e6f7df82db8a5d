import { nodeClock } from '../../platform/node-clock.ts'
import { nodeHash } from '../../platform/node-hash.ts'
import { nodeRandom } from '../../platform/node-random.ts'
import type { BlobStore } from '../blob-store.ts'
import type { S3Options } from './bucket-address.ts'
import { s3Blobs } from './s3-blobs.ts'

/** Large payloads in a bucket: `postgres({ url, blobs: s3({ bucket, endpoint, credentials }) })`. */
export function s3(options: S3Options): BlobStore {
  return s3Blobs({ ...options, clock: nodeClock, random: nodeRandom, hash: nodeHash })
}
