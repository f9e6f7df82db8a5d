/** Frames of all processes. The hash before a frame is not stored: it is the hash of the row before it. */
import type { DatabaseSync } from 'node:sqlite'
import { CHAIN_START } from '../../../kernel/index.ts'
import type { SealedFrame } from '../../../kernel/index.ts'
import type { Epoch, Pid } from '../../../std/index.ts'
import type { P } from './process-table.ts'

type FrameRow = {
  readonly n: number
  readonly epoch: Epoch
  readonly firstSeq: number
  readonly lastSeq: number
  readonly hash: string
  readonly body: string
  readonly payloads: string
}

/** The end of a journal: what the next frame follows. */
export type JournalEnd = { readonly n: number; readonly hash: string; readonly lastSeq: number }

/** The frame table over an open database. */
export function journalTable(db: DatabaseSync) {
  const append = db.prepare(
    'insert into frame(p, n, epoch, firstSeq, lastSeq, hash, body, payloads) values(?, ?, ?, ?, ?, ?, ?, ?)',
  )
  const end = db.prepare('select n, hash, lastSeq from frame where p = ? order by n desc limit 1')
  const hashAt = db.prepare('select hash from frame where p = ? and n = ?')
  const page = db.prepare('select * from frame where p = ? and n >= ? order by n limit ?')
  const setPayloads = db.prepare('update frame set payloads = ? where p = ? and n = ?')
  const holding = db.prepare('select n from frame where p = ? and lastSeq >= ? order by n limit 1')
  return {
    append: (p: P, f: SealedFrame) =>
      void append.run(p, f.n, f.epoch, f.firstSeq, f.lastSeq, f.hash, f.body, f.payloads),
    end: (p: P) => end.get(p) as JournalEnd | undefined,
    /** Erases: the hash of a frame does not cover its payloads. */
    setPayloads: (p: P, n: number, payloads: string) => void setPayloads.run(payloads, p, n),
    /** Number of the first frame with a fact at or after `seq`. */
    frameAt: (p: P, seq: number) => (holding.get(p, seq) as { readonly n: number } | undefined)?.n,
    read(p: P, pid: Pid, fromN: number, limit: number): SealedFrame[] {
      const before = fromN === 0 ? undefined : (hashAt.get(p, fromN - 1) as { readonly hash: string } | undefined)
      let prevHash = before?.hash ?? CHAIN_START
      return (page.all(p, fromN, limit) as FrameRow[]).map((row) => {
        const { n, epoch, firstSeq, lastSeq, hash, body, payloads } = row
        const frame = { pid, epoch, n, firstSeq, lastSeq, body, payloads, prevHash, hash }
        prevHash = hash
        return frame
      })
    },
  }
}
