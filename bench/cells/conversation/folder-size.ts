/** What a conversation takes on disk. */
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** Bytes of all files of a folder. */
export function folderBytes(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0)
}

/** Journal bytes of each stretch of `size` steps, blobs included, divided by `size`. */
export function bytesPerStep(folder: string, size: number): readonly number[] {
  using db = new DatabaseSync(join(folder, 'skein.db'), { readOnly: true })
  const blobs = new Map(
    (db.prepare('select sha256, length(text) as bytes from blob').all() as { sha256: string; bytes: number }[]).map(
      ({ sha256, bytes }) => [sha256, bytes],
    ),
  )
  const rows = db.prepare('select body, payloads from frame order by n').all() as { body: string; payloads: string }[]
  const stretches: number[] = []
  let step = 0
  for (const { body, payloads } of rows) {
    for (const [, n] of body.matchAll(/"key":"r(\d+)\//g)) step = Math.max(step, Number(n))
    const stored = (payloads.match(/[0-9a-f]{64}/g) ?? []).reduce((sum, sha256) => sum + (blobs.get(sha256) ?? 0), 0)
    const at = Math.floor(Math.max(step - 1, 0) / size)
    stretches[at] = (stretches[at] ?? 0) + body.length + payloads.length + stored
  }
  return Array.from(stretches, (bytes) => Math.round((bytes ?? 0) / size))
}
