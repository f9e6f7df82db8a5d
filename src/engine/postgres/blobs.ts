/** Payloads too large for their rows, by content hash, in a table; those of frames may lie outside. */
import type { Pid } from '../../std/index.ts'
import type { GetBlob, JournalBlobs } from '../blobs/journal-blobs.ts'
import type { Connection } from './connection.ts'

/** Reads something that may name blobs: what it asks for and is not there yet is fetched, and it is read again. */
export function withBlobs<T>(db: Connection, read: (get: GetBlob) => T): Promise<T> {
  return fetching(db, read, async () => undefined)
}

/** As `withBlobs`, for frames of a process: what is not in the table is outside. */
export function withJournalBlobs<T>(
  { db, blobs }: { readonly db: Connection; readonly blobs: JournalBlobs },
  pid: Pid,
  read: (get: GetBlob) => T,
): Promise<T> {
  return fetching(db, read, (sha256) => blobs.get(pid, sha256))
}

async function fetching<T>(
  db: Connection,
  read: (get: GetBlob) => T,
  elsewhere: (sha256: string) => Promise<string | undefined>,
): Promise<T> {
  const known = new Map<string, string | undefined>()
  for (;;) {
    const missing = new Set<string>()
    const result = read((sha256) => {
      if (!known.has(sha256)) missing.add(sha256)
      return known.get(sha256)
    })
    if (missing.size === 0) return result
    const rows = await db.rows<{ readonly sha256: string; readonly body: string }>({
      name: 'blobs',
      text: 'select sha256, body from blob where sha256 = any($1::text[])',
      values: [[...missing]],
    })
    for (const { sha256, body } of rows) {
      known.set(sha256, body)
      missing.delete(sha256)
    }
    await Promise.all([...missing].map(async (sha256) => known.set(sha256, await elsewhere(sha256))))
  }
}
