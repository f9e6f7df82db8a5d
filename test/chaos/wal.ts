/** SQLite's write-ahead log as bytes: where its transactions end, and what a power cut can make of the last one. */
import { closeSync, openSync, readFileSync, rmSync, statSync, truncateSync, writeSync } from 'node:fs'
import type { SimRandom } from '../../src/testing/simulation/sim-random.ts'

const HEADER_BYTES = 32
const FRAME_HEADER_BYTES = 24
const PAGE_BYTES_AT = 8
const SALT_AT = 16
const SALT_BYTES = 8
const GARBLED_BYTES_MAX = 512

/** The bytes of the last transaction. */
export type Tail = { readonly from: number; readonly to: number }

/** What became of the tail. `cut`: the file ends there · `flipped`: one bit · `zeroed`, `garbled`: some bytes from there on. */
export const TEARS = ['cut', 'flipped', 'zeroed', 'garbled'] as const
export type Tear = (typeof TEARS)[number]

/** The last transaction of a log; undefined when the log holds none. The header of a log with one transaction belongs to it. */
export function tailOf(wal: string): Tail | undefined {
  if ((statSync(wal, { throwIfNoEntry: false })?.size ?? 0) < HEADER_BYTES) return undefined
  const bytes = readFileSync(wal)
  const frameBytes = FRAME_HEADER_BYTES + bytes.readUInt32BE(PAGE_BYTES_AT)
  const salt = bytes.subarray(SALT_AT, SALT_AT + SALT_BYTES)
  const ends: number[] = []
  for (let at = HEADER_BYTES; at + frameBytes <= bytes.length; at += frameBytes) {
    // A log that was begun anew has frames of the one before behind its own.
    if (!bytes.subarray(at + 8, at + 8 + SALT_BYTES).equals(salt)) break
    const isCommit = bytes.readUInt32BE(at + 4) !== 0
    if (isCommit) ends.push(at + frameBytes)
  }
  const to = ends.at(-1)
  return to === undefined ? undefined : { from: ends.at(-2) ?? 0, to }
}

/** Tears a log at a byte. */
export function tear(wal: string, at: number, how: Tear, random: SimRandom): void {
  if (how === 'cut') return truncateSync(wal, at)
  const size = statSync(wal).size
  const length = how === 'flipped' ? 1 : Math.min(random.between(1, GARBLED_BYTES_MAX), size - at)
  if (length <= 0) return
  const bytes =
    how === 'zeroed'
      ? Buffer.alloc(length)
      : how === 'garbled'
        ? Buffer.from(random.hex(length), 'hex')
        : flipped(wal, at, random)
  const fd = openSync(wal, 'r+')
  writeSync(fd, bytes, 0, length, at)
  closeSync(fd)
}

function flipped(wal: string, at: number, random: SimRandom): Buffer {
  return Buffer.from([(readFileSync(wal)[at] ?? 0) ^ (1 << random.between(0, 7))])
}

/** The index of a log lives in memory that a power cut takes. */
export function loseIndex(folder: string): void {
  rmSync(`${folder}/skein.db-shm`, { force: true })
}
