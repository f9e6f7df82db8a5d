/**
 * The file of an open database's write-ahead log. A sync after which a file is longer has its length to make durable as
 * well, which takes a quick disk as long again as the rest (measured): so where commits are small, the file is kept longer
 * than what is in it. SQLite reads a log up to the first frame that does not belong to it, and writes over what follows.
 *
 * Invariants:
 * 1. Room is appended, never written at a place: nothing that SQLite has written is written over, whoever writes meanwhile.
 * 2. Room that cannot be made is done without: it is for a commit to say that a disk is full.
 * 3. The length is asked for seldom. Where a file system keeps times that nobody has seen coarse (Linux since 6.13), whoever
 *    looks makes the next sync dearer, by half of what it takes on a quick disk (measured).
 */
import { closeSync, fstatSync, openSync, writeSync } from 'node:fs'
import { LOG_LOOKED_AT_EVERY, LOG_ROOM_BYTES } from '../../limits.ts'

/** Its length, and its descriptor for whoever syncs it. */
export class LogFile implements Disposable {
  readonly fd: number
  #bytes: number
  #commitsLeft = LOG_LOOKED_AT_EVERY

  /** The log is there as long as its database is open, and is the same file. */
  constructor(wal: string) {
    this.fd = openSync(wal, 'a')
    this.#bytes = fstatSync(this.fd).size
  }

  /** The length when it was last looked at, with the room that was made. */
  get bytes(): number {
    return this.#bytes
  }

  /** A commit has been written, and is not synced yet. */
  written(): void {
    this.#commitsLeft -= 1
    if (this.#commitsLeft > 0) return
    const before = this.#bytes
    const grownBytes = this.look() - before
    // Large commits fill any room at once: what they write themselves is all that is worth writing.
    if (grownBytes > 0 && grownBytes <= LOG_ROOM_BYTES / 2) this.#makeRoom()
  }

  /** It will be another one after the next commit, by more than that writes. */
  lookNext(): void {
    this.#commitsLeft = 1
  }

  /** The length as it is now. */
  look(): number {
    this.#commitsLeft = LOG_LOOKED_AT_EVERY
    this.#bytes = fstatSync(this.fd).size
    return this.#bytes
  }

  [Symbol.dispose](): void {
    closeSync(this.fd)
  }

  #makeRoom(): void {
    try {
      this.#bytes += writeSync(this.fd, new Uint8Array(LOG_ROOM_BYTES))
    } catch {
      // See invariant 2.
    }
  }
}
