import type { BlobStore } from '../blobs/blob-store.ts'

/** Blobs in memory: gone with the program. */
export function memoryBlobs(): BlobStore {
  const texts = new Map<string, string>()
  return {
    async put(name, text, signal) {
      signal?.throwIfAborted()
      if (!texts.has(name)) texts.set(name, text)
    },
    async get(name, signal) {
      signal?.throwIfAborted()
      return texts.get(name)
    },
    async remove(name) {
      texts.delete(name)
    },
    async *names(prefix) {
      for (const name of [...texts.keys()].toSorted()) if (name.startsWith(prefix)) yield name
    },
    async check() {},
  }
}
