/** Values too large for a frame, by content hash: small ones share the frame's commit, larger ones are synced before it (rule T4). */
import type { DatabaseSync } from 'node:sqlite'
import type { BlobToStore } from '../../../kernel/index.ts'
import { limits } from '../../../std/index.ts'
import type { LocalBlobs } from '../../blobs/blob-store.ts'

/** Where a blob can be named. */
const USERS = [
  ['frame', 'payloads'],
  ['birth', 'request'],
  ['process', 'result'],
  ['wait', 'text'],
  ['control', 'text'],
  ['settlement', 'text'],
  ['departed', 'baggage'],
] as const

/** The blob table over an open database. Without `large`, everything lies in the table; with it, what is too large for one. */
export function blobTable(db: DatabaseSync, large?: LocalBlobs) {
  const put = db.prepare('insert or ignore into blob(sha256, text) values(?, ?)')
  const get = db.prepare('select text from blob where sha256 = ?')
  const remove = db.prepare('delete from blob where sha256 = ?')
  return {
    put(blob: BlobToStore): void {
      if (large !== undefined && blob.text.length > limits.BLOB_IN_STORE_BYTES_MAX) large.put(blob.sha256, blob.text)
      else put.run(blob.sha256, blob.text)
    },
    /** Looks through all that may name it. */
    isUsed: (sha256: string) =>
      USERS.some(([table, column]) => {
        const naming = db.prepare(`select 1 from ${table} where instr(${column}, ?) > 0 limit 1`)
        return naming.get(sha256) !== undefined
      }),
    remove(sha256: string): void {
      remove.run(sha256)
      large?.remove(sha256)
    },
    get: (sha256: string) => (get.get(sha256) as { readonly text: string } | undefined)?.text ?? large?.get(sha256),
  }
}
