/**
 * Large blobs as files `blobs/ab/abcd…`, by content hash.
 *
 * Invariants:
 * 1. A file under its own name is complete and on the disk, and so is its directory entry (trap F34).
 * 2. A blob is written once.
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import type { LocalBlobs } from '../../blobs/blob-store.ts'
import { syncFolder } from './sync-folder.ts'

const PREFIX_CHARACTERS = 2

function writeSynced(path: string, text: string): void {
  const fd = openSync(path, 'w', 0o600)
  try {
    writeFileSync(fd, text)
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

/** Blobs under `folder`, which is made when the first one comes. */
export function blobFiles(folder: string): LocalBlobs {
  const pathOf = (name: string): string => join(folder, name.slice(0, PREFIX_CHARACTERS), name)
  return {
    put(name, text) {
      const path = pathOf(name)
      if (existsSync(path)) return
      const parent = dirname(path)
      if (mkdirSync(parent, { recursive: true, mode: 0o700 }) !== undefined) {
        syncFolder(dirname(folder))
        syncFolder(folder)
      }
      const draft = `${path}.draft`
      writeSynced(draft, text)
      renameSync(draft, path)
      syncFolder(parent)
    },
    remove(name) {
      const path = pathOf(name)
      if (!existsSync(path)) return
      rmSync(path)
      syncFolder(dirname(path))
    },
    get(name) {
      try {
        return readFileSync(pathOf(name), 'utf8')
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
        throw error
      }
    },
  }
}
