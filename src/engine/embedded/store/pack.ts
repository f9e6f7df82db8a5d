/** Requests, results, messages, controls and waits as text, with large payloads put out as blobs. */
import type { BlobToStore, Payload } from '../../../kernel/index.ts'
import { limits } from '../../../std/index.ts'
import type { Hash } from '../../../std/index.ts'

/** Text for a row, and what must be stored beside it. */
export type Packed = { readonly text: string; readonly blobs: readonly BlobToStore[] }

const isLarge = (value: unknown): value is Payload =>
  typeof value === 'object' &&
  value !== null &&
  typeof (value as Payload).text === 'string' &&
  (value as Payload).text.length > limits.PAYLOAD_INLINE_BYTES_MAX

/** Packs a value made of port types: in those, free data lies inside payloads only. */
export function pack(value: unknown, hash: Hash): Packed {
  const blobs: BlobToStore[] = []
  const text = JSON.stringify(value, (_key, member: unknown) => {
    if (!isLarge(member)) return member
    const sha256 = hash.sha256(member.text)
    blobs.push({ sha256, text: member.text })
    return { $blob: sha256 }
  })
  return { text, blobs }
}

/** The value again. A blob that is gone was erased. */
export function unpack<T>(text: string, blob: (sha256: string) => string | undefined): T {
  if (!text.includes('"$blob"')) return JSON.parse(text) as T
  return JSON.parse(text, (_key, member: unknown) => {
    if (typeof member !== 'object' || member === null || !('$blob' in member)) return member
    const stored = blob(member.$blob as string)
    return stored === undefined ? { text: '{"$":"undefined"}', erased: true } : { text: stored }
  }) as T
}
