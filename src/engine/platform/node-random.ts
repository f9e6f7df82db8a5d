import { randomFillSync } from 'node:crypto'
import type { Random } from '../../std/index.ts'

const POOL_BYTES = 8 * 1024
const DOUBLE_BYTES = 8

const pool = Buffer.alloc(POOL_BYTES)
let used = POOL_BYTES

/** Where the next `bytes` of the pool begin. One system call fills it for hundreds of draws. */
function draw(bytes: number): number {
  if (used + bytes > POOL_BYTES) {
    randomFillSync(pool)
    used = 0
  }
  used += bytes
  return used - bytes
}

function hex(bytes: number): string {
  if (bytes > POOL_BYTES) return randomFillSync(Buffer.alloc(bytes)).toString('hex')
  const from = draw(bytes)
  return pool.toString('hex', from, from + bytes)
}

/** The machine's source of randomness, fit for keys and salts. */
export const nodeRandom: Random = {
  hex,
  next: () => Number(pool.readBigUInt64LE(draw(DOUBLE_BYTES)) >> 11n) / 2 ** 53,
}
