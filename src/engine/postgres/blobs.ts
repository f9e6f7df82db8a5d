/** Payloads too large for their rows, by content hash, in a table. */
import type { Connection } from './connection.ts'

/** Reads something that may name blobs: what it asks for and is not there yet is fetched, and it is read again. */
export async function withBlobs<T>(
  db: Connection,
  read: (get: (sha256: string) => string | undefined) => T,
): Promise<T> {
  const known = new Map<string, string | undefined>()
  for (;;) {
    const missing = new Set<string>()
    const result = read((sha256) => {
      if (!known.has(sha256)) missing.add(sha256)
      return known.get(sha256)
    })
    if (missing.size === 0) return result
    for (const sha256 of missing) known.set(sha256, undefined)
    const rows = await db.rows<{ readonly sha256: string; readonly body: string }>({
      name: 'blobs',
      text: 'select sha256, body from blob where sha256 = any($1::text[])',
      values: [[...missing]],
    })
    for (const { sha256, body } of rows) known.set(sha256, body)
  }
}
