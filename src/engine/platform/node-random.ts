import { randomFillSync } from 'node:crypto'
import type { Random } from '../../std/index.ts'

const POOL_BYTES = 8 * 1024
const DOUBLE_BYTES = 8

const pool = Buffer.alloc(POOL_BYTES)
let used = POOL_BYTES

/** The next `bytes` of the pool. One system call fills it for hundreds of draws. */
function draw(bytes: number): Buffer {
  if (bytes > POOL_BYTES) return randomFillSync(Buffer.alloc(bytes))
  if (used + bytes > POOL_BYTES) {
    randomFillSync(pool)
    used = 0
  }
  used += bytes
  return pool.subarray(used - bytes, used)
}

/** The machine's source of randomness, fit for keys and salts. */
export const nodeRandom: Random = {
  hex: (bytes) => draw(bytes).toString('hex'),
  next: () => Number(draw(DOUBLE_BYTES).readBigUInt64LE() >> 11n) / 2 ** 53,
}
