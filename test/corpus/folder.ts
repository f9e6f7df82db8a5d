/** Folders of the corpus, file by file and packed, so that nobody opens one in its place. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'

const PACKED = '.gz'
/** What an owner makes anew. */
const LEFT_OUT = /^(?:owner|control\.sock|.*-shm|.*-wal)$/

/** Packs every file that a data folder needs. */
export function pack(folder: string, into: string): void {
  for (const file of filesOf(folder)) {
    if (LEFT_OUT.test(file)) continue
    const target = join(into, file + PACKED)
    mkdirSync(dirname(target), { recursive: true })
    writeFileSync(target, gzipSync(readFileSync(join(folder, file)), { level: 9 }))
  }
}

/** A data folder as it was when it was packed. */
export function unpack(packed: string, into: string): void {
  for (const file of filesOf(packed)) {
    if (!file.endsWith(PACKED)) continue
    const target = join(into, file.slice(0, -PACKED.length))
    mkdirSync(dirname(target), { recursive: true, mode: 0o700 })
    writeFileSync(target, gunzipSync(readFileSync(join(packed, file))), { mode: 0o600 })
  }
}

/** Names of the packed data folders of a format. */
export function foldersOf(format: string): readonly string[] {
  return readdirSync(format)
    .filter((name) => existsSync(join(format, name, `skein.db${PACKED}`)))
    .sort()
}

function filesOf(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
}
