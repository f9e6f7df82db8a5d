/**
 * The port of what keeps large payloads beside a journal: text under a name of hexadecimal digits and `-`.
 *
 * What every adapter promises (`src/testing/conformance/describe-blobs.ts`):
 * 1. What `put` has answered for is durable, whole, and found by every `get` from then on.
 * 2. A name is written with one content only, so to put it again changes nothing.
 * 3. To remove what is not there is no error.
 */

/** Where blobs lie; an adapter answers at once or later. */
export interface Blobs {
  put(name: string, text: string, signal?: AbortSignal): void | Promise<void>
  /** Undefined where nothing has that name. */
  get(name: string, signal?: AbortSignal): string | undefined | Promise<string | undefined>
  remove(name: string, signal?: AbortSignal): void | Promise<void>
}

/** On this machine, and answering at once: a commit can wait for it. */
export interface LocalBlobs extends Blobs {
  put(name: string, text: string): void
  get(name: string): string | undefined
  remove(name: string): void
}

/** Elsewhere, for many workers. Fails with `BLOBS_UNREACHABLE` (may pass), `BLOBS_REFUSED` (will not), `VALUE_TOO_LARGE`. */
export interface BlobStore extends Blobs {
  put(name: string, text: string, signal?: AbortSignal): Promise<void>
  get(name: string, signal?: AbortSignal): Promise<string | undefined>
  remove(name: string, signal?: AbortSignal): Promise<void>
  /** All names that begin so. */
  names(prefix: string, signal?: AbortSignal): AsyncIterable<string>
  /** Throws what stands in the way of using it: looked at when an engine is opened. */
  check(signal?: AbortSignal): Promise<void>
}
