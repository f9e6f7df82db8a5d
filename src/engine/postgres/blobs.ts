/** Payloads too large for their rows, by content hash, in a table; those of frames may lie outside. */
import type { Pid } from '../../std/index.ts'
import { readAgain } from '../blobs/journal-blobs.ts'
import type { GetBlob, JournalBlobs } from '../blobs/journal-blobs.ts'
import type { Connection } from './connection.ts'

/** Reads something that may name blobs: what it asks for and is not there yet is fetched, and it is read again. */
export function withBlobs<T>(db: Connection, read: (get: GetBlob) => T): Promise<T> {
  return readAgain(read, (sha256s) => inTable(db, sha256s))
}

/** As `withBlobs`, for frames of a process: what is not in the table is outside. */
export function withJournalBlobs<T>(
  { db, blobs }: { readonly db: Connection; readonly blobs: JournalBlobs },
  pid: Pid,
  read: (get: GetBlob) => T,
): Promise<T> {
  return readAgain(read, async (sha256s) => {
    const found = await inTable(db, sha256s)
    const outside = sha256s.filter((sha256) => !found.has(sha256))
    await Promise.all(outside.map(async (sha256) => found.set(sha256, await blobs.get(pid, sha256))))
    return found
  })
}

async function inTable(db: Connection, sha256s: readonly string[]): Promise<Map<string, string>> {
  const rows = await db.rows<{ readonly sha256: string; readonly body: string }>({
    name: 'blobs',
    text: 'select sha256, body from blob where sha256 = any($1::text[])',
    values: [sha256s],
  })
  return new Map(rows.map(({ sha256, body }) => [sha256, body]))
}
