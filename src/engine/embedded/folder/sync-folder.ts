import { closeSync, fsyncSync, openSync } from 'node:fs'

/** Makes the entries of a folder durable: a synced file that nobody can find is lost all the same. */
export function syncFolder(folder: string): void {
  const fd = openSync(folder, 'r')
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}
